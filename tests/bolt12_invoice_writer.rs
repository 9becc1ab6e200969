//! BOLT 12 §Invoices, the writer's requirements (R-IW), over requests as odd as they may be.

use countersign_blinding::BlindedPayInfo;
use countersign_crypto::Curve;
use countersign_offers::{
    Answerable, Arrival, ChainHash, Features, Field, Here, Identity, Invalid, Invoice,
    InvoiceRequest, InvoiceTerms, InvoiceWriter, PaymentParts, Refund, Rejected, Signed,
    Unwritable,
};
use countersign_tests::merchant::{any_key, issue, keys, nonce, path_id, recognise, request};
use countersign_tests::records::{PAYER, Records, on_curve, path, point, refund};
use countersign_tlv::{TlvStream, Writer};
use countersign_units::{Msat, Seconds, UnixTime};

const HERE: Here<'_> = Here { now: UnixTime(500), chain: ChainHash::BITCOIN, rate: None };

const TERMS: InvoiceTerms = InvoiceTerms {
    created_at: UnixTime(500),
    relative_expiry: Seconds(600),
    payment_hash: [3; 32],
    payment_parts: PaymentParts::One,
};

const PAYINFO: BlindedPayInfo<'static> = BlindedPayInfo {
    fee_base_msat: 1,
    fee_proportional_millionths: 2,
    cltv_expiry_delta: 3,
    htlc_minimum_msat: 4,
    htlc_maximum_msat: 5,
    features: &[],
};

/// The invoice with these paths, each with [`PAYINFO`].
fn answer(
    curve: &Curve<'_>,
    request: &Answerable<'_>,
    terms: &InvoiceTerms,
    paths: &[Vec<u8>],
) -> Result<Vec<u8>, Unwritable> {
    answer_with(curve, request, terms, paths, &vec![PAYINFO; paths.len()])
}

fn answer_with(
    curve: &Curve<'_>,
    request: &Answerable<'_>,
    terms: &InvoiceTerms,
    paths: &[Vec<u8>],
    payinfos: &[BlindedPayInfo<'_>],
) -> Result<Vec<u8>, Unwritable> {
    let mut buffer = [0; 9000];
    let mut writer = InvoiceWriter::new(&mut buffer)?;
    for path in paths {
        writer.paths().bytes(path)?;
    }
    let invoice = writer.finish(request, terms, payinfos)?.sign(curve, &[0; 32])?;
    let bytes = invoice.segments().concat();
    assert_eq!(bytes.len(), invoice.total_len());
    let mut buffer = vec![0; bytes.len()];
    let mut whole = Writer::new(&mut buffer);
    invoice.write(&mut whole)?;
    assert_eq!(whole.finish(), bytes);
    Ok(bytes)
}

/// What `answer` makes of a request for an offer of ours to which `odd` was added.
fn answered<T>(
    identity: Identity,
    odd: impl Fn(Records) -> Records,
    answer: impl Fn(&Curve<'_>, &Answerable<'_>, &[u8]) -> T,
) -> T {
    on_curve(|curve| {
        let keys = keys(1, 0);
        let request = request(curve, &issue(curve, &keys, &nonce(2), identity));
        let stream = TlvStream::parse(&request).unwrap();
        let records = stream.records().fold(Records::default(), |records, record| {
            records.with(Field(record.number), record.value)
        });
        let request = odd(records.without(Field::SIGNATURE)).signed(PAYER, Signed::InvoiceRequest);
        let read = InvoiceRequest::parse(&request).unwrap();
        let ours = recognise(curve, &keys, &read, &path_id(&keys, &nonce(2))).unwrap();
        answer(curve, &ours.check(&HERE).unwrap().answerable(), &request)
    })
}

fn plain(records: Records) -> Records {
    records
}

#[test]
fn every_record_of_the_request_but_its_signatures_is_repeated() {
    // R-IW-01, R-IW-06, R-IW-12, R-SIG-05
    let odd = |records: Records| {
        records
            .with(Field(95), "odd")
            .with(Field(159), [])
            .with(Field(241), "another signature")
            .with(Field(999), "and another")
            .with(Field(2_000_000_001), [8; 300])
            .with(Field(2_999_999_999), "last")
    };
    answered(Identity::IssuerId, odd, |curve, request, bytes| {
        let invoice = answer(curve, request, &TERMS, &[path(2)]).unwrap();
        let read = Invoice::parse(&invoice).unwrap();
        assert!(read.verify_signature(curve).is_ok());
        let asked = TlvStream::parse(bytes).unwrap();
        for (first, last) in [(0, 159), (1_000_000_000, 2_999_999_999)] {
            let repeated = read.records().range(first, last);
            assert_eq!(repeated.bytes(), asked.range(first, last).bytes());
            assert!(!repeated.bytes().is_empty());
        }
        let signatures = read.records().range(240, 1000);
        assert_eq!(signatures.records().count(), 1);
        assert!(read.records().find(241).is_none() && read.records().find(999).is_none());
    });
}

#[test]
fn the_invoice_says_what_was_agreed() {
    // R-IW-02 to R-IW-05, R-IW-08, R-IW-10
    for identity in [Identity::IssuerId, Identity::BlindedNodeId] {
        answered(identity, plain, |curve, request, _| {
            let invoice = answer(curve, request, &TERMS, &[path(2), path(1)]).unwrap();
            let invoice = Invoice::parse(&invoice).unwrap();
            assert!(invoice.verify_signature(curve).is_ok());
            let fields = invoice.fields();
            assert_eq!(Some(fields.amount), Msat::new(300), "three times the price");
            assert_eq!(fields.created_at, TERMS.created_at);
            assert_eq!(fields.expiry(), Some(UnixTime(1100)));
            assert_eq!(fields.payment_hash, TERMS.payment_hash);
            assert!(fields.features.is_none() && fields.fallbacks.is_none());
            let paths: Vec<_> = fields.paths.iter().map(|path| path.num_hops()).collect();
            assert_eq!(paths, [2, 1]);
            assert_eq!(fields.blindedpay.iter().collect::<Vec<_>>(), [PAYINFO, PAYINFO]);
            match identity {
                Identity::IssuerId => {
                    assert_eq!(Some(&fields.node_id.serialize()), invoice.offer().issuer_id);
                }
                Identity::BlindedNodeId => assert_eq!(fields.node_id.serialize(), point(31)),
            }
        });
    }
}

#[test]
fn the_payer_may_pay_more_than_the_price() {
    // R-IW-03
    let generous = |records: Records| records.with(Field::INVREQ_AMOUNT, [1, 0x2d]);
    answered(Identity::IssuerId, generous, |curve, request, _| {
        let invoice = answer(curve, request, &TERMS, &[path(2)]).unwrap();
        assert_eq!(Some(Invoice::parse(&invoice).unwrap().fields().amount), Msat::new(301));
    });
}

#[test]
fn the_usual_expiry_is_not_written() {
    // R-IW-08
    answered(Identity::IssuerId, plain, |curve, request, _| {
        for (seconds, written) in [(7199, true), (7200, false), (7201, true), (0, true)] {
            let terms = InvoiceTerms { relative_expiry: Seconds(seconds), ..TERMS };
            let invoice = answer(curve, request, &terms, &[path(2)]).unwrap();
            let fields = Invoice::parse(&invoice).unwrap().fields().clone();
            assert_eq!(fields.relative_expiry.is_some(), written);
            assert_eq!(fields.expiry(), Some(UnixTime(500 + u64::from(seconds))));
        }
    });
}

#[test]
fn parts_are_allowed_by_one_bit() {
    // R-IW-07, R-IW-07b, and minimal as #1341 wants it.
    answered(Identity::IssuerId, plain, |curve, request, _| {
        let terms = InvoiceTerms { payment_parts: PaymentParts::Several, ..TERMS };
        let invoice = answer(curve, request, &terms, &[path(2)]).unwrap();
        let features = Invoice::parse(&invoice).unwrap().fields().features.unwrap();
        assert_eq!(features.bits().collect::<Vec<_>>(), [Features::MPP_OPTIONAL]);
        assert_eq!(features.bytes().len(), 3);
    });
}

#[test]
fn paths_and_payinfos_come_in_pairs_that_lead_somewhere() {
    // R-IW-10
    answered(Identity::IssuerId, plain, |curve, request, _| {
        let refused = |paths: &[Vec<u8>], payinfos: &[BlindedPayInfo<'_>]| match answer_with(
            curve, request, &TERMS, paths, payinfos,
        ) {
            Err(Unwritable::Rejected(Rejected::Invalid(invalid))) => invalid,
            other => panic!("{other:?}"),
        };
        let [paths, payinfos] = [Field::INVOICE_PATHS, Field::INVOICE_BLINDEDPAY];
        assert_eq!(refused(&[], &[]), Invalid::Empty { field: paths });
        assert_eq!(refused(&[path(0)], &[PAYINFO]), Invalid::NoHops { field: paths });
        assert_eq!(refused(&[path(1)], &[]), Invalid::Mismatch { field: payinfos });
        assert_eq!(refused(&[path(1)], &[PAYINFO, PAYINFO]), Invalid::Mismatch { field: payinfos });
        let features = BlindedPayInfo { features: &[2], ..PAYINFO };
        assert_eq!(refused(&[path(1)], &[features]), Invalid::UnknownFeature { field: payinfos });
        let cut = answer(curve, request, &TERMS, &[path(1)[1..].to_vec()]);
        assert!(matches!(cut, Err(Unwritable::Rejected(Rejected::Malformed(_)))));
    });
}

#[test]
fn four_paths_of_eight_hops_are_the_most() {
    // DESIGN §6
    answered(Identity::IssuerId, plain, |curve, request, _| {
        let answer = |paths: &[Vec<u8>]| answer(curve, request, &TERMS, paths).map(|_| ());
        assert_eq!(answer(&vec![path(8); 4]), Ok(()));
        assert_eq!(answer(&vec![path(8); 5]), Err(Rejected::TooLarge.into()));
        assert_eq!(answer(&[path(9)]), Err(Rejected::TooLarge.into()));
    });
}

#[test]
fn the_longest_invoice_has_8192_bytes() {
    // DESIGN §6
    let with = |len| move |records: Records| records.with(Field(95), vec![5; len]);
    let write = |len: usize| {
        answered(Identity::IssuerId, with(len), |curve, request, _| {
            answer(curve, request, &TERMS, &[path(2)]).map(|invoice| invoice.len())
        })
    };
    let spare = 8192 - write(1000).unwrap();
    assert_eq!(write(1000 + spare), Ok(8192));
    assert_eq!(write(1001 + spare), Err(Rejected::TooLarge.into()));
}

#[test]
fn a_buffer_of_any_length_is_enough_or_is_said_to_be_full() {
    answered(Identity::IssuerId, plain, |_, request, _| {
        let write = |len: usize| {
            let mut buffer = vec![0; len];
            let mut writer = InvoiceWriter::new(&mut buffer)?;
            writer.paths().bytes(&path(2))?;
            writer.finish(request, &TERMS, &[PAYINFO]).map(|_| ())
        };
        let enough = (0..1000).find(|&len| write(len).is_ok()).unwrap();
        for len in 0..enough {
            assert_eq!(write(len), Err(Unwritable::Full), "{len}");
        }
        assert_eq!(write(enough + 1), Ok(()));
    });
}

#[test]
fn a_refund_is_answered_for_its_amount_with_any_key() {
    // R-RF-04, R-IW-01
    let asked = refund().with(Field::INVREQ_PATHS, path(1)).bytes();
    let asked = Refund::parse(&asked).unwrap();
    on_curve(|curve| {
        let key = any_key(curve);
        let request = asked.check(&HERE).unwrap().answerable(&key);
        let invoice = answer(curve, &request, &TERMS, &[path(2)]).unwrap();
        let invoice = Invoice::parse(&invoice).unwrap();
        assert_eq!(invoice.fields().amount, asked.amount());
        assert_eq!(invoice.fields().node_id, key.public_key());
        let authentic = invoice.verify_signature(curve).unwrap();
        assert!(authentic.check(&asked, Arrival::InvreqPath, &HERE).is_ok());
    });
}
