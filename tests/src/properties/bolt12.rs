use countersign_blinding::BlindedPayInfo;
use countersign_offers::{
    Amount, ChainHash, FallbackAddress, Features, Field, Here, Identity, Invoice, InvoiceFields,
    InvoiceRequest, InvoiceRequestFields, InvoiceTerms, InvoiceWriter, Offer, OfferFields,
    PaymentParts, QuantityMax, Refund, Rejected, Signed, Untrusted, capacity,
};
use countersign_tlv::TlvStream;
use countersign_units::{Seconds, UnixTime};

use crate::merchant::{issue, keys, nonce, path_id, recognise, request};
use crate::model::{self, Map};
use crate::properties::tlv::records;
use crate::records::{PAYER, Records, on_curve, path, payinfo, point};

/// Bytes are an offer when the naive reader says so, and its fields are what their records say.
pub fn offer(data: &[u8]) {
    let map = model::map(data);
    let read = Offer::parse(data);
    assert_eq!(read.is_ok(), map.as_ref().is_some_and(model::is_offer), "{read:?}");
    if let (Ok(offer), Some(map)) = (read, map) {
        assert_eq!(offer.records().bytes(), data);
        offer_says(offer.fields(), &map);
        let payable = offer.check(UnixTime(1000), ChainHash::BITCOIN).is_ok();
        let in_time = map.get(&14).is_none_or(|expiry| model::integer(expiry) >= 1000);
        let here = map.get(&2).is_none_or(|all| all.chunks(32).any(|one| one == BITCOIN));
        assert_eq!(payable, in_time && here);
    }
}

/// Bytes are a request when the naive reader says so, and its fields are what their records say.
pub fn invoice_request(data: &[u8]) {
    let map = model::map(data);
    let read = InvoiceRequest::parse(data);
    assert_eq!(read.is_ok(), map.as_ref().is_some_and(model::is_invoice_request), "{read:?}");
    if let (Ok(request), Some(map)) = (read, map) {
        assert_eq!(request.records().bytes(), data);
        offer_says(request.offer(), &map);
        request_says(request.fields(), &map);
        assert_eq!(Some(request.metadata()), map.get(&0).map(|value| &value[..]));
        assert_eq!(Some(request.payer_id().serialize().to_vec()), map.get(&88).cloned());
        let bounded = InvoiceRequest::parse_bounded(data).map(|_| ());
        let fits = data.len() <= capacity::INVOICE_REQUEST_LEN
            && map.len() <= capacity::INVOICE_REQUEST_RECORDS;
        assert_eq!(bounded, if fits { Ok(()) } else { Err(Rejected::TooLarge) });
        on_curve(|curve| {
            let signed = Records::of(&map).signed(PAYER, Signed::InvoiceRequest);
            let ours = request.payer_id().serialize() == point(PAYER);
            let authentic = request.verify_signature(curve).is_ok();
            // BIP 340 leaves the signer free, but ours is the only signer of this key.
            assert!(!authentic || !ours || signed == data);
        });
    }
}

/// Bytes are a refund when the naive reader says so, and its fields are what their records say.
pub fn refund(data: &[u8]) {
    let map = model::map(data);
    let read = Refund::parse(data);
    assert_eq!(read.is_ok(), map.as_ref().is_some_and(model::is_refund), "{read:?}");
    if let (Ok(refund), Some(map)) = (read, map) {
        assert_eq!(refund.records().bytes(), data);
        offer_says(refund.offer(), &map);
        request_says(refund.fields(), &map);
        assert_eq!(Some(refund.metadata()), map.get(&0).map(|value| &value[..]));
        assert_eq!(Some(refund.payer_id().serialize().to_vec()), map.get(&88).cloned());
        assert_eq!(Some(refund.amount()), refund.fields().amount);
        assert_eq!(Some(refund.description()), refund.offer().description);
    }
}

/// Bytes are an invoice when the naive reader says so, and its fields are what their records say.
pub fn invoice(data: &[u8]) {
    let map = model::map(data);
    let read = Invoice::parse(data);
    assert_eq!(read.is_ok(), map.as_ref().is_some_and(model::is_invoice), "{read:?}");
    if let (Ok(invoice), Some(map)) = (read, map) {
        assert_eq!(invoice.records().bytes(), data);
        offer_says(invoice.offer(), &map);
        request_says(invoice.request(), &map);
        invoice_says(invoice.fields(), &map);
        assert_eq!(invoice.is_for_refund(), !map.contains_key(&16) && !map.contains_key(&22));
        let even = |payinfo: &Vec<u8>| model::bits(payinfo).iter().any(|bit| bit % 2 == 0);
        let payinfos = model::payinfos(&map[&162]).unwrap_or_default();
        let usable = payinfos.iter().filter(|payinfo| !even(payinfo)).count();
        assert_eq!(invoice.usable_paths().count(), usable);
    }
}

/// The invoice that we write around any request is the one that a map of records makes of it.
pub fn invoice_build(data: &[u8]) {
    let [several, hops, expiry, odd @ ..] = data else { return };
    let (hops, expiry) = (1 + hops % 8, u32::from(*expiry) * 100);
    on_curve(|curve| {
        let keys = keys(1, 0);
        let of_offer = request(curve, &issue(curve, &keys, &nonce(2), Identity::IssuerId));
        let mut mirrored = Records::of(&model::map(&of_offer).expect("a request is a stream"));
        mirrored = mirrored.without(Field::SIGNATURE);
        let mut asked = mirrored.clone();
        for (number, value) in odd_records(odd) {
            asked = asked.with(Field(number), &value);
            if !(240..=1000).contains(&number) {
                mirrored = mirrored.with(Field(number), &value);
            }
        }
        let bytes = asked.signed(PAYER, Signed::InvoiceRequest);
        let read = InvoiceRequest::parse(&bytes).expect("odd records change nothing");
        let ours = recognise(curve, &keys, &read, &path_id(&keys, &nonce(2)));
        let here = Here { now: UnixTime(5), chain: ChainHash::BITCOIN, rate: None };
        let checked = ours.expect("odd records change nothing").check(&here).expect("nor here");

        let (parts, features) = match several % 2 {
            0 => (PaymentParts::One, None),
            _ => (PaymentParts::Several, Some([2, 0, 0])),
        };
        let terms = InvoiceTerms {
            created_at: UnixTime(5),
            relative_expiry: Seconds(expiry),
            payment_hash: [4; 32],
            payment_parts: parts,
        };
        let mut buffer = [0; 3000];
        let mut writer = InvoiceWriter::new(&mut buffer).expect("there is room");
        writer.paths().bytes(&path(hops)).expect("there is room");
        let answerable = checked.answerable();
        let unsigned = writer.finish(&answerable, &terms, &[NO_FEE]);
        let signed = unsigned.expect("it fits").sign(curve, &[0; 32]).expect("it is signed");

        let mut expected = mirrored
            .with(Field::INVOICE_PATHS, path(hops))
            .with(Field::INVOICE_BLINDEDPAY, payinfo(&[]))
            .with(Field::INVOICE_CREATED_AT, [5])
            .with(Field::INVOICE_PAYMENT_HASH, [4; 32])
            .with(Field::INVOICE_AMOUNT, [1, 44])
            .with(Field::INVOICE_NODE_ID, *read.offer().issuer_id.expect("it has one"));
        if expiry != 7200 {
            let digits: Vec<_> =
                expiry.to_be_bytes().into_iter().skip_while(|&digit| digit == 0).collect();
            expected = expected.with(Field::INVOICE_RELATIVE_EXPIRY, digits);
        }
        if let Some(features) = features {
            expected = expected.with(Field::INVOICE_FEATURES, features);
        }
        let written = signed.segments().concat();
        let stream = TlvStream::parse(&written).expect("an invoice is a stream");
        let signature = stream.find(240).expect("it is signed").value;
        let expected = expected.with(Field::SIGNATURE, signature).bytes();
        assert_eq!(hex::encode(&written), hex::encode(expected));
        let invoice = Invoice::parse(&written).expect("we read what we write");
        assert!(invoice.verify_signature(curve).is_ok());
    });
}

fn offer_says(fields: &OfferFields<'_>, map: &Map) {
    let number = |number| map.get(&number).map(|value| model::integer(value));
    let chains = fields.chains.map(|chains| chains.iter().flat_map(|chain| chain.0).collect());
    assert_eq!(chains, map.get(&2).cloned());
    assert_eq!(fields.metadata, map.get(&4).map(|value| &value[..]));
    let amount = fields.amount.map(|amount| match amount {
        Amount::Bitcoin(amount) => (amount.get(), None),
        Amount::Currency { currency, amount } => (amount, Some(currency.code().to_vec())),
    });
    assert_eq!(amount, number(8).map(|amount| (amount, map.get(&6).cloned())));
    text_says(fields.description, map.get(&10));
    bitmap_says(fields.features, map.get(&12));
    assert_eq!(fields.absolute_expiry.map(|expiry| expiry.0), number(14));
    assert_eq!(fields.paths.map(|paths| paths.encoded().to_vec()), map.get(&16).cloned());
    text_says(fields.issuer, map.get(&18));
    let quantity_max = match fields.quantity_max {
        QuantityMax::One => None,
        QuantityMax::Limited(max) => Some(max.get()),
        QuantityMax::Unlimited => Some(0),
    };
    assert_eq!(quantity_max, number(20));
    assert_eq!(fields.issuer_id.map(|id| id.to_vec()), map.get(&22).cloned());
}

fn request_says(fields: &InvoiceRequestFields<'_>, map: &Map) {
    let number = |number| map.get(&number).map(|value| model::integer(value));
    assert_eq!(fields.named_chain.map(|chain| chain.0.to_vec()), map.get(&80).cloned());
    assert_eq!(fields.amount.map(|amount| amount.get()), number(82));
    bitmap_says(fields.features, map.get(&84));
    assert_eq!(fields.quantity, number(86));
    text_says(fields.payer_note, map.get(&89));
    assert_eq!(fields.paths.map(|paths| paths.encoded().to_vec()), map.get(&90).cloned());
    let name = fields.bip_353_name.map(|name| {
        let [name, domain] = [name.name, name.domain].map(str::as_bytes);
        let len = |part: &[u8]| u8::try_from(part.len()).expect("a part has 255 bytes at most");
        [&[len(name)][..], name, &[len(domain)], domain].concat()
    });
    assert_eq!(name, map.get(&91).cloned());
}

fn invoice_says(fields: &InvoiceFields<'_>, map: &Map) {
    let number = |number| map.get(&number).map(|value| model::integer(value));
    assert_eq!(fields.paths.encoded(), map[&160]);
    assert_eq!(fields.blindedpay.encoded(), map[&162]);
    assert_eq!(Some(fields.created_at.0), number(164));
    assert_eq!(fields.relative_expiry.map(|expiry| u64::from(expiry.0)), number(166));
    assert_eq!(fields.payment_hash[..], map[&168]);
    assert_eq!(Some(fields.amount.get()), number(170));
    let fallbacks = fields.fallbacks.map(|fallbacks| {
        let encode = |address: FallbackAddress<'_>| {
            let len = u16::try_from(address.address.len()).expect("it was read from 16 bits");
            [&[address.version][..], &len.to_be_bytes(), address.address].concat()
        };
        fallbacks.iter().flat_map(encode).collect()
    });
    assert_eq!(fallbacks, map.get(&172).cloned());
    bitmap_says(fields.features, map.get(&174));
    assert_eq!(fields.node_id.serialize()[..], map[&176]);
    let expiry = number(164).and_then(|at| at.checked_add(number(166).unwrap_or(7200)));
    assert_eq!(fields.expiry().map(|expiry| expiry.0), expiry);
}

fn text_says(text: Option<Untrusted<'_>>, value: Option<&Vec<u8>>) {
    let expected = value.map(|value| std::str::from_utf8(value).expect("the model knows"));
    let expected = expected.map(|text| Untrusted::new(text).to_string());
    assert_eq!(text.map(|text| text.to_string()), expected);
}

fn bitmap_says(features: Option<Features<'_>>, value: Option<&Vec<u8>>) {
    let bits = features.map(|features| features.bits().collect::<Vec<_>>());
    assert_eq!(bits, value.map(|value| model::bits(value)));
}

/// Records that a payer may add and nobody knows.
fn odd_records(data: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let place = |(number, value): (u64, Vec<u8>)| {
        let number = match number % 3 {
            0 => 93 + number % 66 / 2 * 2,
            1 => 241 + number % 758 / 2 * 2,
            _ => 2_000_000_001 + number % 999_999_998 / 2 * 2,
        };
        (number, value)
    };
    records(data).into_iter().take(40).map(place).collect()
}

const BITCOIN: [u8; 32] = ChainHash::BITCOIN.0;

const NO_FEE: BlindedPayInfo<'static> = BlindedPayInfo {
    fee_base_msat: 0,
    fee_proportional_millionths: 0,
    cltv_expiry_delta: 0,
    htlc_minimum_msat: 0,
    htlc_maximum_msat: 0,
    features: &[],
};
