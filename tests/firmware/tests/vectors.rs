//! The known answers of BOLT 1, 4 and 12, asked of the portable crates as they are built for a
//! board: `cargo xtask qemu` runs these. The same vectors run on a computer in `tests/vectors_*.rs`,
//! which look at more of each.

use countersign_crypto::sha256;
use countersign_firmware_tests::Oracle;
use countersign_tests::vectors::{hex, json, list, string};
use num_bigint::BigUint;
use serde_json::Value;

/// Asks for an answer that is known, and has one part.
fn one(oracle: &mut Oracle, verb: &str, parts: &[&[u8]]) -> Vec<u8> {
    let answer = oracle.ask(verb, parts).unwrap().unwrap_or_else(|| panic!("{verb} was refused"));
    let [part] = <[_; 1]>::try_from(answer).unwrap();
    part
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn memory_is_moved_onto_itself() {
    let mut oracle = Oracle::start().unwrap();
    let bytes: [u8; 64] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    for (from, to) in (0..64).flat_map(|from| [0, 1, 3, 4, 17, 62, 63].map(|to| (from, to))) {
        let room = 64 - from.max(to);
        for length in [0, 1, 2, 5, room / 2, room].into_iter().filter(|&it| it <= room) {
            let there = to..to + length;
            let source = |at: usize| if there.contains(&at) { at - to + from } else { at };
            let moved: [u8; 64] = std::array::from_fn(|at| bytes[source(at)]);
            let part = [from, to, length].map(|it| u8::try_from(it).unwrap());
            assert_eq!(one(&mut oracle, "move", &[&bytes, &part]), moved, "{part:?}");
        }
    }
}

/// The prime of the field, and the order of the curve.
const FIELD: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

fn number(hexadecimal: &str) -> BigUint {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16).unwrap()
}

/// Numbers that look random and are the same every time.
fn noise(which: u8) -> impl FnMut() -> u32 {
    let mut drawn = 0_u32;
    move || {
        drawn += 1;
        words(&sha256(&[&[which], &drawn.to_le_bytes()]))[0]
    }
}

/// Bytes of words, the lowest first.
fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The words of bytes.
fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// The words of a number of up to 512 bits.
fn wide(number: &BigUint) -> [u32; 16] {
    let mut words = number.to_u32_digits();
    words.resize(16, 0);
    words.try_into().unwrap()
}

/// What limbs of 26 bits stand for, which may have more.
fn element(limbs: &[u32]) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |high, &limb| (high << 26) + limb)
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn products_in_the_field_on_a_cortex_m0() {
    let mut oracle = Oracle::start().unwrap();
    let prime = number(FIELD);
    // Limbs of a number of 256 bits are 26 bits and 22 in the last; libsecp256k1 multiplies sums of
    // up to 16 times as much.
    let limit = |limb: usize, times: u32| times * if limb == 9 { 0x3f_ffff } else { 0x3ff_ffff };
    let limbs = |of: &mut dyn FnMut(usize) -> u32| std::array::from_fn::<u32, 10, _>(of);
    let mut elements = vec![limbs(&mut |_| 0), limbs(&mut |limb| u32::from(limb == 0))];
    for times in [1, 2, 15, 16] {
        elements.push(limbs(&mut |limb| limit(limb, times)));
        for alone in 0..10 {
            elements.push(limbs(&mut |limb| if limb == alone { limit(limb, times) } else { 0 }));
            elements.push(limbs(&mut |limb| if limb == alone { 0 } else { limit(limb, times) }));
        }
    }
    // The prime and its neighbours.
    for low in [0x3ff_fc2e, 0x3ff_fc2f, 0x3ff_fc30] {
        elements.push(limbs(&mut |limb| match limb {
            0 => low,
            1 => 0x3ff_ffbf,
            _ => limit(limb, 1),
        }));
    }
    let mut random = noise(1);
    for times in [1, 1, 2, 7, 16, 16] {
        elements.extend((0..20).map(|_| limbs(&mut |limb| random() % (limit(limb, times) + 1))));
    }
    for (place, first) in elements.iter().enumerate() {
        for second in elements.iter().skip(place % 3).step_by(3) {
            let answer = oracle.ask("field", &[&bytes(first), &bytes(second)]).unwrap().unwrap();
            let [product, square] = <[_; 2]>::try_from(answer).unwrap().map(|it| words(&it));
            assert_eq!(element(&product) % &prime, element(first) * element(second) % &prime);
            assert_eq!(element(&square) % &prime, element(first).pow(2) % &prime, "{first:x?}");
            for limbs in [product, square] {
                let is_one = |(limb, &it): (usize, &u32)| it <= limit(limb, 2);
                assert!(limbs.iter().enumerate().all(is_one), "magnitude 1: {limbs:x?}");
            }
        }
    }
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn products_of_scalars() {
    let mut oracle = Oracle::start().unwrap();
    let order = number(ORDER);
    let mut random = noise(2);
    let mut wides: Vec<[u32; 16]> = vec![[0; 16], [u32::MAX; 16]];
    for ones in 0..=512_usize {
        // Ones up to a bit, and from it on.
        let low = (BigUint::from(1_u8) << ones) - 1_u8;
        let high = ((BigUint::from(1_u8) << 512_usize) - 1_u8) ^ &low;
        wides.extend([low, high].iter().map(wide));
    }
    // Multiples of the order, and their neighbours.
    for times in [1_u32, 2, 3, 0xffff_ffff] {
        for multiple in [&order * times, &order * &order - &order * times] {
            wides.extend([&multiple - 1_u8, multiple.clone(), &multiple + 1_u8].iter().map(wide));
        }
    }
    // One that is still above 2^256 when its part from there on has been folded three times.
    let (one, complement) = (BigUint::from(1_u8), (BigUint::from(1_u8) << 256_usize) - &order);
    let once = (&one << 384_usize) + ((&one << 257_usize) - 1_u8 - (&complement << 128_usize));
    wides.push(wide(&(((&once / &complement) << 256_usize) + &once % &complement)));
    wides.extend((0..500).map(|_| std::array::from_fn(|_| random())));
    for wide in wides {
        let [first, second] = wide.as_chunks::<8>().0 else { unreachable!("sixteen words") };
        let parts = [&bytes(first)[..], &bytes(second), &bytes(&wide)];
        let answer = oracle.ask("scalar", &parts).unwrap().unwrap();
        let [product, remainder] = <[_; 2]>::try_from(answer).unwrap().map(|it| words(&it));
        let number = |words: &[u32]| BigUint::new(words.to_vec());
        assert_eq!(number(&product), number(first) * number(second), "{first:x?} {second:x?}");
        assert_eq!(number(&remainder), number(&wide) % &order, "{wide:x?}");
    }
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn bolt_1_bigsize_and_streams() {
    let mut oracle = Oracle::start().unwrap();
    let Some(file) = json("bolt01/bigsize-test.json") else { return };
    let (decoding, encoding) = (list(&file["decoding"]), list(&file["encoding"]));
    assert_eq!((decoding.len(), encoding.len()), (18, 8));
    for case in decoding {
        let read = oracle.ask("bigsize", &[&hex(&case["bytes"])]).unwrap();
        let value = || vec![case["value"].as_u64().unwrap().to_be_bytes().to_vec()];
        assert_eq!(read, case["exp_error"].is_null().then(value), "{case}");
    }
    for case in encoding {
        let value = case["value"].as_u64().unwrap().to_be_bytes();
        assert_eq!(one(&mut oracle, "write-bigsize", &[&value]), hex(&case["bytes"]), "{case}");
    }
    let Some(file) = json("bolt01/tlv-test.json") else { return };
    let mut asked = 0;
    for group in list(&file["groups"]) {
        let namespaces: &[&str] = match string(&group["namespace"]) {
            "n1" => &["n1"],
            "n2" => &["n2"],
            _ => &["n1", "n2"],
        };
        for case in list(&group["cases"]) {
            for namespace in namespaces {
                let is_valid = oracle.ask(namespace, &[&hex(&case["hex"])]).unwrap().is_some();
                assert_eq!(Some(is_valid), case["valid"].as_bool(), "{namespace}: {case}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 57, "{asked}");
    let Some(file) = json("bolt01/message-extension-test.json") else { return };
    for case in list(&file["cases"]) {
        // An `init` message: its type and two empty feature vectors, then the extension.
        let message = hex(&case["hex"]);
        let is_valid = oracle.ask("extension", &[&message[6..]]).unwrap().is_some();
        assert_eq!(Some(is_valid), case["valid"].as_bool(), "{case}");
    }
}

/// The payloads of the payment files stand with their lengths, which are one byte or three.
fn without_length(value: &Value) -> Vec<u8> {
    let bytes = hex(value);
    let start = if bytes[0] < 0xfd { 1 } else { 3 };
    bytes[start..].to_vec()
}

/// Builds a payment's onion and returns it with its payloads.
fn payment_onion(oracle: &mut Oracle, generate: &Value, hops: &[Value]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let payloads: Vec<_> = hops.iter().map(|hop| without_length(&hop["payload"])).collect();
    let nodes: Vec<_> = hops.iter().map(|hop| hex(&hop["pubkey"])).collect();
    let (session_key, hash) = (hex(&generate["session_key"]), hex(&generate["associated_data"]));
    let nodes = nodes.concat();
    let mut parts = vec![&session_key[..], &hash, &nodes];
    parts.extend(payloads.iter().map(Vec::as_slice));
    (one(oracle, "build", &parts), payloads)
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn bolt_4_payment_onions() {
    let mut oracle = Oracle::start().unwrap();
    let Some(file) = json("bolt04/onion-test.json") else { return };
    let generate = &file["generate"];
    let (built, payloads) = payment_onion(&mut oracle, generate, list(&generate["hops"]));
    assert_eq!(built, hex(&file["onion"]));
    let associated = hex(&generate["associated_data"]);
    let mut packet = Some(built);
    for (key, payload) in list(&file["decode"]).iter().zip(payloads) {
        let parts = [&hex(key)[..], &associated, &packet.take().unwrap()];
        let mut found = oracle.ask("peel", &parts).unwrap().unwrap().into_iter();
        assert_eq!(found.next(), Some(payload));
        packet = found.next();
    }
    assert_eq!(packet, None);

    let Some(file) = json("bolt04/blinded-payment-onion-test.json") else { return };
    let generate = &file["generate"];
    let hops = list(&generate["full_route"]["hops"]);
    let (built, payloads) = payment_onion(&mut oracle, generate, hops);
    assert_eq!(built, hex(&generate["onion"]));
    let associated = hex(&generate["associated_data"]);
    let mut path_key: Option<Vec<u8>> = None;
    let hops = list(&file["decrypt"]["hops"]);
    assert_eq!((hops.len(), payloads.len()), (5, 5));
    for (hop, payload) in hops.iter().zip(payloads) {
        let node = hex(&hop["node_privkey"]);
        let key = match &path_key {
            Some(path_key) => one(&mut oracle, "tweak", &[&node, path_key]),
            None => node,
        };
        let found = oracle.ask("peel", &[&key, &associated, &hex(&hop["onion"])]).unwrap().unwrap();
        assert_eq!(found[0], payload);
        path_key = hop.get("next_path_key").map(hex);
    }
}

/// An `onionmsg_tlv` with this `encrypted_recipient_data` and nothing else.
fn forward(data: &[u8]) -> Vec<u8> {
    [&[4, u8::try_from(data.len()).unwrap()], data].concat()
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn bolt_4_message_onions_and_blinded_paths() {
    let mut oracle = Oracle::start().unwrap();
    let Some(file) = json("bolt04/blinded-onion-message-onion-test.json") else { return };
    let (made, route) = (list(&file["generate"]["hops"]), list(&file["route"]["hops"]));
    let hops = list(&file["decrypt"]["hops"]);
    assert_eq!((made.len(), route.len(), hops.len()), (4, 4, 4));

    let data: Vec<_> = route.iter().map(|hop| hex(&hop["encrypted_recipient_data"])).collect();
    let nodes: Vec<_> = route.iter().map(|hop| hex(&hop["blinded_node_id"])).collect();
    let hello = hex(&file["onionmessage"]["unknown_tag_1"]);
    let mut payloads: Vec<_> = data.iter().map(|data| forward(data)).collect();
    payloads[3].splice(0..0, [&[1, 5][..], &hello].concat());
    let (session_key, nodes) = (hex(&file["generate"]["session_key"]), nodes.concat());
    let mut parts = vec![&session_key[..], &[], &nodes];
    parts.extend(payloads.iter().map(Vec::as_slice));
    let built = one(&mut oracle, "build", &parts);
    assert_eq!(built, hex(&file["onionmessage"]["onion_message_packet"]));

    let mut packet = Some(built);
    for (hop, payload) in hops.iter().zip(&payloads) {
        // Its type, its path key and the packet's length stand before the packet.
        let message = hex(&hop["onion_message"]);
        assert_eq!(packet.take().as_deref(), Some(&message[37..]), "what the hop before forwards");
        let key = one(&mut oracle, "tweak", &[&hex(&hop["privkey"]), &message[2..35]]);
        let found = oracle.ask("peel", &[&key, &[], &message[37..]]).unwrap().unwrap();
        let mut found = found.into_iter();
        assert_eq!(found.next().as_ref(), Some(payload));
        packet = found.next();
    }
    assert_eq!(packet, None);

    let Some(file) = json("bolt04/route-blinding-test.json") else { return };
    let (made, route) = (list(&file["generate"]["hops"]), list(&file["route"]["hops"]));
    let hops = list(&file["unblind"]["hops"]);
    assert_eq!((made.len(), route.len(), hops.len()), (4, 4, 4));
    for (blinded, hop) in route.iter().zip(hops) {
        let sealed = hex(&blinded["encrypted_data"]);
        let parts = [&hex(&hop["node_privkey"])[..], &hex(&hop["path_key"]), &sealed];
        let expected = ["blinded_privkey", "decrypted_data", "next_path_key"];
        let opened = oracle.ask("unblind", &parts).unwrap().unwrap();
        assert_eq!(opened, expected.map(|name| hex(&hop[name])), "{hop}");
    }
    // Bob's half of the path: an introduction, a path key, and two blinded hops.
    let (bob, carol) = (&made[0], &made[1]);
    let ids = [bob, carol].map(|hop| hex(&hop["node_id"]));
    let tlvs = [bob, carol].map(|hop| hex(&hop["encoded_tlvs"]));
    let session_key = hex(&bob["session_key"]);
    let parts = [&session_key[..], &[1, 1], &ids[0], &tlvs[0], &ids[1], &tlvs[1]];
    let mut expected = [&ids[0][..], &hex(&file["route"]["first_path_key"]), &[2]].concat();
    for hop in &route[..2] {
        let data = hex(&hop["encrypted_data"]);
        expected.extend(hex(&hop["blinded_node_id"]));
        expected.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        expected.extend(data);
    }
    assert_eq!(one(&mut oracle, "path", &parts), expected);
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn bolt_12_strings_and_offers() {
    let mut oracle = Oracle::start().unwrap();
    let Some(file) = json("bolt12/format-string-test.json") else { return };
    assert_eq!(list(&file).len(), 12);
    for case in list(&file) {
        let read = oracle.ask("decode", &[string(&case["string"]).as_bytes()]).unwrap();
        assert_eq!(Some(read.is_some()), case["valid"].as_bool(), "{case}");
    }
    let Some(file) = json("bolt12/offers-test.json") else { return };
    let mut valid = 0;
    for case in list(&file) {
        let read = oracle.ask("decode", &[string(&case["bolt12"]).as_bytes()]).unwrap();
        let bytes = read.filter(|parts| parts[0] == b"o").map(|parts| parts[1].clone());
        let offer = bytes.and_then(|bytes| oracle.ask("offer", &[&bytes]).unwrap());
        assert_eq!(Some(offer.is_some()), case["valid"].as_bool(), "{case}");
        valid += usize::from(offer.is_some());
    }
    assert_eq!((list(&file).len(), valid), (53, 20));
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn bolt_12_merkle_roots_and_signatures() {
    let mut oracle = Oracle::start().unwrap();
    let Some(file) = json("bolt12/signature-test.json") else { return };
    assert_eq!(list(&file).len(), 4);
    for case in list(&file) {
        let names = list(&case["leaves"]).iter().map(|leaf| {
            let names = leaf.as_object().unwrap().keys();
            let name = names.into_iter().find_map(|name| name.strip_prefix("H(`LnLeaf`,")).unwrap();
            hex::decode(name.strip_suffix(')').unwrap()).unwrap()
        });
        let message: Vec<u8> = names.flatten().collect();
        assert_eq!(one(&mut oracle, "merkle", &[&message]), hex(&case["merkle"]), "{case}");
    }
    let case = list(&file).last().unwrap();
    let read = oracle.ask("decode", &[string(&case["bolt12"]).as_bytes()]).unwrap().unwrap();
    assert_eq!(read[0], b"r");
    // The signature is the message's last record: a type of one byte, a length, and 64 bytes.
    let signature = read[1].last_chunk::<64>().unwrap();
    assert_eq!(one(&mut oracle, "sign", &[&[0x42; 32], &read[1]]), signature);
}
