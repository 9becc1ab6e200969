use countersign_offers::{Excerpt, Untrusted};

/// What is shown of any text is one line of visible characters from which the text can be had back,
/// and an excerpt is the beginning of it (A12).
pub fn escape_text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let untrusted = Untrusted::new(&text);
    let shown = untrusted.to_string();
    assert_eq!(unescaped(&shown).as_deref(), Some(&*text));
    assert_eq!(untrusted.is_plain(), shown == text);
    assert_eq!(untrusted.len(), text.len());
    assert!(!shown.contains(|shown: char| shown.is_control()), "{shown:?}");
    assert!(shown.lines().count() <= 1, "{shown:?}");

    for limit in [0, 1, 7, data.len() / 2, shown.chars().count(), data.len() * 8] {
        let excerpt = untrusted.excerpt(limit).to_string();
        if let Some(part) = excerpt.strip_suffix(Excerpt::CUT) {
            assert!(shown.starts_with(part) && shown.len() > part.len());
            assert!(part.chars().count() <= limit);
            assert!(text.starts_with(&unescaped(part).expect("no escape is cut in two")));
        } else {
            assert_eq!(excerpt, shown);
            assert!(shown.chars().count() <= limit);
        }
    }
}

/// The text that was shown; `None` when no text is shown like this.
fn unescaped(shown: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = shown;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (digits, tail) = escape.strip_prefix("u{")?.split_once('}')?;
        text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        rest = tail;
    }
    Some(text + rest)
}
