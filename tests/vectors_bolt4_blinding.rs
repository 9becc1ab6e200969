//! BOLT 4: blinded paths of messages and of payments, created and opened.

use std::num::NonZeroU16;

use countersign_blinding::{
    AllowedFeatures, BlindedHop, BlindedPath, EncryptedDataTlv, Field, ForwardingNode, Hop,
    Introduction, Invalid, NextHop, Padding, PaymentConstraints, PaymentPath, PaymentRelay,
    Purpose, Recipient, Route, Sealing, ShortChannelId, Start, Unblinding,
};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_tests::onion::{public_key, secret_key, with_curve};
use countersign_tests::vectors::{hex, json, list, string};
use countersign_tlv::{Reader, Writer};
use countersign_units::Msat;
use serde_json::Value;

/// The path over `hops`, blinded with `session_key`, in its wire form.
fn blind(
    curve: &Curve<'_>,
    session_key: &Value,
    purpose: Purpose,
    padding: Padding,
    hops: &[Hop<'_>],
) -> Vec<u8> {
    let session_key = Secret::new(hex(session_key).try_into().unwrap());
    let mut buffer = vec![0; 1000];
    let mut writer = Writer::new(&mut buffer);
    let hops = hops.iter().copied();
    Route { purpose, start: Start::NodeId, hops, dummy_hops: 0, padding }
        .blind(curve, &session_key, &mut writer)
        .unwrap();
    writer.finish().to_vec()
}

/// The wire form of a path from `first_node_id` over `hops`, whose data stand under `data`.
fn expected(first_node_id: &[u8], first_path_key: &Value, hops: &[Value], data: &str) -> Vec<u8> {
    let mut buffer = vec![0; 1000];
    let mut writer = Writer::new(&mut buffer);
    let introduction = Introduction::NodeId(first_node_id.try_into().unwrap());
    let first_path_key = hex(first_path_key).try_into().unwrap();
    let num_hops = hops.len().try_into().unwrap();
    BlindedPath::write_head(&mut writer, introduction, &first_path_key, num_hops).unwrap();
    for hop in hops {
        BlindedHop {
            blinded_node_id: hex(&hop["blinded_node_id"])[..].try_into().unwrap(),
            encrypted_recipient_data: &hex(&hop[data]),
        }
        .write(&mut writer)
        .unwrap();
    }
    writer.finish().to_vec()
}

/// Panics unless `data` are the fields of `tlvs` and no others.
fn assert_fields(data: &EncryptedDataTlv<'_>, tlvs: &Value) {
    let tlvs = tlvs.as_object().unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    let mut known = 0;
    let mut unknown = 0;
    for (name, value) in tlvs {
        known += 1;
        match name.as_str() {
            // Neither is a record that a hop keeps.
            "padding" | "path_key_override_secret" => known -= 1,
            "short_channel_id" => {
                let id = string(value).rsplit('x').next().unwrap().parse().unwrap();
                assert_eq!(data.short_channel_id, Some(ShortChannelId(id)));
            }
            "next_node_id" => assert_eq!(&data.next_node_id.unwrap()[..], hex(value)),
            "path_id" => assert_eq!(data.path_id.unwrap(), hex(value)),
            "next_path_key_override" => {
                assert_eq!(&data.next_path_key_override.unwrap()[..], hex(value));
            }
            "payment_relay" => assert_eq!(data.payment_relay, Some(relay(value))),
            "payment_constraints" => {
                let constraints = PaymentConstraints {
                    max_cltv_expiry: number(&value["max_cltv_expiry"]).try_into().unwrap(),
                    htlc_minimum: Msat::new(number(&value["htlc_minimum_msat"])).unwrap(),
                };
                assert_eq!(data.payment_constraints, Some(constraints));
            }
            "allowed_features" => {
                assert_eq!(list(&value["features"]).len(), 0);
                assert_eq!(data.allowed_features, AllowedFeatures::Empty);
            }
            _ => {
                known -= 1;
                unknown += 1;
                let number: u64 = name.strip_prefix("unknown_tag_").unwrap().parse().unwrap();
                let record = data.unknown.iter().find(|record| record.number == number);
                assert_eq!(record.unwrap().value, hex(value));
            }
        }
    }
    let found = Field::ALL.into_iter().filter(|&field| data.has(field)).count();
    assert_eq!((found, data.unknown.iter().count()), (known, unknown));
}

fn relay(value: &Value) -> PaymentRelay {
    let number = |name: &str| value.get(name).map_or(0, |value| value.as_u64().unwrap());
    PaymentRelay {
        cltv_expiry_delta: number("cltv_expiry_delta").try_into().unwrap(),
        fee_proportional_millionths: number("fee_proportional_millionths").try_into().unwrap(),
        fee_base_msat: number("fee_base_msat").try_into().unwrap(),
    }
}

fn equal_multiple_of(len: u16) -> Padding {
    Padding::EqualMultipleOf(NonZeroU16::new(len).unwrap())
}

#[test]
fn route_blinding_test_every_hop_opens() {
    let Some(file) = json("bolt04/route-blinding-test.json") else { return };
    let (made, route, hops) = (
        list(&file["generate"]["hops"]),
        list(&file["route"]["hops"]),
        list(&file["unblind"]["hops"]),
    );
    assert_eq!((made.len(), route.len(), hops.len()), (4, 4, 4));
    for ((made, blinded), hop) in made.iter().zip(route).zip(hops) {
        let key = secret_key(&hex(&hop["node_privkey"]));
        let unblinding = Unblinding::new(&key, public_key(&hex(&hop["path_key"])));
        let blinded_key = unblinding.blinded_key(&key).unwrap();
        assert_eq!(&blinded_key.expose_secret().expose_secret()[..], hex(&hop["blinded_privkey"]));

        let mut sealed = hex(&blinded["encrypted_data"]);
        let opened = unblinding.decrypt(&mut sealed).unwrap().to_vec();
        assert_eq!(opened, hex(&hop["decrypted_data"]));
        assert_eq!(opened, hex(&made["encoded_tlvs"]));
        let natural = with_curve(|curve| {
            unblinding.next_path_key(curve, &EncryptedDataTlv::default()).unwrap()
        });
        assert_eq!(natural, public_key(&hex(&hop["next_path_key"])));
        if string(&hop["alias"]) == "Eve" {
            // Feature 113, which nobody knows: R-OM-03 outweighs the file.
            assert_eq!(EncryptedDataTlv::parse(&opened), Err(Invalid::UnknownFeature));
            continue;
        }
        let data = EncryptedDataTlv::parse(&opened).unwrap();
        assert_fields(&data, &made["tlvs"]);
        let ordered = hop.get("next_path_key_override").unwrap_or(&hop["next_path_key"]);
        let next = with_curve(|curve| unblinding.next_path_key(curve, &data).unwrap());
        assert_eq!(next, public_key(&hex(ordered)), "the path's order goes before the natural key");
    }
}

#[test]
fn route_blinding_test_both_paths_are_created() {
    let Some(file) = json("bolt04/route-blinding-test.json") else { return };
    let (made, route) = (list(&file["generate"]["hops"]), list(&file["route"]["hops"]));
    let encoded: Vec<_> = made.iter().map(|hop| hex(&hop["encoded_tlvs"])).collect();
    let ids: Vec<_> = made.iter().map(|hop| hex(&hop["node_id"])).collect();
    let hop = |at: usize| {
        Hop::plain(public_key(&ids[at]), EncryptedDataTlv::parse(&encoded[at]).unwrap())
    };
    with_curve(|curve| {
        let bob = &made[0]["session_key"];
        let path = blind(curve, bob, Purpose::Payment, Padding::Equal, &[hop(0), hop(1)]);
        assert_eq!(ids[0], hex(&file["route"]["first_node_id"]));
        let path_key = &file["route"]["first_path_key"];
        assert_eq!(path, expected(&ids[0], path_key, &route[..2], "encrypted_data"));

        // We cannot write Eve's features; that she is the fourth is in her blinded id.
        let dave = &made[2]["session_key"];
        let eve = Hop::plain(public_key(&ids[3]), EncryptedDataTlv::default());
        let path = blind(curve, dave, Purpose::Payment, equal_multiple_of(65), &[hop(2), eve]);
        let wanted = expected(&ids[2], &made[2]["path_key"], &route[2..], "encrypted_data");
        let until_eves_data = path.len() - 65 - 16;
        assert_eq!(path.len(), wanted.len());
        assert_eq!(path[..until_eves_data], wanted[..until_eves_data]);
    });
}

#[test]
fn blinded_onion_message_onion_test_both_paths_are_created() {
    let Some(file) = json("bolt04/blinded-onion-message-onion-test.json") else { return };
    let (made, route) = (list(&file["generate"]["hops"]), list(&file["route"]["hops"]));
    let keys = list(&file["decrypt"]["hops"]);
    assert_eq!((made.len(), route.len(), keys.len()), (4, 4, 4));
    let encoded: Vec<_> = made.iter().map(|hop| hex(&hop["encrypted_data_tlv"])).collect();
    let data: Vec<_> = encoded.iter().map(|tlv| EncryptedDataTlv::parse(tlv).unwrap()).collect();
    for (data, hop) in data.iter().zip(made) {
        assert_fields(data, &hop["tlvs"]);
    }
    with_curve(|curve| {
        let ids: Vec<_> =
            keys.iter().map(|hop| secret_key(&hex(&hop["privkey"])).public_key(curve)).collect();
        let hops: Vec<_> = ids.iter().zip(data).map(|(&id, data)| Hop::plain(id, data)).collect();
        let path = |session: &Value, padding, hops: &[Hop<'_>]| {
            blind(curve, session, Purpose::Message, padding, hops)
        };
        let wanted = |id: &PublicKey, path_key, hops| {
            expected(&id.serialize(), path_key, hops, "encrypted_recipient_data")
        };
        let alice = path(&made[0]["path_key_secret"], Padding::None, &hops[..1]);
        assert_eq!(alice, wanted(&ids[0], &file["route"]["first_path_key"], &route[..1]));
        let bob = path(&made[1]["path_key_secret"], Padding::Equal, &hops[1..]);
        assert_eq!(bob, wanted(&ids[1], &made[1]["E"], &route[1..]));
    });
}

#[test]
fn blinded_onion_message_onion_test_every_hop_opens() {
    let Some(file) = json("bolt04/blinded-onion-message-onion-test.json") else { return };
    let (made, route) = (list(&file["generate"]["hops"]), list(&file["route"]["hops"]));
    let hops = list(&file["decrypt"]["hops"]);
    assert_eq!((made.len(), route.len(), hops.len()), (4, 4, 4));
    let mut path_key = public_key(&hex(&file["route"]["first_path_key"]));
    for ((made, blinded), hop) in made.iter().zip(route).zip(hops) {
        assert_eq!(path_key, public_key(&hex(&made["E"])));
        let unblinding = Unblinding::new(&secret_key(&hex(&hop["privkey"])), path_key);
        let mut sealed = hex(&blinded["encrypted_recipient_data"]);
        let data = unblinding.open(&mut sealed).unwrap();
        assert_fields(&data, &made["tlvs"]);
        match hop.get("next_node_id") {
            Some(id) => {
                assert_eq!(data.next_hop(), Ok(NextHop::NodeId(hex(id)[..].try_into().unwrap())));
            }
            None => assert_eq!(data.next_hop(), Err(Invalid::Unexpected { field: Field::PathId })),
        }
        path_key = with_curve(|curve| unblinding.next_path_key(curve, &data).unwrap());
    }
}

#[test]
fn blinded_payment_onion_test_every_hop_opens_and_both_paths_are_created() {
    let Some(file) = json("bolt04/blinded-payment-onion-test.json") else { return };
    let route = &file["generate"]["blinded_route"];
    let blinded = list(&route["hops"]);
    // Alice is in front of the blinded path.
    let made = &list(&file["generate"]["full_route"]["hops"])[1..];
    let keys = &list(&file["decrypt"]["hops"])[1..];
    assert_eq!((made.len(), blinded.len(), keys.len()), (4, 4, 4));
    let mut path_key = public_key(&hex(&route["first_path_key"]));
    let mut path_keys = Vec::new();
    let mut sealed: Vec<_> = blinded.iter().map(|hop| hex(&hop["encrypted_data"])).collect();
    let mut hops = Vec::new();
    for ((made, sealed), key) in made.iter().zip(&mut sealed).zip(keys) {
        path_keys.push(serde_json::json!(hex::encode(path_key.serialize())));
        let node = secret_key(&hex(&key["node_privkey"]));
        let unblinding = Unblinding::new(&node, path_key);
        let data = unblinding.open(sealed).unwrap();
        assert_fields(&data, &made["tlvs"]["encrypted_recipient_data"]);
        with_curve(|curve| {
            path_key = unblinding.next_path_key(curve, &data).unwrap();
            hops.push(Hop::plain(node.public_key(curve), data));
        });
        assert_eq!(path_key, public_key(&hex(&key["next_path_key"])));
    }
    with_curve(|curve| {
        let path = |session: u8, padding, hops: &[Hop<'_>]| {
            let session = serde_json::json!(hex::encode([session; 32]));
            blind(curve, &session, Purpose::Payment, padding, hops)
        };
        let wanted = |first: usize, hops| {
            let key = secret_key(&hex(&keys[first]["node_privkey"]));
            let id = key.public_key(curve).serialize();
            expected(&id, &path_keys[first], hops, "encrypted_data")
        };
        assert_eq!(path(2, Padding::Equal, &hops[..2]), wanted(0, &blinded[..2]));
        assert_eq!(path(1, equal_multiple_of(63), &hops[2..]), wanted(2, &blinded[2..]));
    });
}

#[test]
fn blinded_payment_onion_test_the_path_costs_and_lasts_what_the_file_says() {
    let Some(file) = json("bolt04/blinded-payment-onion-test.json") else { return };
    let made = &list(&file["generate"]["full_route"]["hops"])[1..];
    assert_eq!(made.len(), 4);
    let node_id = public_key(&hex(&file["generate"]["blinded_route"]["first_node_id"]));
    let tlvs = |hop: &Value| hop["tlvs"]["encrypted_recipient_data"].clone();
    let forwarding: Vec<_> = made[..3]
        .iter()
        .map(|hop| ForwardingNode {
            node_id,
            short_channel_id: ShortChannelId(1),
            relay: relay(&tlvs(hop)["payment_relay"]),
            htlc_minimum: Msat::ZERO,
            htlc_maximum: Msat::MAX,
        })
        .collect();
    let height = |hop: &Value| {
        let height = &tlvs(hop)["payment_constraints"]["max_cltv_expiry"];
        u32::try_from(height.as_u64().unwrap()).unwrap()
    };
    let recipient = Recipient {
        node_id,
        data: EncryptedDataTlv::default(),
        sealing: Sealing::Plain,
        // The file's sum is without the recipient's own.
        min_final_cltv_expiry_delta: 0,
        constraints: PaymentConstraints {
            max_cltv_expiry: height(&made[3]),
            htlc_minimum: Msat::new(50).unwrap(),
        },
        htlc_maximum: Msat::MAX,
    };
    let path = PaymentPath { forwarding: &forwarding, recipient: &recipient };
    for (hop, made) in path.hops().unwrap().zip(made) {
        assert_eq!(hop.data.payment_constraints.unwrap().max_cltv_expiry, height(made));
    }
    let (payinfo, wanted) = (path.payinfo().unwrap(), &file["generate"]["blinded_payinfo"]);
    assert_eq!(wanted["fee_base_msat"], payinfo.fee_base_msat);
    assert_eq!(wanted["fee_proportional_millionths"], payinfo.fee_proportional_millionths);
    assert_eq!(wanted["cltv_expiry_delta"], payinfo.cltv_expiry_delta);

    // What Bob gets of Alice, each node forwards until Eve has her part.
    let alice = &list(&file["generate"]["full_route"]["hops"])[0]["tlvs"];
    let mut amount = Msat::new(alice["amt_to_forward"].as_u64().unwrap()).unwrap();
    let mut expiry = u32::try_from(alice["outgoing_cltv_value"].as_u64().unwrap()).unwrap();
    for node in &forwarding {
        amount = node.relay.amount_to_forward(amount).unwrap();
        expiry = node.relay.outgoing_cltv_value(expiry).unwrap();
    }
    assert_eq!(file["generate"]["final_amount_msat"], amount.get());
    assert_eq!(file["generate"]["final_cltv"], expiry);
}

#[test]
fn a_blinded_path_in_its_wire_form_reads_back() {
    let Some(file) = json("bolt04/route-blinding-test.json") else { return };
    let route = &file["route"];
    let hops = list(&route["hops"]);
    let wire =
        expected(&hex(&route["first_node_id"]), &route["first_path_key"], hops, "encrypted_data");
    let path = BlindedPath::parse(&mut Reader::new(&wire)).unwrap();
    assert_eq!(&path.first_path_key()[..], hex(&route["first_path_key"]));
    assert_eq!(path.num_hops(), 4);
    for (read, hop) in path.hops().zip(hops) {
        assert_eq!(&read.blinded_node_id[..], hex(&hop["blinded_node_id"]));
        assert_eq!(read.encrypted_recipient_data, hex(&hop["encrypted_data"]));
    }
}
