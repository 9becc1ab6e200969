extern crate alloc;

use alloc::vec::Vec;

use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};
use countersign_tlv::{DecodeError, Full, Malformed, Reader, Writer};

use super::{BlindedHop, BlindedPath, BlindedPaths, Direction, Introduction, ShortChannelId};

/// Compressed, but 5 is not the x of a point of the curve.
const NO_POINT: [u8; 33] = {
    let mut bytes = [0; 33];
    bytes[0] = 2;
    bytes[32] = 5;
    bytes
};

fn points<const N: usize>() -> [[u8; 33]; N] {
    let mut memory = CurveMemory::new();
    let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
    core::array::from_fn(|at| {
        let key = Secret::new([u8::try_from(at).unwrap() | 0x10; 32]);
        SecretKey::parse(&key).unwrap().public_key(&curve).serialize()
    })
}

fn encode(introduction: Introduction<'_>, path_key: &[u8; 33], hops: &[BlindedHop<'_>]) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut writer = Writer::new(&mut buffer);
    let num_hops = hops.len().try_into().unwrap();
    BlindedPath::write_head(&mut writer, introduction, path_key, num_hops).unwrap();
    for hop in hops {
        hop.write(&mut writer).unwrap();
    }
    writer.finish().to_vec()
}

/// 33 + 33 + 1, then hops of 35 + 5 and 35 + 0 bytes.
fn two_hops(points: &[[u8; 33]; 4]) -> Vec<u8> {
    let [first, path_key, one, two] = points;
    let hops = [
        BlindedHop { blinded_node_id: one, encrypted_recipient_data: b"hello" },
        BlindedHop { blinded_node_id: two, encrypted_recipient_data: b"" },
    ];
    encode(Introduction::NodeId(first), path_key, &hops)
}

fn rejected(bytes: &[u8]) -> DecodeError {
    let mut reader = Reader::at(bytes, 1000);
    let error = BlindedPath::parse(&mut reader).unwrap_err();
    assert_eq!((reader.offset(), reader.rest()), (1000, bytes), "a failed read consumes nothing");
    error
}

#[test]
fn a_path_reads_back_as_written() {
    let points = points();
    let mut bytes = two_hops(&points);
    let len = bytes.len();
    bytes.push(7);
    let mut reader = Reader::new(&bytes);
    let mut ids = Vec::new();
    let path = BlindedPath::parse_with(&mut reader, |id| ids.push(id.serialize())).unwrap();
    assert_eq!(reader.rest(), [7], "what follows is left");
    assert_eq!(path.encoded(), &bytes[..len]);
    assert_eq!(path.introduction(), Introduction::NodeId(&points[0]));
    assert_eq!(path.first_path_key(), &points[1]);
    assert_eq!(path.num_hops(), 2);
    let hops: Vec<_> = path.hops().collect();
    assert_eq!(hops.len(), 2);
    assert_eq!(hops[0].encrypted_recipient_data, b"hello");
    assert_eq!(hops[1].encrypted_recipient_data, b"");
    assert_eq!(ids, [*hops[0].blinded_node_id, *hops[1].blinded_node_id]);
    assert_eq!(ids, points[2..]);
}

#[test]
fn a_path_may_begin_at_either_end_of_a_channel() {
    // R-TLV-08
    let [path_key, id] = points();
    let hops = [BlindedHop { blinded_node_id: &id, encrypted_recipient_data: b"x" }];
    for (byte, direction) in [(0, Direction::NodeOne), (1, Direction::NodeTwo)] {
        let channel = ShortChannelId(0x0102_0304_0506_0708);
        let introduction = Introduction::ShortChannelId { direction, id: channel };
        let bytes = encode(introduction, &path_key, &hops);
        assert_eq!(bytes[..9], [byte, 1, 2, 3, 4, 5, 6, 7, 8]);
        let path = BlindedPath::parse(&mut Reader::new(&bytes)).unwrap();
        assert_eq!(path.introduction(), introduction);
        assert_eq!(path.first_path_key(), &path_key);
        assert_eq!(path.hops().collect::<Vec<_>>(), hops);
    }
}

#[test]
fn a_path_begins_with_a_node_or_a_channel() {
    // R-TLV-08
    let mut bytes = two_hops(&points());
    for first in 4..=0xff {
        bytes[0] = first;
        let error = DecodeError { offset: 1000, rule: Malformed::UnknownVariant };
        assert_eq!(rejected(&bytes), error);
    }
}

#[test]
fn every_point_of_a_path_is_on_the_curve() {
    // R-TLV-08
    assert!(PublicKey::parse(&NO_POINT).is_err());
    for (at, offset) in [(0, 0), (1, 33), (2, 67), (3, 107)] {
        let mut points = points();
        points[at] = NO_POINT;
        let error = DecodeError { offset: 1000 + offset, rule: Malformed::NotAPoint };
        assert_eq!(rejected(&two_hops(&points)), error);
    }
}

#[test]
fn a_path_that_ends_early_is_truncated() {
    let bytes = two_hops(&points());
    for len in 0..bytes.len() {
        assert_eq!(rejected(&bytes[..len]).rule, Malformed::Truncated, "after {len} bytes");
    }
    let mut one_hop_too_many = bytes;
    one_hop_too_many[66] = 3;
    assert_eq!(rejected(&one_hop_too_many).rule, Malformed::Truncated);
}

#[test]
fn a_path_without_hops_says_so() {
    let [first, path_key] = points();
    let bytes = encode(Introduction::NodeId(&first), &path_key, &[]);
    let path = BlindedPath::parse(&mut Reader::new(&bytes)).unwrap();
    assert_eq!((path.num_hops(), path.hops().count()), (0, 0));
}

#[test]
fn a_path_may_have_255_hops() {
    let [first, path_key, id] = points();
    let hops = [BlindedHop { blinded_node_id: &id, encrypted_recipient_data: b"" }; 255];
    let mut buffer = [0; 67 + 255 * 35];
    let mut writer = Writer::new(&mut buffer);
    BlindedPath::write_head(&mut writer, Introduction::NodeId(&first), &path_key, 255).unwrap();
    for hop in hops {
        hop.write(&mut writer).unwrap();
    }
    let path = BlindedPath::parse(&mut Reader::new(&buffer)).unwrap();
    assert_eq!((path.num_hops(), path.hops().count(), path.encoded().len()), (255, 255, 8992));
}

#[test]
fn data_longer_than_16_bits_can_say_do_not_fit() {
    let [id] = points();
    let data = alloc::vec![0; 0x1_0000];
    let mut buffer = alloc::vec![0; 0x2_0000];
    let mut write = |encrypted_recipient_data| {
        let hop = BlindedHop { blinded_node_id: &id, encrypted_recipient_data };
        hop.write(&mut Writer::new(&mut buffer))
    };
    assert_eq!(write(&data), Err(Full));
    assert_eq!(write(&data[1..]), Ok(()));
}

#[test]
fn a_record_of_paths_keeps_their_order() {
    let points = points();
    let long = two_hops(&points);
    let short = encode(Introduction::NodeId(&points[2]), &points[3], &[]);
    let bytes = [&long[..], &short, &long].concat();
    let mut reader = Reader::new(&bytes);
    let paths = BlindedPaths::parse(&mut reader).unwrap();
    assert!(reader.is_empty());
    assert_eq!((paths.len(), paths.is_empty(), paths.encoded()), (3, false, &bytes[..]));
    let encoded: Vec<_> = paths.iter().map(|path| path.encoded()).collect();
    assert_eq!(encoded, [&long[..], &short, &long]);
    assert!(BlindedPaths::parse(&mut Reader::new(&[])).unwrap().is_empty());
}

#[test]
fn a_record_is_of_whole_paths_and_true_points_only() {
    let mut points = points();
    let good = two_hops(&points);
    points[3] = NO_POINT;
    let bytes = [&good[..], &two_hops(&points)].concat();
    let error = BlindedPaths::parse(&mut Reader::new(&bytes)).unwrap_err();
    let offset = u32::try_from(good.len()).unwrap() + 107;
    assert_eq!(error, DecodeError { offset, rule: Malformed::NotAPoint });
    let error = BlindedPaths::parse(&mut Reader::new(&bytes[..=good.len()])).unwrap_err();
    assert_eq!(error.rule, Malformed::Truncated);
}
