//! BOLT 12 §Offers: `bolt12/offers-test.json`, and the ways in which it says less than it seems to.

use countersign_offers::text::{self, Prefix};
use countersign_offers::{Field, Invalid, Offer, Rejected};
use countersign_tests::vectors::{hex, json, list, string};
use serde_json::Value;

/// The verdict on a case, and the offer's bytes where there are some.
fn verdict(case: &Value) -> (Result<(), String>, Vec<u8>) {
    let mut buffer = [0; 2000];
    match text::decode(string(&case["bolt12"]), &mut buffer) {
        Ok((Prefix::Offer, bytes)) => {
            let parsed = Offer::parse(bytes).map(|offer| {
                assert_eq!(offer.records().bytes(), bytes);
            });
            (parsed.map_err(|error| error.to_string()), bytes.to_vec())
        }
        Ok((prefix, _)) => (Err(format!("{prefix:?}")), Vec::new()),
        Err(error) => (Err(error.to_string()), Vec::new()),
    }
}

#[test]
fn every_offer_is_read_or_refused_as_published() {
    let Some(file) = json("bolt12/offers-test.json") else { return };
    let cases = list(&file);
    let mut valid = 0;
    for case in cases {
        let (verdict, bytes) = verdict(case);
        assert_eq!(verdict.is_ok(), case["valid"].as_bool().unwrap(), "{case}: {verdict:?}");
        if verdict.is_ok() {
            valid += 1;
            let offer = Offer::parse(&bytes).unwrap();
            let records: Vec<_> = offer.records().records().collect();
            let published = list(&case["fields"]);
            assert_eq!(records.len(), published.len(), "{case}");
            for (record, field) in records.iter().zip(published) {
                assert_eq!(record.number, field["type"].as_u64().unwrap(), "{case}");
                assert_eq!(record.value, hex(&field["hex"]), "{case}");
            }
        }
    }
    assert_eq!((cases.len(), valid), (53, 20));
}

#[test]
fn the_cases_that_are_refused_for_their_meaning_are_refused_for_the_right_one() {
    // What the others break is their encoding; `bolt12_offer_rules.rs` has cases of our own.
    let Some(file) = json("bolt12/offers-test.json") else { return };
    for (description, reason) in [
        ("Malformed: unknown even TLV type 78", Invalid::UnknownEven { number: Field(72) }),
        ("Malformed: empty", Invalid::Missing { field: Field::OFFER_ISSUER_ID }),
        ("Contains type >= 80", Invalid::OutOfRange { number: Field(80) }),
        ("Contains unknown feature 122", Invalid::UnknownFeature { field: Field::OFFER_FEATURES }),
        (
            "Missing offer_description, but has offer_amount",
            Invalid::Missing { field: Field::OFFER_DESCRIPTION },
        ),
        (
            "Missing offer_amount with offer_currency",
            Invalid::Missing { field: Field::OFFER_AMOUNT },
        ),
        ("Invalid: zero offer_amount", Invalid::Zero { field: Field::OFFER_AMOUNT }),
        ("Invalid: zero offer_amount with currency", Invalid::Zero { field: Field::OFFER_AMOUNT }),
        (
            "Missing offer_issuer_id and no offer_path",
            Invalid::Missing { field: Field::OFFER_ISSUER_ID },
        ),
        ("Second offer_path is empty", Invalid::NoHops { field: Field::OFFER_PATHS }),
        ("offer_chains with zero entries", Invalid::Empty { field: Field::OFFER_CHAINS }),
    ] {
        let mut cases = list(&file).iter();
        let case = cases.find(|case| string(&case["description"]) == description).unwrap();
        let (_, bytes) = verdict(case);
        assert_eq!(Offer::parse(&bytes).unwrap_err(), Rejected::Invalid(reason), "{description}");
    }
}
