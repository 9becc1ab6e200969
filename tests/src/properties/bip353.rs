use countersign_offers::Bip353Name;
use countersign_tlv::Reader;

/// A value is a name or not as a naive reader with indexes says (R-IR-14).
pub fn bip353_name(data: &[u8]) {
    let name = Bip353Name::parse(Reader::new(data)).ok();
    assert_eq!(name.map(|it| (it.name.as_bytes(), it.domain.as_bytes())), naive_name(data));
    if let Some(name) = name {
        assert_eq!(name.to_string(), format!("{}@{}", name.name, name.domain));
        assert_eq!(data.len(), 2 + name.name.len() + name.domain.len());
    }
}

fn naive_name(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let name_len = usize::from(*data.first()?);
    let name = data.get(1..1 + name_len)?;
    let domain_len = usize::from(*data.get(1 + name_len)?);
    let domain = data.get(2 + name_len..)?;
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
    let allowed = |part: &[u8]| part.iter().all(|byte| alphabet.contains(char::from(*byte)));
    (domain.len() == domain_len && allowed(name) && allowed(domain)).then_some((name, domain))
}
