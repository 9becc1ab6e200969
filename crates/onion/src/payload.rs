use countersign_tlv::{Full, Writer, bigsize_len};

use crate::ContentType;
use crate::capacity::HMAC_LEN;
use crate::message::{ENCRYPTED_RECIPIENT_DATA, REPLY_PATH};

/// What one layer of an onion carries, as the pieces that the caller has in memory.
///
/// The framing (types and lengths) is made while the pieces are walked, so an invoice is sent from
/// where its parts lie and never stands anywhere as a whole.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// The `onionmsg_tlv` of a hop that is not the last: this `encrypted_recipient_data` and nothing
    /// else (R-OX-02).
    Forward(&'a [u8]),
    /// The `onionmsg_tlv` of a message's last hop.
    Final(FinalMessage<'a>),
    /// These pieces, one after the other: the `payload` of a payment's hop, or anything else.
    Pieces(&'a [&'a [u8]]),
}

/// The `onionmsg_tlv` of a message's last hop, to be written.
#[derive(Clone, Copy, Debug)]
pub struct FinalMessage<'a> {
    /// Where an answer may be sent: an encoded `blinded_path`.
    pub reply_path: Option<&'a [u8]>,
    /// What the maker of the path gave for its last hop.
    pub encrypted_recipient_data: &'a [u8],
    /// What the content is.
    pub content_type: ContentType,
    /// The content, in pieces, one after the other.
    pub content: &'a [&'a [u8]],
}

impl Payload<'_> {
    /// Length of the payload, without the length that precedes it in the onion.
    #[expect(clippy::len_without_is_empty, reason = "no layer carries nothing (R-OD-04)")]
    #[must_use]
    pub fn len(&self) -> usize {
        let mut len = 0_usize;
        self.visit(&mut |piece| len = len.saturating_add(piece.len()));
        len
    }

    /// Bytes that the payload takes in an onion, with the length before it and the MAC after it.
    #[must_use]
    pub fn layer_len(&self) -> usize {
        let len = self.len();
        let prefix = bigsize_len(u64::try_from(len).unwrap_or(u64::MAX));
        len.saturating_add(prefix).saturating_add(HMAC_LEN)
    }

    /// Writes the payload as a whole, without its length.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        let mut written = Ok(());
        self.visit(&mut |piece| written = written.and_then(|()| writer.bytes(piece)));
        written
    }

    /// Calls `put` with every piece of the payload, in order.
    pub(crate) fn visit(&self, put: &mut impl FnMut(&[u8])) {
        match self {
            Self::Forward(data) => put_record(put, ENCRYPTED_RECIPIENT_DATA, &[data]),
            Self::Final(message) => {
                if let Some(path) = message.reply_path {
                    put_record(put, REPLY_PATH, &[path]);
                }
                put_record(put, ENCRYPTED_RECIPIENT_DATA, &[message.encrypted_recipient_data]);
                put_record(put, message.content_type.number(), message.content);
            }
            Self::Pieces(pieces) => {
                for piece in *pieces {
                    put(piece);
                }
            }
        }
    }

    /// Calls `put` with every piece of the payload as it stands in an onion: with the length before
    /// it and `next_hmac` after it.
    pub(crate) fn visit_layer(&self, next_hmac: &[u8; HMAC_LEN], put: &mut impl FnMut(&[u8])) {
        put_framing(put, |writer| writer.bigsize(u64::try_from(self.len()).unwrap_or(u64::MAX)));
        self.visit(put);
        put(next_hmac);
    }
}

fn put_record(put: &mut impl FnMut(&[u8]), number: u64, value: &[&[u8]]) {
    let len = value.iter().fold(0_usize, |len, piece| len.saturating_add(piece.len()));
    put_framing(put, |writer| writer.header(number, len));
    for piece in value {
        put(piece);
    }
}

/// Puts what `write` writes: at most a type and a length.
fn put_framing(
    put: &mut impl FnMut(&[u8]),
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
) {
    // Two integers of at most nine bytes.
    let mut buffer = [0; 18];
    let mut writer = Writer::new(&mut buffer);
    let written = write(&mut writer);
    debug_assert!(written.is_ok());
    put(writer.written());
}

#[cfg(test)]
mod tests {
    use countersign_tlv::Writer;

    use super::{FinalMessage, Payload};
    use crate::ContentType;

    fn written<'b>(payload: &Payload<'_>, buffer: &'b mut [u8]) -> &'b [u8] {
        let mut writer = Writer::new(buffer);
        payload.write(&mut writer).unwrap();
        assert_eq!(writer.len(), payload.len());
        writer.finish()
    }

    #[test]
    fn the_records_of_a_message_are_framed_in_ascending_order() {
        // R-OX-02, R-TLV-05
        let mut buffer = [0; 64];
        assert_eq!(written(&Payload::Forward(&[9, 8]), &mut buffer), [4, 2, 9, 8]);
        let message = FinalMessage {
            reply_path: Some(&[1]),
            encrypted_recipient_data: &[2, 2],
            content_type: ContentType::INVOICE,
            content: &[&[3], &[], &[4, 5]],
        };
        assert_eq!(
            written(&Payload::Final(message), &mut buffer),
            [2, 1, 1, 4, 2, 2, 2, 66, 3, 3, 4, 5]
        );
        let custom = FinalMessage {
            reply_path: None,
            content_type: ContentType::new(65_536).unwrap(),
            content: &[],
            ..message
        };
        assert_eq!(
            written(&Payload::Final(custom), &mut buffer),
            [4, 2, 2, 2, 0xfe, 0, 1, 0, 0, 0]
        );
    }

    #[test]
    fn a_layer_is_a_length_a_payload_and_a_mac() {
        let mut len = 0;
        let payload = Payload::Pieces(&[&[1; 0xfc], &[2]]);
        payload.visit_layer(&[0; 32], &mut |piece| len = piece.len().checked_add(len).unwrap());
        assert_eq!(len, 3 + 0xfd + 32);
        assert_eq!(payload.layer_len(), len);
        assert_eq!(Payload::Pieces(&[&[1; 0xfc]]).layer_len(), 1 + 0xfc + 32);
    }
}
