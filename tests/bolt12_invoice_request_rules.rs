//! BOLT 12 §Requirements for Invoice Requests, the reader's of a response to its offer: one rule
//! broken in each case. What needs the merchant's keys is in `stateless_offers.rs`.

use countersign_offers::{Field, Invalid, InvoiceRequest, Rejected, Signed, capacity};
use countersign_tests::records::{
    MERCHANT, OTHER_CHAIN, PAYER, Records, invoice_request, on_curve, path,
};
use countersign_tlv::Malformed;

fn signed(records: Records) -> Vec<u8> {
    records.signed(PAYER, Signed::InvoiceRequest)
}

fn verdict(records: Records) -> Result<(), Rejected> {
    InvoiceRequest::parse(&signed(records)).map(|_| ())
}

fn invalid(records: Records) -> Invalid {
    match verdict(records) {
        Err(Rejected::Invalid(invalid)) => invalid,
        other => panic!("{other:?}"),
    }
}

/// A request for an offer that sells up to `max` items, for `quantity` of them.
fn of_several(max: u8, quantity: Option<u8>) -> Records {
    let nonzero = |value: u8| if value == 0 { vec![] } else { vec![value] };
    let request = invoice_request()
        .with(Field::OFFER_QUANTITY_MAX, nonzero(max))
        .with(Field::INVREQ_AMOUNT, [10, 0]);
    match quantity {
        Some(quantity) => request.with(Field::INVREQ_QUANTITY, nonzero(quantity)),
        None => request,
    }
}

#[test]
fn a_request_without_fault_is_read() {
    assert_eq!(verdict(invoice_request()), Ok(()));
    assert_eq!(verdict(invoice_request().without(Field::INVREQ_AMOUNT)), Ok(()));
}

#[test]
fn the_payer_and_their_cookie_are_required() {
    // R-IR-01
    for field in [Field::INVREQ_METADATA, Field::INVREQ_PAYER_ID] {
        assert_eq!(invalid(invoice_request().without(field)), Invalid::Missing { field });
    }
    assert_eq!(verdict(invoice_request().with(Field::INVREQ_METADATA, [])), Ok(()));
}

#[test]
fn records_outside_the_ranges_are_refused_even_when_odd() {
    // R-IR-02
    for number in [160, 161, 239, 1001, 999_999_999, 3_000_000_000, 3_000_000_001] {
        let number = Field(number);
        assert_eq!(invalid(invoice_request().with(number, [])), Invalid::OutOfRange { number });
    }
    // R-IR-16; 241 and 999 are signatures, which are not ours to judge.
    for number in [79, 95, 159, 241, 999, 1_999_999_999, 2_000_001_729, 2_999_999_999] {
        assert_eq!(verdict(invoice_request().with(Field(number), [])), Ok(()), "{number}");
    }
}

#[test]
fn unknown_even_records_are_refused() {
    // R-TLV-04; 92 and 94 are what a proposal wants for recurrence (R-IR-17).
    for number in [24, 92, 94, 158, 242, 1000, 1_000_000_000, 2_000_000_000, 2_999_999_998] {
        let number = Field(number);
        assert_eq!(invalid(invoice_request().with(number, [])), Invalid::UnknownEven { number });
    }
}

#[test]
fn unknown_even_features_are_refused() {
    // R-IR-03
    let field = Field::INVREQ_FEATURES;
    assert_eq!(invalid(invoice_request().with(field, [1])), Invalid::UnknownFeature { field });
    assert_eq!(verdict(invoice_request().with(field, [2])), Ok(()));
}

#[test]
fn the_signature_is_the_payers_over_this_request() {
    // R-IR-04, R-SIG-02
    let field = Field::SIGNATURE;
    let unsigned = invoice_request().bytes();
    assert_eq!(
        InvoiceRequest::parse(&unsigned).unwrap_err(),
        Rejected::Invalid(Invalid::Missing { field })
    );
    let short = invoice_request().with(field, [1; 63]).bytes();
    assert!(matches!(InvoiceRequest::parse(&short), Err(Rejected::Malformed(_))));

    let verify = |bytes: &[u8]| {
        let request = InvoiceRequest::parse(bytes).unwrap();
        on_curve(|curve| request.verify_signature(curve).map(|_| ()))
    };
    let wrong = Err(Invalid::Signature { field });
    assert_eq!(verify(&signed(invoice_request())), Ok(()));
    assert_eq!(verify(&invoice_request().signed(MERCHANT, Signed::InvoiceRequest)), wrong);
    assert_eq!(verify(&invoice_request().signed(PAYER, Signed::Invoice)), wrong);
    // Experimental records stand behind the signature and are signed too.
    let mut changed = signed(invoice_request());
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(verify(&changed), wrong);
    // R-SIG-02: another element of the signature's range is not signed.
    let beside = signed(invoice_request().with(Field(241), [1]));
    assert_eq!(verify(&beside), Ok(()));
}

#[test]
fn a_payer_of_an_offer_has_no_paths_of_their_own() {
    // R-IR-05
    let field = Field::INVREQ_PATHS;
    assert_eq!(invalid(invoice_request().with(field, path(1))), Invalid::Unexpected { field });
    assert_eq!(invalid(invoice_request().with(field, path(0))), Invalid::NoHops { field });
}

#[test]
fn the_offers_own_rules_hold_for_what_is_repeated_of_it() {
    // R-IR-06 cannot hold otherwise: no valid offer has these fields.
    for (records, reason) in [
        (
            invoice_request().without(Field::OFFER_DESCRIPTION),
            Invalid::Missing { field: Field::OFFER_DESCRIPTION },
        ),
        (
            invoice_request().with(Field::OFFER_AMOUNT, []),
            Invalid::Zero { field: Field::OFFER_AMOUNT },
        ),
        (
            invoice_request().without(Field::OFFER_PATHS).without(Field::OFFER_ISSUER_ID),
            Invalid::Missing { field: Field::OFFER_ISSUER_ID },
        ),
        (
            invoice_request().with(Field::OFFER_FEATURES, [1]),
            Invalid::UnknownFeature { field: Field::OFFER_FEATURES },
        ),
        (
            invoice_request().with(Field::OFFER_PATHS, path(0)),
            Invalid::NoHops { field: Field::OFFER_PATHS },
        ),
    ] {
        assert_eq!(invalid(records), reason);
    }
}

#[test]
fn the_quantity_is_one_that_the_offer_allows() {
    // R-IR-10
    let field = Field::INVREQ_QUANTITY;
    let cases = [
        (of_several(5, Some(1)), None),
        (of_several(5, Some(5)), None),
        (of_several(5, Some(6)), Some(Invalid::TooMuch { field })),
        (of_several(5, Some(0)), Some(Invalid::Zero { field })),
        (of_several(5, None), Some(Invalid::Missing { field })),
        (of_several(0, Some(9)), None),
        (of_several(0, Some(0)), Some(Invalid::Zero { field })),
        (of_several(0, None), Some(Invalid::Missing { field })),
        (of_several(1, Some(1)), None),
        (invoice_request().with(field, [1]), Some(Invalid::Unexpected { field })),
    ];
    for (records, reason) in cases {
        match reason {
            None => assert_eq!(verdict(records), Ok(())),
            Some(reason) => assert_eq!(invalid(records), reason),
        }
    }
}

#[test]
fn the_amount_covers_the_price_of_every_item() {
    // R-IR-11
    let field = Field::INVREQ_AMOUNT;
    let too_little = Invalid::TooLittle { field };
    assert_eq!(invalid(invoice_request().with(field, [99])), too_little);
    assert_eq!(verdict(invoice_request().with(field, [101])), Ok(()));
    let of_five = of_several(5, Some(5));
    assert_eq!(verdict(of_five.clone().with(field, [1, 0xf4])), Ok(()));
    assert_eq!(invalid(of_five.clone().with(field, [1, 0xf3])), too_little);

    let dear = of_five.with(Field::OFFER_AMOUNT, 0x1d24_b2df_ac52_0000_u64.to_be_bytes());
    assert_eq!(invalid(dear), Invalid::TooMuch { field: Field::OFFER_AMOUNT });
    // R-TLV-06
    let more = (0x1d24_b2df_ac52_0001_u64).to_be_bytes();
    assert!(matches!(verdict(invoice_request().with(field, more)), Err(Rejected::Malformed(_))));
}

#[test]
fn without_a_price_the_payer_names_the_amount() {
    // R-IR-12
    let free = invoice_request().without(Field::OFFER_AMOUNT);
    assert_eq!(verdict(free.clone()), Ok(()));
    let field = Field::INVREQ_AMOUNT;
    assert_eq!(invalid(free.without(field)), Invalid::Missing { field });
}

#[test]
fn the_chain_is_one_of_the_offers() {
    // R-IR-13
    let field = Field::INVREQ_CHAIN;
    let wrong = Invalid::Chain { field };
    assert_eq!(invalid(invoice_request().with(field, OTHER_CHAIN.0)), wrong);
    let elsewhere = invoice_request().with(Field::OFFER_CHAINS, OTHER_CHAIN.0);
    assert_eq!(invalid(elsewhere.clone()), wrong);
    assert_eq!(verdict(elsewhere.with(field, OTHER_CHAIN.0)), Ok(()));
}

#[test]
fn a_name_is_of_the_dns_alphabet() {
    // R-IR-14
    let field = Field::INVREQ_BIP_353_NAME;
    assert_eq!(verdict(invoice_request().with(field, b"\x03b.b\x05x.org")), Ok(()));
    assert_eq!(
        invalid(invoice_request().with(field, b"\x03b/b\x05x.org")),
        Invalid::Alphabet { field }
    );
    assert_eq!(
        invalid(invoice_request().with(field, b"\x03b.b\x05x@org")),
        Invalid::Alphabet { field }
    );
    for value in [&b"\x03b.b\x05x.orgs"[..], b"\x03b.b\x05x.or", b"\x03b.b", b"\x03b."] {
        let verdict = verdict(invoice_request().with(field, value));
        assert!(matches!(verdict, Err(Rejected::Malformed(_))), "{value:?}");
    }
}

#[test]
fn a_device_reads_as_much_as_it_says_and_no_more() {
    // DESIGN §6
    let padded = |len| signed(invoice_request().with(Field(95), vec![5; len]));
    let spare = capacity::INVOICE_REQUEST_LEN - padded(1000).len();
    let (full, over) = (padded(1000 + spare), padded(1001 + spare));
    assert_eq!(full.len(), 4096);
    assert!(InvoiceRequest::parse_bounded(&full).is_ok());
    assert_eq!(InvoiceRequest::parse_bounded(&over).unwrap_err(), Rejected::TooLarge);
    assert!(InvoiceRequest::parse(&over).is_ok());

    let crowded = |count: u64| {
        let empty = (0..count).map(|at| Field(2_100_000_001 + 2 * at));
        signed(empty.fold(invoice_request(), |request, field| request.with(field, [])))
    };
    // The request has 13 records and a signature.
    let (full, over) = (crowded(64 - 14), crowded(65 - 14));
    assert!(InvoiceRequest::parse_bounded(&full).is_ok());
    assert_eq!(InvoiceRequest::parse_bounded(&over).unwrap_err(), Rejected::TooLarge);
    assert!(InvoiceRequest::parse(&over).is_ok());
}

#[test]
fn a_device_spends_no_square_root_on_the_points_of_an_offer() {
    // DESIGN P4: 4,096 bytes hold a hundred of them, and a stranger wrote them.
    let mut way = path(1);
    way[33..66].fill(5);
    let request = signed(invoice_request().with(Field::OFFER_PATHS, way));
    match InvoiceRequest::parse(&request) {
        Err(Rejected::Malformed(error)) => assert_eq!(error.rule, Malformed::NotAPoint),
        other => panic!("{other:?}"),
    }
    assert!(InvoiceRequest::parse_bounded(&request).is_ok());
}
