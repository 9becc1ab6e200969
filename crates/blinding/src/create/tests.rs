extern crate alloc;

use alloc::{vec, vec::Vec};
use core::num::NonZeroU16;

use countersign_crypto::{
    Curve, CurveMemory, KeyType, NONCE_ZERO, PublicKey, Secret, SecretKey, TAG_LEN, open,
};
use countersign_tlv::{Reader, TlvStream, Writer};
use countersign_units::Msat;
use proptest::prelude::*;

use super::{
    CreateError, Hop, LastHop, MAX_MESSAGE_HOPS, MAX_PAYMENT_HOPS, Purpose, Route, Sealing, Start,
};
use crate::{
    BlindedPath, Direction, EncryptedDataTlv, Field, Introduction, Invalid, NextHop, Padding,
    PaymentConstraints, PaymentRelay, ShortChannelId, Unblinding, UnknownRecords,
};

const SESSION: Secret<32> = Secret::new([0x51; 32]);
const CHANNEL: ShortChannelId = ShortChannelId(0x0102_0304_0506_0708);
const RELAY: PaymentRelay =
    PaymentRelay { cltv_expiry_delta: 40, fee_proportional_millionths: 2, fee_base_msat: 1 };
const LIMITS: PaymentConstraints =
    PaymentConstraints { max_cltv_expiry: 800_000, htlc_minimum: Msat::ZERO };
const EMPTY: EncryptedDataTlv<'_> = EncryptedDataTlv {
    short_channel_id: None,
    next_node_id: None,
    path_id: None,
    next_path_key_override: None,
    payment_relay: None,
    payment_constraints: None,
    allowed_features: crate::AllowedFeatures::Absent,
    unknown: UnknownRecords::of(TlvStream::EMPTY),
};
const ON: EncryptedDataTlv<'_> = EncryptedDataTlv { short_channel_id: Some(CHANNEL), ..EMPTY };
const PAID_ON: EncryptedDataTlv<'_> =
    EncryptedDataTlv { payment_relay: Some(RELAY), payment_constraints: Some(LIMITS), ..ON };

/// A curve and the keys of some nodes.
struct Nodes<'m> {
    curve: Curve<'m>,
    ids: Vec<PublicKey>,
}

fn secret(node: usize) -> SecretKey {
    SecretKey::parse(&Secret::new([u8::try_from(node + 1).unwrap(); 32])).unwrap()
}

impl<'m> Nodes<'m> {
    fn new(memory: &'m mut CurveMemory) -> Self {
        let curve = Curve::new(memory, &Secret::new([1; 32])).unwrap();
        let ids =
            (0..MAX_MESSAGE_HOPS.into()).map(|node| secret(node).public_key(&curve)).collect();
        Self { curve, ids }
    }

    /// A path over the first nodes, one for each of `data`.
    fn route<'a>(
        &'a self,
        purpose: Purpose,
        data: &'a [EncryptedDataTlv<'a>],
    ) -> Route<impl Iterator<Item = Hop<'a>> + Clone> {
        let hops = self.ids.iter().cycle().zip(data).map(|(&id, &data)| Hop::plain(id, data));
        Route { purpose, start: Start::NodeId, hops, dummy_hops: 0, padding: Padding::None }
    }

    fn blind<'a, H: Iterator<Item = Hop<'a>> + Clone>(
        &self,
        route: &Route<H>,
    ) -> Result<(Vec<u8>, LastHop), CreateError> {
        let mut buffer = vec![0xee; 200_000];
        let mut writer = Writer::new(&mut buffer);
        let last = route.blind(&self.curve, &SESSION, &mut writer)?;
        Ok((writer.finish().to_vec(), last))
    }

    /// Walks along a path over `keys`, and says what each hop was told.
    fn walk(&self, path: &[u8], keys: impl Iterator<Item = usize>) -> (Vec<Vec<u8>>, PublicKey) {
        let mut reader = Reader::new(path);
        let path = BlindedPath::parse(&mut reader).unwrap();
        assert!(reader.is_empty());
        let mut path_key = PublicKey::parse(path.first_path_key()).unwrap();
        let mut told = Vec::new();
        let mut last_path_key = path_key;
        for (hop, key) in path.hops().zip(keys) {
            let key = secret(key);
            let unblinding = Unblinding::new(&key, path_key);
            let blinded = unblinding.blinded_key(&key).unwrap().public_key(&self.curve);
            assert_eq!(&blinded.serialize(), hop.blinded_node_id);
            let mut sealed = hop.encrypted_recipient_data.to_vec();
            let data = unblinding.decrypt(&mut sealed).unwrap();
            told.push(data.to_vec());
            last_path_key = path_key;
            let data = EncryptedDataTlv::parse(data).unwrap();
            path_key = unblinding.next_path_key(&self.curve, &data).unwrap();
        }
        assert_eq!(told.len(), usize::from(path.num_hops()));
        (told, last_path_key)
    }
}

fn error<'a, H: Iterator<Item = Hop<'a>> + Clone>(
    nodes: &Nodes<'_>,
    route: &Route<H>,
) -> CreateError {
    nodes.blind(route).map(|_| ()).unwrap_err()
}

#[test]
fn each_limit_on_hops_is_inclusive() {
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    for (purpose, on, most) in
        [(Purpose::Message, ON, MAX_MESSAGE_HOPS), (Purpose::Payment, PAID_ON, MAX_PAYMENT_HOPS)]
    {
        let mut data = vec![on; usize::from(most) - 1];
        data.push(EMPTY);
        assert!(nodes.blind(&nodes.route(purpose, &data)).is_ok());
        data.insert(0, on);
        assert_eq!(error(&nodes, &nodes.route(purpose, &data)), CreateError::TooManyHops);
        assert_eq!(error(&nodes, &nodes.route(purpose, &[])), CreateError::NoHops);
    }
    let dummies = |dummy_hops| Route { dummy_hops, ..nodes.route(Purpose::Message, &[ON, EMPTY]) };
    let (path, _) = nodes.blind(&dummies(MAX_MESSAGE_HOPS - 2)).unwrap();
    let path = BlindedPath::parse(&mut Reader::new(&path)).unwrap();
    assert_eq!(path.num_hops(), MAX_MESSAGE_HOPS);
    assert_eq!(error(&nodes, &dummies(MAX_MESSAGE_HOPS - 1)), CreateError::TooManyHops);
    assert_eq!(error(&nodes, &dummies(u8::MAX)), CreateError::TooManyHops);
}

#[test]
fn every_hop_of_a_message_says_what_its_place_demands_and_no_more() {
    // R-BP-02, R-BP-05; exactly one rule is broken in each case.
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let id = &nodes.ids[5].serialize();
    let missing = |hop, field| CreateError::Missing { hop, field };
    let unexpected = |hop, field| CreateError::Unexpected { hop, field };
    for (data, broken) in [
        ([EncryptedDataTlv { path_id: Some(&[]), ..ON }, EMPTY], unexpected(0, Field::PathId)),
        (
            [EncryptedDataTlv { next_path_key_override: Some(id), ..ON }, EMPTY],
            unexpected(0, Field::NextPathKeyOverride),
        ),
        (
            [EncryptedDataTlv { payment_relay: Some(RELAY), ..ON }, EMPTY],
            unexpected(0, Field::PaymentRelay),
        ),
        (
            [EncryptedDataTlv { payment_constraints: Some(LIMITS), ..ON }, EMPTY],
            unexpected(0, Field::PaymentConstraints),
        ),
        ([EMPTY, EMPTY], missing(0, Field::NextNodeId)),
        (
            [EncryptedDataTlv { next_node_id: Some(id), ..ON }, EMPTY],
            unexpected(0, Field::ShortChannelId),
        ),
        ([ON, ON], missing(1, Field::NextPathKeyOverride)),
        (
            [ON, EncryptedDataTlv { next_path_key_override: Some(id), ..EMPTY }],
            unexpected(1, Field::NextPathKeyOverride),
        ),
        ([ON, EncryptedDataTlv { path_id: Some(&[]), ..ON }], unexpected(1, Field::ShortChannelId)),
        (
            [ON, EncryptedDataTlv { payment_constraints: Some(LIMITS), ..EMPTY }],
            unexpected(1, Field::PaymentConstraints),
        ),
        (
            [ON, EncryptedDataTlv { payment_relay: Some(RELAY), ..EMPTY }],
            unexpected(1, Field::PaymentRelay),
        ),
    ] {
        assert_eq!(error(&nodes, &nodes.route(Purpose::Message, &data)), broken);
    }
}

#[test]
fn every_hop_of_a_payment_says_what_its_place_demands_and_no_more() {
    // R-BPP-01, R-BPP-02; exactly one rule is broken in each case.
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let id = &nodes.ids[5].serialize();
    let missing = |hop, field| CreateError::Missing { hop, field };
    let unexpected = |hop, field| CreateError::Unexpected { hop, field };
    for (data, broken) in [
        (
            [EncryptedDataTlv { payment_constraints: Some(LIMITS), ..ON }, EMPTY],
            missing(0, Field::PaymentRelay),
        ),
        (
            [EncryptedDataTlv { payment_relay: Some(RELAY), ..ON }, EMPTY],
            missing(0, Field::PaymentConstraints),
        ),
        (
            [EncryptedDataTlv { short_channel_id: None, ..PAID_ON }, EMPTY],
            missing(0, Field::NextNodeId),
        ),
        (
            [EncryptedDataTlv { next_node_id: Some(id), ..PAID_ON }, EMPTY],
            unexpected(0, Field::ShortChannelId),
        ),
        ([EncryptedDataTlv { path_id: Some(&[]), ..PAID_ON }, EMPTY], unexpected(0, Field::PathId)),
        (
            [PAID_ON, EncryptedDataTlv { payment_relay: Some(RELAY), ..EMPTY }],
            unexpected(1, Field::PaymentRelay),
        ),
        ([PAID_ON, PAID_ON], missing(1, Field::NextPathKeyOverride)),
    ] {
        assert_eq!(error(&nodes, &nodes.route(Purpose::Payment, &data)), broken);
    }
}

#[test]
fn dummy_hops_belong_in_front_of_a_messages_recipient() {
    // R-BP-03
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let id = &nodes.ids[5].serialize();
    let join = EncryptedDataTlv { next_path_key_override: Some(id), ..ON };
    let data = [ON, join];
    let joining = Route { dummy_hops: 1, ..nodes.route(Purpose::Message, &data) };
    assert_eq!(error(&nodes, &joining), CreateError::DummyHops);
    let paid = Route { dummy_hops: 1, ..nodes.route(Purpose::Payment, &[PAID_ON, EMPTY]) };
    assert_eq!(error(&nodes, &paid), CreateError::DummyHops);

    let route = Route { dummy_hops: 3, ..nodes.route(Purpose::Message, &[ON, EMPTY]) };
    let (path, last) = nodes.blind(&route).unwrap();
    let (told, path_key) = nodes.walk(&path, [0, 1, 1, 1, 1].into_iter());
    for dummy in &told[1..4] {
        let data = EncryptedDataTlv::parse(dummy).unwrap();
        assert_eq!(data.next_hop(), Ok(NextHop::NodeId(&nodes.ids[1].serialize())));
    }
    assert_eq!(told[4], []);
    assert_eq!(last.into_secret().public_key(&nodes.curve), path_key);
    let ids = [0, 1, 1, 1, 1].into_iter().map(|node: usize| nodes.ids[node]);
    let found = LastHop::find(&nodes.curve, &SESSION, ids).unwrap();
    assert_eq!(found.path_key(&nodes.curve), path_key);
}

#[test]
fn all_hops_are_equally_long_when_padded() {
    // R-BP-03: 10 and 9 bytes are 1 apart, which no record fills.
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let data = [ON, EncryptedDataTlv { path_id: Some(&[7; 7]), ..EMPTY }];
    let ten = Padding::EqualMultipleOf(NonZeroU16::new(10).unwrap());
    for (padding, dummy_hops, lens) in [
        (Padding::None, 0, &[10, 9][..]),
        (Padding::None, 1, &[10, 35, 9]),
        (Padding::Equal, 0, &[12, 12]),
        (Padding::Equal, 1, &[35, 35, 35]),
        (ten, 0, &[20, 20]),
        (ten, 1, &[40, 40, 40]),
    ] {
        let route = Route { dummy_hops, padding, ..nodes.route(Purpose::Message, &data) };
        let (path, _) = nodes.blind(&route).unwrap();
        let (told, _) = nodes.walk(&path, [0, 1, 1].into_iter().take(lens.len()));
        assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), lens);
        assert_eq!(EncryptedDataTlv::parse(&told[0]), Ok(ON));
        assert_eq!(EncryptedDataTlv::parse(told.last().unwrap()), Ok(data[1]));
    }
}

#[test]
fn a_path_begins_as_it_is_told_to() {
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let (path, _) = nodes.blind(&nodes.route(Purpose::Message, &[EMPTY])).unwrap();
    let parsed = BlindedPath::parse(&mut Reader::new(&path)).unwrap();
    assert_eq!(parsed.introduction(), Introduction::NodeId(&nodes.ids[0].serialize()));
    let start = Start::ShortChannelId { direction: Direction::NodeTwo, id: CHANNEL };
    let compact = Route { start, ..nodes.route(Purpose::Message, &[EMPTY]) };
    let (compact, _) = nodes.blind(&compact).unwrap();
    assert_eq!(compact[..9], [1, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(compact[9..], path[33..], "the hops are the same");
}

#[test]
fn a_path_joins_another_through_its_override() {
    // R-BP-02, R-BE-02
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let (second, last) = nodes.blind(&nodes.route(Purpose::Message, &[ON, EMPTY])).unwrap();
    let second = BlindedPath::parse(&mut Reader::new(&second)).unwrap().encoded();
    let path_key: &[u8; 33] = second[33..66].try_into().unwrap();
    let id = nodes.ids[0].serialize();
    let join = EncryptedDataTlv {
        next_node_id: Some(&id),
        next_path_key_override: Some(path_key),
        ..EMPTY
    };
    let (first, _) = nodes.blind(&nodes.route(Purpose::Message, &[ON, join])).unwrap();
    let joined = [&first[..66], &[4], &first[67..], &second[67..]].concat();
    let (told, last_path_key) = nodes.walk(&joined, [0, 1, 0, 1].into_iter());
    assert_eq!(EncryptedDataTlv::parse(&told[1]), Ok(join));
    assert_eq!(last_path_key, last.path_key(&nodes.curve));
}

#[test]
fn a_path_fits_its_buffer_or_is_refused() {
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let route = || Route {
        padding: Padding::Equal,
        ..nodes.route(Purpose::Message, &[EncryptedDataTlv { path_id: Some(b"id"), ..EMPTY }])
    };
    let (path, _) = nodes.blind(&route()).unwrap();
    for len in 0..path.len() {
        let mut buffer = vec![0; len];
        let refused = route().blind(&nodes.curve, &SESSION, &mut Writer::new(&mut buffer));
        assert_eq!(refused.map(|_| ()), Err(CreateError::Full));
    }
    let mut buffer = vec![0; path.len()];
    assert!(route().blind(&nodes.curve, &SESSION, &mut Writer::new(&mut buffer)).is_ok());
    assert_eq!(buffer, path);
}

#[test]
fn data_longer_than_16_bits_can_say_are_refused() {
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let path_id = vec![0; 0x1_0000];
    // The type takes one byte, the length of such a record three, the tag 16.
    let longest = 0xffff - 20;
    for padding in [Padding::None, Padding::Equal] {
        let with = |len: usize| {
            let data = [EncryptedDataTlv { path_id: Some(&path_id[..len]), ..EMPTY }];
            let route = Route { padding, ..nodes.route(Purpose::Message, &data) };
            nodes.blind(&route).map(|(path, _)| path.len())
        };
        assert_eq!(with(longest), Ok(67 + 35 + 0xffff));
        assert_eq!(with(longest + 1), Err(CreateError::TooLong));
        assert_eq!(with(0x1_0000), Err(CreateError::TooLong));
    }
}

#[test]
fn a_session_key_is_a_secret_key() {
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let mut buffer = [0; 500];
    for bytes in [[0; 32], [0xff; 32]] {
        let route = nodes.route(Purpose::Message, &[EMPTY]);
        let refused = route.blind(&nodes.curve, &Secret::new(bytes), &mut Writer::new(&mut buffer));
        assert_eq!(refused.map(|_| ()), Err(CreateError::NotAKey));
    }
}

#[test]
fn a_receive_auth_key_changes_the_tag_and_nothing_else() {
    // DESIGN §5.4
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let auth = Secret::new([0xa0; 32]);
    let path = |sealing| {
        let mut hop = Hop::plain(nodes.ids[0], EncryptedDataTlv { path_id: Some(b"id"), ..EMPTY });
        hop.sealing = sealing;
        let route = nodes.route(Purpose::Payment, &[]);
        let Route { purpose, start, hops: _, dummy_hops, padding } = route;
        let hops = core::iter::once(hop);
        nodes.blind(&Route { purpose, start, hops, dummy_hops, padding }).unwrap().0
    };
    let (plain, authenticated) = (path(Sealing::Plain), path(Sealing::ReceiveAuthKey(&auth)));
    let (head, tag) = authenticated.split_last_chunk::<TAG_LEN>().unwrap();
    assert_eq!(plain[..head.len()], *head);
    assert_ne!(plain[head.len()..], *tag);
    // To RFC 8439 the ciphertext is what is associated, and the key what was encrypted.
    let path_key = PublicKey::parse(head[33..66].try_into().unwrap()).unwrap();
    let rho = secret(0).ecdh(&path_key).derive(KeyType::Rho);
    assert_eq!(open(&rho, &NONCE_ZERO, &head[102..], &mut [0xa0; 32], tag), Ok(()));
}

#[test]
fn data_open_for_their_hop_and_no_other() {
    // R-BE-01
    let mut memory = CurveMemory::new();
    let nodes = Nodes::new(&mut memory);
    let data = [EncryptedDataTlv { path_id: Some(b"id"), ..EMPTY }];
    let (path, _) = nodes.blind(&nodes.route(Purpose::Message, &data)).unwrap();
    let path = BlindedPath::parse(&mut Reader::new(&path)).unwrap().encoded();
    let path_key = PublicKey::parse(path[33..66].try_into().unwrap()).unwrap();
    let right = Unblinding::new(&secret(0), path_key);
    let mut sealed = path[102..].to_vec();
    for (unblinding, what) in [
        (Unblinding::new(&secret(1), path_key), "another node"),
        (Unblinding::new(&secret(0), nodes.ids[3]), "another path key"),
    ] {
        assert_eq!(unblinding.open(&mut sealed), Err(Invalid::Undecryptable), "{what}");
        assert_eq!(sealed, path[102..], "a failed opening changes nothing");
    }
    for at in 0..sealed.len() {
        sealed[at] ^= 1;
        assert_eq!(right.open(&mut sealed), Err(Invalid::Undecryptable));
        sealed[at] ^= 1;
    }
    for len in 0..sealed.len() {
        let mut short = sealed[..len].to_vec();
        assert_eq!(right.open(&mut short), Err(Invalid::Undecryptable));
    }
    assert_eq!(right.open(&mut sealed), Ok(data[0]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_blinded_opens_hop_by_hop(
        ids in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..8),
        session in prop::array::uniform32(1..=0xfe_u8),
        dummy_hops in 0..7_u8,
        step in prop::option::of(0..50_u16),
        compact: bool,
    ) {
        let mut memory = CurveMemory::new();
        let nodes = Nodes::new(&mut memory);
        // A hop for each id, which only the recipient gets as its path_id: to the others it is an
        // unknown record.
        let records: Vec<_> = ids.iter().map(|id| {
            let mut buffer = vec![0; 100];
            let mut writer = Writer::new(&mut buffer);
            writer.record(0xffff, id).unwrap();
            writer.finish().to_vec()
        }).collect();
        let last = ids.len() - 1;
        let data: Vec<_> = (0..ids.len()).map(|hop| if hop == last {
            EncryptedDataTlv { path_id: Some(&ids[hop]), ..EMPTY }
        } else {
            let unknown = UnknownRecords::of(TlvStream::parse(&records[hop]).unwrap());
            EncryptedDataTlv { unknown, ..ON }
        }).collect();
        let padding = step.map_or(Padding::None, |step| {
            NonZeroU16::new(step).map_or(Padding::Equal, Padding::EqualMultipleOf)
        });
        let start = if compact {
            Start::ShortChannelId { direction: Direction::NodeOne, id: CHANNEL }
        } else {
            Start::NodeId
        };
        let route = Route { start, dummy_hops, padding, ..nodes.route(Purpose::Message, &data) };
        let mut buffer = vec![0xee; 10_000];
        let mut writer = Writer::new(&mut buffer);
        let last_hop = route.blind(&nodes.curve, &Secret::new(session), &mut writer).unwrap();
        let keys = (0..last).chain(core::iter::repeat_n(last, usize::from(dummy_hops) + 1));
        let (told, path_key) = nodes.walk(writer.finish(), keys);
        prop_assert_eq!(path_key, last_hop.path_key(&nodes.curve));
        for (hop, data) in data.iter().enumerate().take(last) {
            prop_assert_eq!(EncryptedDataTlv::parse(&told[hop]), Ok(*data));
        }
        prop_assert_eq!(EncryptedDataTlv::parse(told.last().unwrap()), Ok(data[last]));
        if step.is_some() {
            prop_assert!(told.iter().all(|data| data.len() == told[0].len()));
        }
    }
}
