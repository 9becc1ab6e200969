//! BOLT 12 §Requirements for Invoice Requests, of one that answers no offer: one rule broken in each
//! case (R-RF).

use countersign_crypto::PublicKey;
use countersign_offers::{
    ChainHash, Field, Here, Invalid, Refund, RefundTerms, Rejected, Signed, capacity,
};
use countersign_tests::records::{OTHER_CHAIN, PAYER, Records, path, point, refund};
use countersign_units::{Msat, UnixTime};

fn verdict(records: &Records) -> Result<(), Rejected> {
    Refund::parse(&records.bytes()).map(|_| ())
}

fn invalid(records: &Records) -> Invalid {
    match verdict(records) {
        Err(Rejected::Invalid(invalid)) => invalid,
        other => panic!("{other:?} for {records:?}"),
    }
}

#[test]
fn a_refund_without_fault_is_read() {
    let bytes = refund().with(Field::INVREQ_PATHS, [path(1), path(2)].concat()).bytes();
    let refund = Refund::parse(&bytes).unwrap();
    assert_eq!(refund.records().bytes(), bytes);
    assert_eq!(refund.amount().get(), 100);
    assert_eq!(refund.description().to_string(), "refund");
    assert_eq!(refund.metadata(), [7; 16]);
    assert_eq!(refund.payer_id().serialize(), point(PAYER));
    assert_eq!(refund.fields().paths.unwrap().len(), 2);
}

#[test]
fn what_every_request_has_a_refund_has() {
    // R-RF-01, R-IR-01, R-RF-10
    for field in [
        Field::INVREQ_METADATA,
        Field::INVREQ_PAYER_ID,
        Field::INVREQ_AMOUNT,
        Field::OFFER_DESCRIPTION,
    ] {
        assert_eq!(invalid(&refund().without(field)), Invalid::Missing { field });
    }
}

#[test]
fn what_only_an_offer_has_a_refund_has_not() {
    // R-RF-01, R-RF-11
    for (field, value) in [
        (Field::OFFER_CHAINS, &ChainHash::BITCOIN.0[..]),
        (Field::OFFER_METADATA, &[1]),
        (Field::OFFER_FEATURES, &[]),
        (Field::OFFER_PATHS, &path(1)),
        (Field::OFFER_QUANTITY_MAX, &[]),
        (Field::OFFER_ISSUER_ID, &point(PAYER)),
    ] {
        assert_eq!(invalid(&refund().with(field, value)), Invalid::Unexpected { field });
    }
    // R-RF-02: for information.
    let priced = refund().with(Field::OFFER_CURRENCY, "EUR").with(Field::OFFER_AMOUNT, [5]);
    assert_eq!(verdict(&priced), Ok(()));
}

#[test]
fn nobody_signs_a_refund() {
    // R-RF-11, DESIGN §9
    let field = Field::SIGNATURE;
    let signed = refund().signed(PAYER, Signed::InvoiceRequest);
    assert_eq!(
        Refund::parse(&signed).unwrap_err(),
        Rejected::Invalid(Invalid::Unexpected { field })
    );
    let field = Field(241);
    assert_eq!(invalid(&refund().with(field, [])), Invalid::Unexpected { field });
}

#[test]
fn the_common_rules_hold() {
    // R-IR-02, R-IR-03, R-IR-05, R-IR-14, R-TLV-04
    for number in [160, 239, 1001, 3_000_000_001] {
        let number = Field(number);
        assert_eq!(invalid(&refund().with(number, [])), Invalid::OutOfRange { number });
    }
    for number in [24, 92, 158, 2_000_000_000] {
        let number = Field(number);
        assert_eq!(invalid(&refund().with(number, [])), Invalid::UnknownEven { number });
    }
    let field = Field::INVREQ_FEATURES;
    assert_eq!(invalid(&refund().with(field, [1])), Invalid::UnknownFeature { field });
    let field = Field::INVREQ_PATHS;
    assert_eq!(invalid(&refund().with(field, path(0))), Invalid::NoHops { field });
    assert_eq!(invalid(&refund().with(field, [])), Invalid::Empty { field });
    let field = Field::INVREQ_BIP_353_NAME;
    assert_eq!(invalid(&refund().with(field, b"\x01*\x01a")), Invalid::Alphabet { field });
}

#[test]
fn a_refund_is_for_our_chain_and_for_now() {
    // R-IR-13, R-RF-02
    let check = |records: &Records, now, chain| {
        let bytes = records.bytes();
        let here = Here { now: UnixTime(now), chain, rate: None };
        Refund::parse(&bytes).unwrap().check(&here).map(|_| ())
    };
    let wrong = Err(Invalid::Chain { field: Field::INVREQ_CHAIN });
    assert_eq!(check(&refund(), 0, ChainHash::BITCOIN), Ok(()));
    assert_eq!(check(&refund(), 0, OTHER_CHAIN), wrong);
    let elsewhere = refund().with(Field::INVREQ_CHAIN, OTHER_CHAIN.0);
    assert_eq!(check(&elsewhere, 0, OTHER_CHAIN), Ok(()));
    assert_eq!(check(&elsewhere, 0, ChainHash::BITCOIN), wrong);
    let expiring = refund().with(Field::OFFER_ABSOLUTE_EXPIRY, [9]);
    assert_eq!(check(&expiring, 9, ChainHash::BITCOIN), Ok(()));
    let expired = Err(Invalid::Expired { field: Field::OFFER_ABSOLUTE_EXPIRY });
    assert_eq!(check(&expiring, 10, ChainHash::BITCOIN), expired);
}

#[test]
fn what_we_write_we_read() {
    // R-RF-10 to R-RF-12
    let terms = RefundTerms {
        metadata: &[8; 16],
        description: "returned goods",
        absolute_expiry: Some(UnixTime(1000)),
        issuer: Some("shop.example"),
        chain: OTHER_CHAIN,
        amount: Msat::new(70_000).unwrap(),
        payer_id: PublicKey::parse(&point(PAYER)).unwrap(),
        payer_note: Some("sorry"),
        paths: None,
    };
    let mut buffer = [0; 300];
    let refund = terms.write(&mut buffer).unwrap();
    assert_eq!(refund.amount(), terms.amount);
    assert_eq!(refund.description().to_string(), terms.description);
    assert_eq!(refund.offer().absolute_expiry, terms.absolute_expiry);
    assert_eq!(refund.offer().issuer.unwrap().to_string(), "shop.example");
    assert_eq!(refund.fields().chain(), OTHER_CHAIN);
    assert_eq!(refund.fields().payer_note.unwrap().to_string(), "sorry");
    assert_eq!(refund.payer_id().serialize(), point(PAYER));
    let len = refund.records().bytes().len();
    assert!(terms.write(&mut [0; 300][..len - 1]).is_err());
}

#[test]
fn a_device_reads_as_much_as_it_says_and_no_more() {
    // DESIGN §6
    let padded = |len| refund().with(Field(95), vec![5; len]).bytes();
    let spare = capacity::INVOICE_REQUEST_LEN - padded(1000).len();
    assert!(Refund::parse_bounded(&padded(1000 + spare)).is_ok());
    assert_eq!(Refund::parse_bounded(&padded(1001 + spare)).unwrap_err(), Rejected::TooLarge);
}
