extern crate alloc;

use alloc::vec::Vec;

use countersign_tlv::{DecodeError, Full, Malformed, TlvStream, Writer};
use countersign_units::Msat;
use proptest::prelude::*;

use super::{AllowedFeatures, EncryptedDataTlv, Invalid, NextHop, UnknownRecords};
use crate::{Field, PaymentConstraints, PaymentRelay, ShortChannelId};

/// The generator of the curve.
const POINT: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace("POINT", POINT).replace(' ', "")).unwrap()
}

fn rejected(hex: &str) -> Invalid {
    EncryptedDataTlv::parse(&bytes(hex)).unwrap_err()
}

fn written(data: &EncryptedDataTlv<'_>, padding: Option<usize>) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut writer = Writer::new(&mut buffer);
    data.write(padding, &mut writer).unwrap();
    let len = padding.map_or(0, |len| countersign_tlv::record_len(1, len));
    assert_eq!(writer.len(), data.len() + len);
    writer.finish().to_vec()
}

#[test]
fn every_field_is_read_and_written_in_its_place() {
    let all = bytes(
        "0102 0000 0208 0000000000000451 0300 0421 POINT 0501aa 0603 010203 0700 0821 POINT \
         0900 0a08 0030 00000064 01f4 0b00 0c06 000b69c1 05dc 0d00 0e00 0f00 fd0231 03 123456",
    );
    let point = bytes(POINT);
    let point: &[u8; 33] = point[..].try_into().unwrap();
    let data = EncryptedDataTlv::parse(&all).unwrap();
    assert_eq!(data.short_channel_id, Some(ShortChannelId(0x451)));
    assert_eq!(data.next_node_id, Some(point));
    assert_eq!(data.path_id, Some(&[1, 2, 3][..]));
    assert_eq!(data.next_path_key_override, Some(point));
    let relay = PaymentRelay {
        cltv_expiry_delta: 48,
        fee_proportional_millionths: 100,
        fee_base_msat: 500,
    };
    assert_eq!(data.payment_relay, Some(relay));
    let constraints =
        PaymentConstraints { max_cltv_expiry: 747_969, htlc_minimum: Msat::new(1500).unwrap() };
    assert_eq!(data.payment_constraints, Some(constraints));
    assert_eq!(data.allowed_features, AllowedFeatures::Empty);
    let unknown: Vec<_> = data.unknown.iter().map(|record| record.number).collect();
    assert_eq!(unknown, [3, 5, 7, 9, 11, 13, 15, 0x231]);
    assert_eq!(written(&data, Some(2)), all);
    assert_eq!(written(&data, None), all[4..]);
    assert!(Field::ALL.into_iter().all(|field| data.has(field) != (field == Field::Padding)));
}

#[test]
fn no_records_are_no_bytes() {
    let data = EncryptedDataTlv::parse(&[]).unwrap();
    assert_eq!(data, EncryptedDataTlv::default());
    assert!(data.is_empty());
    assert_eq!(written(&data, None), []);
    assert_eq!(written(&data, Some(0)), [1, 0]);
    assert!(!Field::ALL.into_iter().any(|field| data.has(field)));
    let mut buffer = [0; 1];
    assert_eq!(data.write(Some(0), &mut Writer::new(&mut buffer)), Err(Full));
}

#[test]
fn each_value_is_exactly_its_encoding() {
    // R-TLV-02, R-TLV-03, R-TLV-06, R-TLV-08
    let no_point = "020000000000000000000000000000000000000000000000000000000000000005";
    for (hex, offset, rule) in [
        ("0207 00000000000004", 2, Malformed::Truncated),
        ("0209 0000000000000451 00", 10, Malformed::TrailingBytes),
        (
            "0420 79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            2,
            Malformed::Truncated,
        ),
        ("0422 POINT 00", 35, Malformed::TrailingBytes),
        (&alloc::format!("0421 {no_point}"), 2, Malformed::NotAPoint),
        (&alloc::format!("0821 {no_point}"), 2, Malformed::NotAPoint),
        ("0822 POINT 00", 35, Malformed::TrailingBytes),
        ("0a05 0030 000000", 4, Malformed::Truncated),
        ("0a07 0030 00000064 00", 8, Malformed::NotMinimal),
        ("0a0b 0030 00000064 0100000000", 8, Malformed::TrailingBytes),
        ("0c03 000b69", 2, Malformed::Truncated),
        ("0c06 000b69c1 0001", 6, Malformed::NotMinimal),
        ("0c0d 000b69c1 010000000000000000", 6, Malformed::TrailingBytes),
        ("0c0c 000b69c1 1d24b2dfac520001", 6, Malformed::AmountTooLarge),
        ("0600 0200", 2, Malformed::OutOfOrder),
        ("0600 0600", 2, Malformed::OutOfOrder),
        ("0602 00", 2, Malformed::Truncated),
    ] {
        assert_eq!(rejected(hex), Invalid::Malformed(DecodeError { offset, rule }), "{hex}");
    }
    let most = bytes("0c0c 000b69c1 1d24b2dfac520000");
    let constraints = EncryptedDataTlv::parse(&most).unwrap().payment_constraints.unwrap();
    assert_eq!(constraints.htlc_minimum, Msat::MAX);
}

#[test]
fn unknown_types_are_fatal_when_even_only() {
    // R-BE-01, R-TLV-04
    for (hex, number) in
        [("0000", 0), ("0600 1000", 16), ("fe0001000001ff", 0x1_0000), ("0b00 1200", 18)]
    {
        assert_eq!(rejected(hex), Invalid::UnknownEven { number });
    }
    assert!(EncryptedDataTlv::parse(&bytes("0b00 11012a fd0101ff").split_off(2)).is_err());
    assert!(EncryptedDataTlv::parse(&bytes("0b00 11012a")).is_ok());
}

#[test]
fn any_feature_is_refused_even_an_odd_one() {
    // R-OM-03
    for bit in 0..16_u32 {
        let bits = 1_u16 << bit;
        assert_eq!(rejected(&alloc::format!("0e02{bits:04x}")), Invalid::UnknownFeature);
    }
    for empty in ["0e00", "0e0100", "0e020000"] {
        let empty = bytes(empty);
        let data = EncryptedDataTlv::parse(&empty).unwrap();
        assert_eq!(data.allowed_features, AllowedFeatures::Empty);
    }
}

#[test]
fn a_hop_goes_on_to_a_node_or_else_over_a_channel() {
    // R-OM-04
    let next = |hex: &str| {
        EncryptedDataTlv::parse(&bytes(hex)).unwrap().next_hop().map(|next| match next {
            NextHop::NodeId(id) => hex::encode(id),
            NextHop::ShortChannelId(ShortChannelId(id)) => alloc::format!("{id}"),
        })
    };
    let channel = "0208 0000000000000451";
    assert_eq!(next(channel).as_deref(), Ok("1105"));
    assert_eq!(next("0421 POINT").as_deref(), Ok(POINT));
    assert_eq!(next(&alloc::format!("{channel} 0421 POINT")).as_deref(), Ok(POINT));
    assert_eq!(next(""), Err(Invalid::Missing { field: Field::NextNodeId }));
    let with_path_id = alloc::format!("{channel} 0600");
    assert_eq!(next(&with_path_id), Err(Invalid::Unexpected { field: Field::PathId }));
}

#[test]
fn a_recipients_own_records_are_kept_as_they_are_but_for_padding() {
    // The types that LDK 0.2 uses: 65536 is even, and private.
    let records = "0c05 000b69c1 01 fe00010000 0401020304 fe00010001 02abcd";
    let foreign = bytes(&alloc::format!("0103000000 {records}"));
    let data = EncryptedDataTlv::parse_foreign_recipient(&foreign).unwrap();
    assert_eq!(data.payment_constraints.unwrap().max_cltv_expiry, 747_969);
    assert_eq!(written(&data, None), bytes(records));
    assert_eq!(rejected(records), Invalid::UnknownEven { number: 0x1_0000 });
}

#[test]
fn a_recipients_own_records_neither_lead_on_nor_let_features_in() {
    for (hex, field) in [
        ("0208 0000000000000451", Field::ShortChannelId),
        ("0421 POINT", Field::NextNodeId),
        ("0821 POINT", Field::NextPathKeyOverride),
        ("0a06 0030 00000064", Field::PaymentRelay),
        ("0e00", Field::AllowedFeatures),
    ] {
        let foreign = bytes(hex);
        let error = EncryptedDataTlv::parse_foreign_recipient(&foreign).unwrap_err();
        assert_eq!(error, Invalid::Unexpected { field });
    }
    assert!(EncryptedDataTlv::parse_foreign_recipient(&[6, 1, 9]).is_ok());
    let error = EncryptedDataTlv::parse_foreign_recipient(&[6, 2, 9]).unwrap_err();
    assert_eq!(error, Invalid::Malformed(DecodeError { offset: 2, rule: Malformed::Truncated }));
}

proptest! {
    #[test]
    fn data_read_back_as_written(
        channel: Option<u64>,
        path_id in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        relay: Option<(u16, u32, u32)>,
        constraints in prop::option::of((any::<u32>(), 0..=Msat::MAX.get())),
        shift in 0..64_u32,
        unknown in prop::collection::btree_map(any::<u16>(), any::<u8>(), 0..5),
        padding in prop::option::of(0..300_usize),
    ) {
        let mut buffer = [0; 100];
        let mut writer = Writer::new(&mut buffer);
        for (number, value) in unknown {
            writer.record((u64::from(number) << (shift / 2)) | 1, &[value]).unwrap();
        }
        let Ok(unknown) = TlvStream::parse(writer.finish()) else { return Ok(()) };
        let data = EncryptedDataTlv {
            short_channel_id: channel.map(ShortChannelId),
            path_id: path_id.as_deref(),
            payment_relay: relay.map(|(cltv_expiry_delta, fee_proportional_millionths, base)| {
                let fee_base_msat = base >> (shift / 2);
                PaymentRelay { cltv_expiry_delta, fee_proportional_millionths, fee_base_msat }
            }),
            payment_constraints: constraints.map(|(max_cltv_expiry, minimum)| {
                PaymentConstraints { max_cltv_expiry, htlc_minimum: Msat::new(minimum >> shift).unwrap() }
            }),
            unknown: UnknownRecords::of(unknown),
            ..EncryptedDataTlv::default()
        };
        let bytes = written(&data, padding);
        prop_assert_eq!(EncryptedDataTlv::parse(&bytes), Ok(data));
    }
}
