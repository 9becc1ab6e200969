//! BOLT 12 §Requirements For Offers, the reader's: one rule broken in each case (R-OR-01, R-TLV).

use countersign_offers::{ChainHash, Field, Invalid, Offer, Rejected};
use countersign_tests::records::{OTHER_CHAIN, Records, offer, path, point};
use countersign_tlv::Malformed;
use countersign_units::UnixTime;

fn verdict(records: &Records) -> Result<(), Rejected> {
    Offer::parse(&records.bytes()).map(|_| ())
}

fn invalid(records: &Records) -> Invalid {
    match verdict(records) {
        Err(Rejected::Invalid(invalid)) => invalid,
        other => panic!("{other:?} for {records:?}"),
    }
}

#[test]
fn an_offer_without_fault_is_read() {
    assert_eq!(verdict(&offer()), Ok(()));
    let by_path = offer().without(Field::OFFER_ISSUER_ID);
    assert_eq!(verdict(&by_path), Ok(()));
    let by_key = offer().without(Field::OFFER_PATHS);
    assert_eq!(verdict(&by_key), Ok(()));
}

#[test]
fn records_outside_the_ranges_are_refused_even_when_odd() {
    for number in [80, 81, 239, 240, 241, 1001, 999_999_999, 2_000_000_000, 2_000_000_001] {
        let number = Field(number);
        assert_eq!(invalid(&offer().with(number, [])), Invalid::OutOfRange { number });
    }
    for number in [1, 79, 1_000_000_001, 1_999_999_999] {
        assert_eq!(verdict(&offer().with(Field(number), [])), Ok(()), "{number}");
    }
    // R-IR-02's zero is no offer's either.
    let number = Field::INVREQ_METADATA;
    assert_eq!(invalid(&offer().with(number, [])), Invalid::OutOfRange { number });
}

#[test]
fn unknown_even_records_are_refused_and_odd_ones_kept() {
    // R-TLV-04. 24 is what a proposal wants for recurrence.
    for number in [24, 78, 1_000_000_000, 1_999_999_998] {
        let number = Field(number);
        assert_eq!(invalid(&offer().with(number, [])), Invalid::UnknownEven { number });
    }
    let bytes = offer().with(Field(79), [5; 300]).bytes();
    let kept = Offer::parse(&bytes).unwrap().records().find(79).unwrap();
    assert_eq!(kept.value, [5; 300]);
}

#[test]
fn unknown_even_features_are_refused() {
    for (features, verdict) in [(&[1][..], false), (&[2], true), (&[0x40, 0], false), (&[], true)] {
        let read = Offer::parse(&offer().with(Field::OFFER_FEATURES, features).bytes()).is_ok();
        assert_eq!(read, verdict, "{features:?}");
    }
    assert_eq!(
        invalid(&offer().with(Field::OFFER_FEATURES, [1])),
        Invalid::UnknownFeature { field: Field::OFFER_FEATURES }
    );
}

#[test]
fn fields_that_need_each_other_come_together() {
    assert_eq!(
        invalid(&offer().without(Field::OFFER_DESCRIPTION)),
        Invalid::Missing { field: Field::OFFER_DESCRIPTION }
    );
    let free = offer().without(Field::OFFER_AMOUNT);
    assert_eq!(verdict(&free.clone().without(Field::OFFER_DESCRIPTION)), Ok(()));
    assert_eq!(
        invalid(&free.with(Field::OFFER_CURRENCY, "EUR")),
        Invalid::Missing { field: Field::OFFER_AMOUNT }
    );
    assert_eq!(
        invalid(&offer().without(Field::OFFER_PATHS).without(Field::OFFER_ISSUER_ID)),
        Invalid::Missing { field: Field::OFFER_ISSUER_ID }
    );
}

#[test]
fn a_price_is_more_than_nothing_and_at_most_21_million_bitcoin() {
    let zero = Invalid::Zero { field: Field::OFFER_AMOUNT };
    assert_eq!(invalid(&offer().with(Field::OFFER_AMOUNT, [])), zero);
    let fiat = offer().with(Field::OFFER_CURRENCY, "EUR");
    assert_eq!(invalid(&fiat.clone().with(Field::OFFER_AMOUNT, [])), zero);
    assert_eq!(
        invalid(&offer().with(Field::OFFER_CURRENCY, "eur")),
        Invalid::Alphabet { field: Field::OFFER_CURRENCY }
    );

    // R-TLV-06
    let most = 0x1d24_b2df_ac52_0000_u64;
    assert_eq!(verdict(&offer().with(Field::OFFER_AMOUNT, most.to_be_bytes())), Ok(()));
    let more = (most + 1).to_be_bytes();
    let Err(Rejected::Malformed(error)) = verdict(&offer().with(Field::OFFER_AMOUNT, more)) else {
        panic!("more than 21 million bitcoin are a price")
    };
    assert_eq!(error.rule, Malformed::AmountTooLarge);
    assert_eq!(verdict(&fiat.with(Field::OFFER_AMOUNT, [0xff; 8])), Ok(()));
}

#[test]
fn lists_have_entries_and_paths_have_hops() {
    for field in [Field::OFFER_CHAINS, Field::OFFER_PATHS] {
        assert_eq!(invalid(&offer().with(field, [])), Invalid::Empty { field });
    }
    let field = Field::OFFER_PATHS;
    assert_eq!(invalid(&offer().with(field, path(0))), Invalid::NoHops { field });
    let second = [path(3), path(0)].concat();
    assert_eq!(invalid(&offer().with(field, second)), Invalid::NoHops { field });
}

#[test]
fn every_point_is_on_the_curve() {
    // R-TLV-08: where the official vectors break the framing instead. x = 5 is on no point.
    let no_point = [&[2][..], &[0; 31], &[5]].concat();
    let [first, key, hop] = [point(21), point(22), point(30)].map(|point| point.to_vec());
    let build = |first: &[u8], key: &[u8], hop: &[u8]| [first, key, &[1], hop, &[0, 1, 9]].concat();
    let sciddir = [1, 0, 0, 1, 0, 0, 2, 0, 3];
    for (value, accepted) in [
        (build(&first, &key, &hop), true),
        (build(&sciddir, &key, &hop), true),
        (build(&no_point, &key, &hop), false),
        (build(&first, &no_point, &hop), false),
        (build(&first, &key, &no_point), false),
        (build(&[4; 33], &key, &hop), false),
        (build(&sciddir[..8], &key, &hop), false),
    ] {
        let verdict = verdict(&offer().with(Field::OFFER_PATHS, &value));
        assert_eq!(verdict.is_ok(), accepted, "{value:?}: {verdict:?}");
        assert!(matches!(verdict, Ok(()) | Err(Rejected::Malformed(_))));
    }
    assert!(verdict(&offer().with(Field::OFFER_ISSUER_ID, &no_point)).is_err());
}

#[test]
fn truncated_paths_are_refused() {
    let whole = path(2);
    for len in 1..whole.len() {
        let verdict = verdict(&offer().with(Field::OFFER_PATHS, &whole[..len]));
        assert!(matches!(verdict, Err(Rejected::Malformed(_))), "{len} bytes: {verdict:?}");
    }
}

#[test]
fn text_is_utf8() {
    // R-TLV-07
    for field in [Field::OFFER_DESCRIPTION, Field::OFFER_ISSUER] {
        for text in [&[0xc3][..], &[0xc3, 0x28], &[0xff, 0xfe, 0xfd], &[0xed, 0xa0, 0x80]] {
            let Err(Rejected::Malformed(error)) = verdict(&offer().with(field, text)) else {
                panic!("{field} may be {text:?}")
            };
            assert_eq!(error.rule, Malformed::NotUtf8);
        }
        assert_eq!(verdict(&offer().with(field, "☕")), Ok(()));
    }
}

#[test]
fn an_offer_is_for_our_chain_and_for_now() {
    let check = |records: &Records, now, chain| {
        let bytes = records.bytes();
        Offer::parse(&bytes).unwrap().check(UnixTime(now), chain).map(|_| ())
    };
    let wrong = Err(Invalid::Chain { field: Field::OFFER_CHAINS });
    assert_eq!(check(&offer(), 0, ChainHash::BITCOIN), Ok(()));
    assert_eq!(check(&offer(), 0, OTHER_CHAIN), wrong);
    let elsewhere = offer().with(Field::OFFER_CHAINS, OTHER_CHAIN.0);
    assert_eq!(check(&elsewhere, 0, OTHER_CHAIN), Ok(()));
    assert_eq!(check(&elsewhere, 0, ChainHash::BITCOIN), wrong);

    let expiring = offer().with(Field::OFFER_ABSOLUTE_EXPIRY, [9]);
    assert_eq!(check(&expiring, 9, ChainHash::BITCOIN), Ok(()));
    assert_eq!(
        check(&expiring, 10, ChainHash::BITCOIN),
        Err(Invalid::Expired { field: Field::OFFER_ABSOLUTE_EXPIRY })
    );
}
