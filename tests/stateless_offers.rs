//! An offer of ours is known by its own bytes and the path of its request, and by nothing less
//! (R-IR-06 to R-IR-08, DESIGN §4).

use std::num::NonZeroU64;

use countersign_crypto::{Secret, SecretKey};
use countersign_offers::{
    Amount, ChainHash, Currency, Field, Here, Identity, Invalid, InvoiceRequest, NotOurs, Offer,
    PathId, PathPurpose, Rate, Signed,
};
use countersign_tests::merchant::{issue, issue_at, keys, nonce, path_id, recognise, request};
use countersign_tests::records::{PAYER, Records, on_curve, point};
use countersign_tlv::TlvStream;
use countersign_units::{Msat, UnixTime};

const IDENTITIES: [Identity; 2] = [Identity::IssuerId, Identity::BlindedNodeId];

fn records(bytes: &[u8]) -> Records {
    let stream = TlvStream::parse(bytes).unwrap();
    stream.records().fold(Records::default(), |records, record| {
        records.with(Field(record.number), record.value)
    })
}

/// Whether the merchant whose seed is 1 recognises `request`, come with the right `path_id`.
fn is_ours(request: &[u8]) -> bool {
    let request = InvoiceRequest::parse(request).unwrap();
    let keys = keys(1, 0);
    on_curve(|curve| recognise(curve, &keys, &request, &path_id(&keys, &nonce(2))).is_ok())
}

#[test]
fn a_request_for_our_offer_is_ours() {
    for identity in IDENTITIES {
        on_curve(|curve| {
            let keys = keys(1, 0);
            let offer = issue(curve, &keys, &nonce(2), identity);
            let request = request(curve, &offer);
            let request = InvoiceRequest::parse(&request).unwrap();
            let ours = recognise(curve, &keys, &request, &path_id(&keys, &nonce(2))).unwrap();
            assert_eq!(*ours.nonce(), nonce(2));
            let here = Here { now: UnixTime(5), chain: ChainHash::BITCOIN, rate: None };
            let checked = ours.check(&here).unwrap();
            assert_eq!(checked.price().quantity, 3);
            assert_eq!(checked.price().expected, Msat::new(300));
            assert_eq!(Some(checked.price().amount), Msat::new(300));
        });
    }
}

#[test]
fn the_key_is_the_one_that_the_offer_names() {
    on_curve(|curve| {
        let offer = issue(curve, &keys(1, 0), &nonce(2), Identity::IssuerId);
        let offer = Offer::parse(&offer).unwrap();
        assert!(offer.fields().issuer_id.is_some() && offer.fields().metadata.is_none());
        let offer = issue(curve, &keys(1, 0), &nonce(2), Identity::BlindedNodeId);
        let offer = Offer::parse(&offer).unwrap();
        assert!(offer.fields().issuer_id.is_none());
        assert_eq!(offer.fields().metadata.unwrap().len(), 16);
    });
}

#[test]
fn every_bit_of_the_offer_counts() {
    for identity in IDENTITIES {
        let offer = on_curve(|curve| issue(curve, &keys(1, 0), &nonce(2), identity));
        let original = on_curve(|curve| records(&request(curve, &offer)));
        assert!(is_ours(
            &original.clone().without(Field::SIGNATURE).signed(PAYER, Signed::InvoiceRequest)
        ));
        let stream = TlvStream::parse(&offer).unwrap();
        let (mut tried, mut read) = (0, 0);
        for record in stream.records() {
            for bit in 0..record.value.len() * 8 {
                let mut value = record.value.to_vec();
                value[bit / 8] ^= 1 << (bit % 8);
                let changed = original
                    .clone()
                    .without(Field::SIGNATURE)
                    // Enough for any price that a changed bit can name, and any number of items.
                    .with(Field::INVREQ_AMOUNT, [0x10, 0, 0])
                    .with(Field(record.number), value)
                    .signed(PAYER, Signed::InvoiceRequest);
                tried += 1;
                // Many changes leave no offer at all, such as points that are none.
                if InvoiceRequest::parse(&changed).is_ok() {
                    read += 1;
                    assert!(!is_ours(&changed), "bit {bit} of {}", Field(record.number));
                }
            }
        }
        assert!(read * 4 > tried, "only {read} of {tried} changes are still requests");
    }
}

#[test]
fn records_cannot_be_added_to_the_offer_or_taken_from_it() {
    for identity in IDENTITIES {
        let offer = on_curve(|curve| issue(curve, &keys(1, 0), &nonce(2), identity));
        let original = on_curve(|curve| records(&request(curve, &offer)));
        let original = original.without(Field::SIGNATURE);
        let refused = |changed: Records| !is_ours(&changed.signed(PAYER, Signed::InvoiceRequest));
        for number in [1, 79, 1_000_000_001, 1_999_999_999] {
            assert!(refused(original.clone().with(Field(number), [])), "with {number}");
        }
        for field in [Field::OFFER_ABSOLUTE_EXPIRY, Field::OFFER_ISSUER] {
            assert!(refused(original.clone().without(field)), "without {field}");
        }
        assert!(refused(original.clone().with(Field::OFFER_ISSUER_ID, point(PAYER))));
        assert!(refused(original.clone().with(Field::OFFER_METADATA, [0; 16])));
        assert!(refused(original.with(Field::OFFER_CHAINS, ChainHash::BITCOIN.0)));
    }
}

#[test]
fn the_payers_own_records_are_theirs_to_choose() {
    let offer = on_curve(|curve| issue(curve, &keys(1, 0), &nonce(2), Identity::IssuerId));
    let original = on_curve(|curve| records(&request(curve, &offer))).without(Field::SIGNATURE);
    for number in [81, 95, 2_000_000_001, 2_999_999_999] {
        let request = original.clone().with(Field(number), "anything");
        assert!(is_ours(&request.signed(PAYER, Signed::InvoiceRequest)), "{number}");
    }
}

#[test]
fn a_request_comes_through_a_path_of_its_own_offer() {
    // R-IR-07, R-IR-08 and the trap that a path of one offer answers for another.
    for identity in IDENTITIES {
        on_curve(|curve| {
            let ours = keys(1, 0);
            let offer = issue(curve, &ours, &nonce(2), identity);
            let request = request(curve, &offer);
            let request = InvoiceRequest::parse(&request).unwrap();
            let comes = |PathId(path_id): PathId| {
                recognise(curve, &ours, &request, &PathId(path_id)).map(|_| ())
            };
            assert_eq!(comes(path_id(&ours, &nonce(2))), Ok(()));
            assert_eq!(comes(path_id(&ours, &nonce(3))), Err(NotOurs), "another offer's path");
            assert_eq!(comes(path_id(&keys(9, 0), &nonce(2))), Err(NotOurs), "another merchant's");
            assert_eq!(comes(path_id(&keys(1, 1), &nonce(2))), Err(NotOurs), "another epoch's");
            for purpose in [PathPurpose::Reply, PathPurpose::Payment, PathPurpose::Refund] {
                let path_id = ours.path_id(purpose, &nonce(2));
                assert_eq!(comes(path_id), Err(NotOurs), "{purpose:?}");
            }
            let PathId(bytes) = path_id(&ours, &nonce(2));
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(comes(PathId(changed)), Err(NotOurs), "bit {bit}");
            }
        });
    }
}

#[test]
fn a_new_epoch_revokes_every_offer() {
    for identity in IDENTITIES {
        on_curve(|curve| {
            let offer = issue(curve, &keys(1, 0), &nonce(2), identity);
            let request = request(curve, &offer);
            let request = InvoiceRequest::parse(&request).unwrap();
            for epoch in [1, 2, u32::MAX] {
                let keys = keys(1, epoch);
                let verdict = recognise(curve, &keys, &request, &path_id(&keys, &nonce(2)));
                assert_eq!(verdict.map(|_| ()), Err(NotOurs), "epoch {epoch}");
            }
        });
    }
}

#[test]
fn a_path_id_of_another_length_is_not_ours() {
    let keys = keys(1, 0);
    let PathId(path_id) = path_id(&keys, &nonce(2));
    let open = |bytes: &[u8]| keys.open_path_id(PathPurpose::Offer, bytes);
    assert_eq!(open(&path_id), Ok(nonce(2)));
    for len in 0..path_id.len() {
        assert_eq!(open(&path_id[..len]), Err(NotOurs));
    }
    assert_eq!(open(&[&path_id[..], &[0]].concat()), Err(NotOurs));
}

#[test]
fn an_invoice_without_issuer_is_signed_by_the_node_at_the_end_of_the_path() {
    // R-IW-05
    on_curve(|curve| {
        let ours = keys(1, 0);
        let offer = issue(curve, &ours, &nonce(2), Identity::BlindedNodeId);
        let request = request(curve, &offer);
        let request = InvoiceRequest::parse(&request).unwrap();
        let PathId(path_id) = path_id(&ours, &nonce(2));
        // The first hop of the offer's path, and a node that is not on it.
        for key in [30, 32] {
            let node = SecretKey::parse(&Secret::new([key; 32])).unwrap();
            let authentic = request.verify_signature(curve).unwrap();
            let verdict = ours.recognise(curve, authentic, &path_id, &node);
            assert_eq!(verdict.map(|_| ()), Err(NotOurs));
        }
    });
}

#[test]
fn an_offer_without_a_path_is_not_ours() {
    // R-OW-08: whoever sits behind a node is reached through a path only.
    on_curve(|curve| {
        let offer = issue(curve, &keys(1, 0), &nonce(2), Identity::IssuerId);
        let request = records(&request(curve, &offer)).without(Field::SIGNATURE);
        let changed = request.without(Field::OFFER_PATHS).signed(PAYER, Signed::InvoiceRequest);
        assert!(!is_ours(&changed));
    });
}

#[test]
fn our_request_is_answered_in_time_and_on_our_chain() {
    // R-IR-06, R-IR-13
    on_curve(|curve| {
        let ours = keys(1, 0);
        let offer = issue(curve, &ours, &nonce(2), Identity::IssuerId);
        let request = request(curve, &offer);
        let request = InvoiceRequest::parse(&request).unwrap();
        let check = |now, chain| {
            let here = Here { now: UnixTime(now), chain, rate: None };
            let ours = recognise(curve, &ours, &request, &path_id(&ours, &nonce(2))).unwrap();
            ours.check(&here).map(|_| ())
        };
        assert_eq!(check(1_000_000, ChainHash::BITCOIN), Ok(()));
        assert_eq!(
            check(1_000_001, ChainHash::BITCOIN),
            Err(Invalid::Expired { field: Field::OFFER_ABSOLUTE_EXPIRY })
        );
        assert_eq!(
            check(0, ChainHash::REGTEST),
            Err(Invalid::Chain { field: Field::INVREQ_CHAIN })
        );
    });
}

#[test]
fn a_price_in_another_currency_is_worth_what_its_rate_says() {
    // R-IR-11: three coffees at 2.50 EUR, and 100 cents are 1,000,001 msat.
    let euro = Currency::new(*b"EUR").unwrap();
    let rate = |currency| Rate {
        currency,
        units: NonZeroU64::new(100).unwrap(),
        msat: Msat::new(1_000_001).unwrap(),
    };
    on_curve(|curve| {
        let ours = keys(1, 0);
        let price = Amount::Currency { currency: euro, amount: 250 };
        let offer = issue_at(price, curve, &ours, &nonce(2), Identity::IssuerId);
        let original = records(&request(curve, &offer)).without(Field::SIGNATURE);
        let check = |paid: &[u8], rate: Option<&Rate>| {
            let request = original.clone().with(Field::INVREQ_AMOUNT, paid);
            let request = request.signed(PAYER, Signed::InvoiceRequest);
            let request = InvoiceRequest::parse(&request).unwrap();
            let ours = recognise(curve, &ours, &request, &path_id(&ours, &nonce(2))).unwrap();
            let here = Here { now: UnixTime(5), chain: ChainHash::BITCOIN, rate };
            ours.check(&here).map(|checked| checked.price().expected)
        };
        // 7,500,007.5 msat, rounded up.
        let (exact, less) = ([0x72, 0x70, 0xe8], [0x72, 0x70, 0xe7]);
        let too_little = Invalid::TooLittle { field: Field::INVREQ_AMOUNT };
        assert_eq!(check(&exact, Some(&rate(euro))), Ok(Msat::new(7_500_008)));
        assert_eq!(check(&less, Some(&rate(euro))), Err(too_little));
        let missing = Invalid::Missing { field: Field::OFFER_CURRENCY };
        assert_eq!(check(&exact, None), Err(missing));
        let dollar = Currency::new(*b"USD").unwrap();
        assert_eq!(check(&exact, Some(&rate(dollar))), Err(missing));
    });
}
