use countersign_offers::text::{self, Case, Prefix};

/// A text is a message's string or not as a naive decoder says, and a message reads back from each
/// of its strings (R-ST-01 to R-ST-05).
pub fn text_string(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut buffer = vec![0; text.len()];
    let decoded = text::decode(&text, &mut buffer).ok();
    let naive = naive_decode(&text);
    assert_eq!(decoded, naive.as_ref().map(|(prefix, message)| (*prefix, &message[..])), "{text}");
    if let Err(error) = text::decode(&text, &mut vec![0; text.len()]) {
        assert!(text.is_char_boundary(error.offset as usize), "{text}: {error}");
    }
    if let Some((_, message)) = naive.filter(|(_, message)| !message.is_empty()) {
        let mut short = vec![0; message.len() - 1];
        let error = text::decode(&text, &mut short).expect_err("the buffer is one byte short");
        assert_eq!(error.rule, text::BadText::TooLong);
    }
    round_trip(data);
}

fn round_trip(message: &[u8]) {
    for prefix in Prefix::ALL {
        for case in [Case::Lower, Case::Upper] {
            let mut text = String::new();
            text::encode(prefix, case, message, &mut text).expect("a string takes any text");
            assert_eq!(text.len(), text::encoded_len(message.len()));
            // A `+` at a place that the message chooses, followed by white space.
            let places = text.len() - 1;
            let at = 1 + usize::from(message.first().copied().unwrap_or(0)) % places;
            let continued = format!("{}+ \n{}", &text[..at], &text[at..]);
            for text in [&text, &continued] {
                let mut buffer = vec![0; message.len()];
                assert_eq!(text::decode(text, &mut buffer), Ok((prefix, message)), "{text}");
            }
        }
    }
}

fn naive_decode(text: &str) -> Option<(Prefix, Vec<u8>)> {
    let mut joined = String::new();
    for (at, part) in text.split('+').enumerate() {
        let part = if at == 0 { part } else { part.trim_start() };
        if part.is_empty() && text.contains('+') {
            return None;
        }
        joined.push_str(part);
    }
    if joined.to_lowercase() != joined && joined.to_uppercase() != joined {
        return None;
    }
    let joined = joined.to_ascii_lowercase();
    let (prefix, data) =
        Prefix::ALL.into_iter().find_map(|it| Some((it, joined.strip_prefix(it.text())?)))?;
    let mut bits = Vec::new();
    for character in data.strip_prefix('1')?.chars() {
        let value = "qpzry9x8gf2tvdw0s3jn54khce6mua7l".find(character)?;
        bits.extend((0..5).rev().map(|bit| value >> bit & 1));
    }
    let padding = bits.split_off(bits.len() / 8 * 8);
    if padding.len() >= 5 || padding.contains(&1) {
        return None;
    }
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, &bit| byte << 1 | bit as u8);
    Some((prefix, bits.chunks(8).map(byte).collect()))
}
