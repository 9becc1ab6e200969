use countersign_link::{Bytes, NodeId};

/// Reads 33 bytes that are a node's id, from 66 hexadecimal digits.
pub(crate) fn node(text: &str) -> Result<NodeId, String> {
    match bytes::<33>(text) {
        Ok(id @ [2 | 3, ..]) => Ok(Bytes(id)),
        Ok(_) | Err(_) => Err("a node id is 66 hexadecimal digits that begin with 02 or 03".into()),
    }
}

/// Reads 32 bytes from 64 hexadecimal digits.
pub(crate) fn hash(text: &str) -> Result<[u8; 32], String> {
    bytes(text)
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|error| {
        format!("{} hexadecimal digits are wanted: {error}", N.saturating_mul(2))
    })?;
    Ok(bytes)
}
