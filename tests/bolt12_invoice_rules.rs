//! BOLT 12 §Invoices, the reader's requirements: one rule broken in each case (R-VR).

use countersign_offers::{
    Arrival, ChainHash, Field, Here, Invalid, Invoice, Refund, Rejected, Signed, capacity,
};
use countersign_tests::records::{
    MERCHANT, OTHER_CHAIN, PAYER, Records, invoice, invoice_request, on_curve, path, payinfo,
    point, refund,
};
use countersign_units::UnixTime;

fn verdict(records: Records) -> Result<(), Rejected> {
    Invoice::parse(&records.signed(MERCHANT, Signed::Invoice)).map(|_| ())
}

fn invalid(records: Records) -> Invalid {
    match verdict(records) {
        Err(Rejected::Invalid(invalid)) => invalid,
        other => panic!("{other:?}"),
    }
}

fn for_offer() -> Records {
    invoice(invoice_request())
}

#[test]
fn an_invoice_without_fault_is_read() {
    let bytes = for_offer().signed(MERCHANT, Signed::Invoice);
    let read = Invoice::parse(&bytes).unwrap();
    assert!(!read.is_for_refund());
    assert_eq!(read.fields().amount.get(), 100);
    assert_eq!(read.fields().payment_hash, [9; 32]);
    assert_eq!(read.fields().expiry(), Some(UnixTime(7300)));
    assert_eq!(read.usable_paths().count(), 1);
    let bytes = invoice(refund()).signed(MERCHANT, Signed::Invoice);
    assert!(Invoice::parse(&bytes).unwrap().is_for_refund());
}

#[test]
fn what_every_invoice_has_is_required() {
    // R-VR-01
    for field in [
        Field::INVOICE_PATHS,
        Field::INVOICE_BLINDEDPAY,
        Field::INVOICE_CREATED_AT,
        Field::INVOICE_PAYMENT_HASH,
        Field::INVOICE_AMOUNT,
        Field::INVOICE_NODE_ID,
    ] {
        assert_eq!(invalid(for_offer().without(field)), Invalid::Missing { field });
    }
    let field = Field::SIGNATURE;
    let unsigned = for_offer().bytes();
    assert_eq!(
        Invoice::parse(&unsigned).unwrap_err(),
        Rejected::Invalid(Invalid::Missing { field })
    );
}

#[test]
fn there_is_one_payinfo_for_each_path() {
    // R-VR-01
    let [paths, payinfos] = [Field::INVOICE_PATHS, Field::INVOICE_BLINDEDPAY];
    assert_eq!(invalid(for_offer().with(paths, [])), Invalid::Empty { field: paths });
    assert_eq!(invalid(for_offer().with(paths, path(0))), Invalid::NoHops { field: paths });
    let mismatch = Invalid::Mismatch { field: payinfos };
    assert_eq!(invalid(for_offer().with(payinfos, [])), mismatch);
    let two = [payinfo(&[]), payinfo(&[])].concat();
    assert_eq!(invalid(for_offer().with(payinfos, &two)), mismatch);
    let both = for_offer().with(paths, [path(1), path(3)].concat()).with(payinfos, two);
    assert_eq!(verdict(both), Ok(()));
    let short = &payinfo(&[])[1..];
    assert!(matches!(verdict(for_offer().with(payinfos, short)), Err(Rejected::Malformed(_))));
}

#[test]
fn a_path_that_requires_unknown_features_is_not_used() {
    // R-VR-02
    let field = Field::INVOICE_BLINDEDPAY;
    assert_eq!(invalid(for_offer().with(field, payinfo(&[1]))), Invalid::UnknownFeature { field });
    let one_of_two = for_offer()
        .with(Field::INVOICE_PATHS, [path(1), path(3)].concat())
        .with(field, [payinfo(&[1]), payinfo(&[2])].concat())
        .signed(MERCHANT, Signed::Invoice);
    let usable: Vec<_> = Invoice::parse(&one_of_two)
        .unwrap()
        .usable_paths()
        .map(|(path, payinfo)| (path.num_hops(), payinfo.features.to_vec()))
        .collect();
    assert_eq!(usable, [(3, vec![2])]);
}

#[test]
fn features_other_than_parts_are_refused_when_even() {
    // R-VR-01, R-IW-07
    let field = Field::INVOICE_FEATURES;
    for features in [&[2, 0, 0][..], &[1, 0, 0], &[2], &[]] {
        assert_eq!(verdict(for_offer().with(field, features)), Ok(()), "{features:?}");
    }
    for features in [&[4, 0, 0][..], &[1], &[1, 2, 0, 0]] {
        let unknown = Invalid::UnknownFeature { field };
        assert_eq!(invalid(for_offer().with(field, features)), unknown, "{features:?}");
    }
}

#[test]
fn records_outside_the_ranges_and_unknown_even_ones_are_refused() {
    for number in [1001, 999_999_999, 4_000_000_001] {
        let number = Field(number);
        assert_eq!(invalid(for_offer().with(number, [])), Invalid::OutOfRange { number });
    }
    for number in [24, 92, 178, 236, 242, 3_000_000_000] {
        let number = Field(number);
        assert_eq!(invalid(for_offer().with(number, [])), Invalid::UnknownEven { number });
    }
    for number in [79, 159, 161, 239, 241, 2_999_999_999, 3_000_000_001, 3_999_999_999] {
        assert_eq!(verdict(for_offer().with(Field(number), [])), Ok(()), "{number}");
    }
}

#[test]
fn the_request_that_is_repeated_is_one_that_could_be_made() {
    // R-VR-03: it could not match ours otherwise.
    let field = Field::INVREQ_PAYER_ID;
    assert_eq!(invalid(for_offer().without(field)), Invalid::Missing { field });
    let field = Field::OFFER_DESCRIPTION;
    assert_eq!(invalid(for_offer().without(field)), Invalid::Missing { field });
    assert_eq!(invalid(invoice(refund()).without(field)), Invalid::Missing { field });
}

#[test]
fn the_amount_is_the_one_asked_for() {
    // R-VR-03
    let field = Field::INVOICE_AMOUNT;
    for amount in [99, 101] {
        assert_eq!(invalid(for_offer().with(field, [amount])), Invalid::Mismatch { field });
        let refund = invoice(refund()).with(field, [amount]);
        assert_eq!(invalid(refund), Invalid::Mismatch { field });
    }
    let unnamed = for_offer().without(Field::INVREQ_AMOUNT);
    assert_eq!(verdict(unnamed.with(field, [101])), Ok(()));
}

#[test]
fn the_signer_is_the_one_whom_the_offer_names() {
    // R-VR-03
    let field = Field::INVOICE_NODE_ID;
    assert_eq!(invalid(for_offer().with(field, point(PAYER))), Invalid::Mismatch { field });
    let nameless = for_offer().without(Field::OFFER_ISSUER_ID);
    assert_eq!(invalid(nameless.clone()), Invalid::Mismatch { field });
    // The last of the two hops of the offer's path.
    assert_eq!(invalid(nameless.clone().with(field, point(30))), Invalid::Mismatch { field });
    assert_eq!(verdict(nameless.with(field, point(31))), Ok(()));
    assert_eq!(verdict(invoice(refund()).with(field, point(99))), Ok(()));
}

#[test]
fn fallbacks_fill_their_record() {
    // R-VR-05
    let field = Field::INVOICE_FALLBACKS;
    assert_eq!(verdict(for_offer().with(field, [1, 0, 2, 9, 9, 0, 0, 0])), Ok(()));
    let cut = verdict(for_offer().with(field, [1, 0, 2, 9]));
    assert!(matches!(cut, Err(Rejected::Malformed(_))));
}

/// What the payer of `refund()` makes of an invoice for it.
fn check(records: Records, arrival: Arrival, now: u64, chain: ChainHash) -> Result<(), Invalid> {
    check_for(&refund(), records, arrival, now, chain)
}

fn check_for(
    asked: &Records,
    records: Records,
    arrival: Arrival,
    now: u64,
    chain: ChainHash,
) -> Result<(), Invalid> {
    let (asked, bytes) = (asked.bytes(), records.signed(MERCHANT, Signed::Invoice));
    let (asked, invoice) = (Refund::parse(&asked).unwrap(), Invoice::parse(&bytes).unwrap());
    let here = Here { now: UnixTime(now), chain, rate: None };
    on_curve(|curve| invoice.verify_signature(curve)?.check(&asked, arrival, &here).map(|_| ()))
}

#[test]
fn the_invoice_repeats_our_request_exactly() {
    // R-VR-03
    let direct = |records| check(records, Arrival::Direct, 100, ChainHash::BITCOIN);
    assert_eq!(direct(invoice(refund())), Ok(()));
    assert_eq!(direct(invoice(refund()).with(Field(3_000_000_001), [])), Ok(()));
    for field in [Field(93), Field(2_000_000_001), Field::INVREQ_METADATA] {
        let changed = invoice(refund().with(field, "other"));
        assert_eq!(direct(changed), Err(Invalid::Mismatch { field }));
    }
    for field in [Field(93), Field(2_000_000_001)] {
        assert_eq!(direct(invoice(refund().without(field))), Err(Invalid::Mismatch { field }));
    }
    for field in [Field(95), Field(2_000_000_003), Field(1_000_000_001)] {
        assert_eq!(direct(invoice(refund().with(field, []))), Err(Invalid::Mismatch { field }));
    }
}

#[test]
fn the_signature_is_the_node_ids_over_this_invoice() {
    // R-VR-03, R-SIG-02
    let wrong = Err(Invalid::Signature { field: Field::SIGNATURE });
    let verify = |bytes: &[u8]| {
        let invoice = Invoice::parse(bytes).unwrap();
        on_curve(|curve| invoice.verify_signature(curve).map(|_| ()))
    };
    assert_eq!(verify(&for_offer().signed(MERCHANT, Signed::Invoice)), Ok(()));
    assert_eq!(verify(&for_offer().signed(PAYER, Signed::Invoice)), wrong);
    assert_eq!(verify(&for_offer().signed(MERCHANT, Signed::InvoiceRequest)), wrong);
}

#[test]
fn the_invoice_comes_the_way_that_was_asked_for() {
    // R-VR-04
    let wrong = Err(Invalid::Arrival { field: Field::INVREQ_PATHS });
    let by = |asked: &Records, arrival| {
        check_for(asked, invoice(asked.clone()), arrival, 100, ChainHash::BITCOIN)
    };
    assert_eq!(by(&refund(), Arrival::Direct), Ok(()));
    assert_eq!(by(&refund(), Arrival::InvreqPath), wrong);
    let with_path = refund().with(Field::INVREQ_PATHS, path(2));
    assert_eq!(by(&with_path, Arrival::InvreqPath), Ok(()));
    assert_eq!(by(&with_path, Arrival::Direct), wrong);
}

#[test]
fn the_invoice_is_for_our_chain_and_for_now() {
    // R-VR-01
    let expired = Err(Invalid::Expired { field: Field::INVOICE_RELATIVE_EXPIRY });
    let at = |records, now| check(records, Arrival::Direct, now, ChainHash::BITCOIN);
    assert_eq!(at(invoice(refund()), 7300), Ok(()));
    assert_eq!(at(invoice(refund()), 7301), expired);
    let short = invoice(refund()).with(Field::INVOICE_RELATIVE_EXPIRY, [10]);
    assert_eq!(at(short.clone(), 110), Ok(()));
    assert_eq!(at(short, 111), expired);
    let endless = invoice(refund()).with(Field::INVOICE_CREATED_AT, [0xff; 8]);
    assert_eq!(at(endless, u64::MAX), Ok(()));

    let elsewhere = check(invoice(refund()), Arrival::Direct, 100, OTHER_CHAIN);
    assert_eq!(elsewhere, Err(Invalid::Chain { field: Field::INVREQ_CHAIN }));
}

#[test]
fn a_device_reads_as_much_as_it_says_and_no_more() {
    // DESIGN §6
    let padded = |len| for_offer().with(Field(95), vec![5; len]).signed(MERCHANT, Signed::Invoice);
    let spare = capacity::INVOICE_LEN - padded(1000).len();
    assert!(Invoice::parse_bounded(&padded(1000 + spare)).is_ok());
    assert_eq!(Invoice::parse_bounded(&padded(1001 + spare)).unwrap_err(), Rejected::TooLarge);
}
