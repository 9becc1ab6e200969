//! BOLT 4: onions of payments and of messages, built and peeled.

use countersign_crypto::Secret;
use countersign_onion::{
    AssociatedData, Message, OnionMessage, Packet, Pad, Payload, PayloadsLen, PaymentPayload, Plan,
};
use countersign_tests::onion::{Found, build, peel, public_key, secret_key, tweaked, with_curve};
use countersign_tests::vectors::{hex, json, list};
use countersign_tlv::Reader;
use countersign_units::Msat;
use serde_json::Value;

fn payment_hash(value: &Value) -> AssociatedData {
    AssociatedData::PaymentHash(hex(value).try_into().unwrap())
}

fn session_key(value: &Value) -> Secret<32> {
    Secret::new(hex(value).try_into().unwrap())
}

/// The payloads of the payment files stand with their lengths.
fn without_length(value: &Value) -> Vec<u8> {
    let bytes = hex(value);
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.bigsize(), Ok(reader.rest().len() as u64), "{value}");
    reader.rest().to_vec()
}

/// Builds a payment's onion to `hops`, padded as the file's is.
fn payment_onion(generate: &Value, hops: &[Value]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let payloads: Vec<_> = hops.iter().map(|hop| without_length(&hop["payload"])).collect();
    let pieces: Vec<_> = payloads.iter().map(|payload| [&payload[..]]).collect();
    let layers: Vec<_> = pieces.iter().map(|pieces| Payload::Pieces(pieces)).collect();
    let nodes: Vec<_> = hops.iter().map(|hop| public_key(&hex(&hop["pubkey"]))).collect();
    let plan = Plan {
        payloads: &layers,
        payloads_len: PayloadsLen::SMALL,
        associated: payment_hash(&generate["associated_data"]),
        pad: Pad::Innermost,
    };
    let session_key = session_key(&generate["session_key"]);
    (with_curve(|curve| build(curve, &session_key, &nodes, &plan)), payloads)
}

#[test]
fn onion_test_a_payment_onion_is_built_and_peeled() {
    let Some(file) = json("bolt04/onion-test.json") else { return };
    let generate = &file["generate"];
    let hops = list(&generate["hops"]);
    assert_eq!(hops.len(), 5);
    let (built, payloads) = payment_onion(generate, hops);
    assert_eq!(hex::encode(&built), file["onion"].as_str().unwrap());

    let keys = list(&file["decode"]);
    assert_eq!(keys.len(), 5);
    let associated = payment_hash(&generate["associated_data"]);
    let mut packet = Some(built);
    for (key, payload) in keys.iter().zip(payloads) {
        let found = with_curve(|curve| {
            peel(curve, &secret_key(&hex(key)), &packet.take().unwrap(), associated, &[])
        });
        let Found { payload: found, next } = found.unwrap();
        assert_eq!(found, payload);
        packet = next;
    }
    assert_eq!(packet, None);
}

#[test]
fn blinded_payment_onion_test_a_payment_over_a_blinded_path_is_built_and_peeled() {
    let Some(file) = json("bolt04/blinded-payment-onion-test.json") else { return };
    let generate = &file["generate"];
    let (built, payloads) = payment_onion(generate, list(&generate["full_route"]["hops"]));
    assert_eq!(hex::encode(&built), generate["onion"].as_str().unwrap());

    let hops = list(&file["decrypt"]["hops"]);
    assert_eq!((hops.len(), payloads.len()), (5, 5));
    let associated = payment_hash(&generate["associated_data"]);
    let mut packet = Some(built);
    let mut path_key = None;
    for (hop, payload) in hops.iter().zip(&payloads) {
        let packet_here = packet.take().unwrap();
        assert_eq!(packet_here, hex(&hop["onion"]));
        let node = secret_key(&hex(&hop["node_privkey"]));
        let key = match &path_key {
            Some(path_key) => tweaked(&node, path_key),
            None => node,
        };
        let found =
            with_curve(|curve| peel(curve, &key, &packet_here, associated, &[100, 1])).unwrap();
        assert_eq!(found.payload, *payload);
        packet = found.next;
        // Bob, the introduction node, finds his path key inside; the file names the one after.
        path_key = hop.get("next_path_key").map(|key| public_key(&hex(key)));
    }
    assert_eq!(packet, None);
    payment_fields(generate, &payloads);
}

/// What the file says about the fields of the payloads.
fn payment_fields(generate: &Value, payloads: &[Vec<u8>]) {
    let fields: Vec<_> =
        payloads.iter().map(|payload| PaymentPayload::parse(payload).unwrap()).collect();
    let [alice, bob, carol, dave, eve] = fields.try_into().unwrap();
    assert_eq!(alice.amt_to_forward, Msat::new(110_125));
    assert_eq!(alice.outgoing_cltv_value, Some(749_150));
    assert_eq!(alice.short_channel_id, Some(10));
    let route = &generate["blinded_route"];
    assert_eq!(bob.current_path_key, Some(public_key(&hex(&route["first_path_key"]))));
    for (fields, hop) in [bob, carol, dave, eve].iter().zip(list(&route["hops"])) {
        assert_eq!(fields.encrypted_recipient_data, Some(&hex(&hop["encrypted_data"])[..]));
    }
    assert_eq!(eve.amt_to_forward, Msat::new(100_000));
    assert_eq!(eve.total_amount_msat, Msat::new(150_000));
    assert_eq!(eve.outgoing_cltv_value, Some(749_000));
}

#[test]
fn blinded_onion_message_onion_test_a_message_is_built_and_peeled() {
    let Some(file) = json("bolt04/blinded-onion-message-onion-test.json") else { return };
    let route = list(&file["route"]["hops"]);
    assert_eq!(route.len(), 4);
    let data: Vec<_> = route.iter().map(|hop| hex(&hop["encrypted_recipient_data"])).collect();
    let nodes: Vec<_> = route.iter().map(|hop| public_key(&hex(&hop["blinded_node_id"]))).collect();
    let hello = hex(&file["onionmessage"]["unknown_tag_1"]);
    // Dave's payload: the unknown record 1, which no writer of ours has, then his data.
    let [head, middle] = [&[1, 5][..], &[4, u8::try_from(data[3].len()).unwrap()]];
    let last = [head, &hello, middle, &data[3]];
    let payloads = [
        Payload::Forward(&data[0]),
        Payload::Forward(&data[1]),
        Payload::Forward(&data[2]),
        Payload::Pieces(&last),
    ];
    let plan = Plan {
        payloads: &payloads,
        payloads_len: PayloadsLen::smallest_for(&payloads).unwrap(),
        associated: AssociatedData::None,
        pad: Pad::Innermost,
    };
    let session_key = session_key(&file["generate"]["session_key"]);
    let built = with_curve(|curve| build(curve, &session_key, &nodes, &plan));
    let expected = hex(&file["onionmessage"]["onion_message_packet"]);
    assert_eq!(hex::encode(&built), hex::encode(expected));

    let hops = list(&file["decrypt"]["hops"]);
    assert_eq!(hops.len(), 4);
    let mut next = Some(built);
    for (hop, data) in hops.iter().zip(&data) {
        let bytes = hex(&hop["onion_message"]);
        let message = OnionMessage::parse(&bytes).unwrap();
        let packet = &bytes[37..];
        assert_eq!(Packet::parse(packet), Ok(message.packet));
        assert_eq!(next.as_deref(), Some(packet), "what the hop before forwards");
        let key = tweaked(&secret_key(&hex(&hop["privkey"])), &message.path_key);
        let found = with_curve(|curve| peel(curve, &key, packet, AssociatedData::None, &[7]));
        let Found { payload, next: packet } = found.unwrap();
        if packet.is_some() {
            assert_eq!(Message::parse_forward(&payload), Ok(&data[..]));
        } else {
            let message = Message::parse(&payload).unwrap();
            assert_eq!(message.encrypted_recipient_data, data);
            assert_eq!((message.reply_path, message.content), (None, None));
        }
        next = packet;
    }
    assert_eq!(next, None);
}
