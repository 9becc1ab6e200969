//! BOLT 12 §Encoding: `bolt12/format-string-test.json`.

use countersign_offers::text::{self, Case, Prefix};
use countersign_tests::vectors::{json, list, string};

#[test]
fn every_string_is_read_or_refused_as_published() {
    let Some(file) = json("bolt12/format-string-test.json") else { return };
    let cases = list(&file);
    let (mut valid, mut messages) = (0, Vec::new());
    for case in cases {
        let mut buffer = [0; 200];
        let decoded = text::decode(string(&case["string"]), &mut buffer);
        assert_eq!(decoded.is_ok(), case["valid"].as_bool().unwrap(), "{case}: {decoded:?}");
        if let Ok((prefix, message)) = decoded {
            assert_eq!(prefix, Prefix::Offer);
            valid += 1;
            messages.push(message.to_vec());
        }
    }
    assert_eq!((cases.len(), valid), (12, 6));
    messages.dedup();
    assert_eq!(messages.len(), 1, "all valid strings are one offer");

    // R-ST-01: the first two are what we write ourselves.
    for (case, published) in [Case::Lower, Case::Upper].into_iter().zip(cases) {
        let mut written = String::new();
        text::encode(Prefix::Offer, case, &messages[0], &mut written).unwrap();
        assert_eq!(written, string(&published["string"]));
    }
}
