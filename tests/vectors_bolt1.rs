//! BOLT 1, Appendices A to C: `BigSize`, TLV streams, message extensions.
//!
//! Appendix D (signed integers) is used by no message that this product reads.

use countersign_crypto::PublicKey;
use countersign_tests::vectors::{hex, json, list, string};
use countersign_tlv::{Reader, TlvStream, Writer};
use serde_json::Value;

#[test]
fn appendix_a_bigsize_decoding_and_encoding() {
    let Some(file) = json("bolt01/bigsize-test.json") else { return };
    let decoding = list(&file["decoding"]);
    assert_eq!(decoding.len(), 18);
    for case in decoding {
        let bytes = hex(&case["bytes"]);
        let mut reader = Reader::new(&bytes);
        let read = reader.bigsize().ok().filter(|_| reader.is_empty());
        let expected = case["exp_error"].is_null().then(|| case["value"].as_u64().unwrap());
        assert_eq!(read, expected, "{case}");
    }
    let encoding = list(&file["encoding"]);
    assert_eq!(encoding.len(), 8);
    for case in encoding {
        let mut buffer = [0; 9];
        let mut writer = Writer::new(&mut buffer);
        writer.bigsize(case["value"].as_u64().unwrap()).unwrap();
        assert_eq!(writer.written(), hex(&case["bytes"]), "{case}");
    }
}

#[test]
fn appendix_b_every_stream_is_valid_or_not_as_its_namespace_says() {
    let Some(file) = json("bolt01/tlv-test.json") else { return };
    let (mut valid, mut invalid) = (0, 0);
    for group in list(&file["groups"]) {
        let namespaces: &[&str] = match string(&group["namespace"]) {
            "n1" => &["n1"],
            "n2" => &["n2"],
            _ => &["n1", "n2"],
        };
        for case in list(&group["cases"]) {
            let bytes = hex(&case["hex"]);
            let expected = case["valid"].as_bool().unwrap();
            *(if expected { &mut valid } else { &mut invalid }) += 1;
            for namespace in namespaces {
                let read = decode(namespace, &bytes);
                assert_eq!(read.is_some(), expected, "{namespace}: {case}");
                if let (Some(read), Some(decoded)) = (read, case.get("decoded")) {
                    assert_eq!(read, [shown(decoded)], "{case}");
                }
            }
        }
    }
    assert_eq!((valid, invalid), (19, 38));
}

#[test]
fn appendix_b_appending_streams() {
    let Some(file) = json("bolt01/tlv-test.json") else { return };
    assert_eq!(list(&file["composition_rules"]).len(), 2);
    let cases = |valid: bool| -> Vec<Vec<u8>> {
        let groups = list(&file["groups"]).iter();
        let cases = groups.filter(|group| group["namespace"] != "n2");
        cases
            .flat_map(|group| list(&group["cases"]))
            .filter(|case| case["valid"].as_bool() == Some(valid))
            .map(|case| hex(&case["hex"]))
            .collect()
    };
    for first in cases(true) {
        for second in cases(false) {
            assert!(decode("n1", &[&first[..], &second].concat()).is_none());
        }
        let last = TlvStream::parse(&first).unwrap().records().last().map(|last| last.number);
        for second in cases(true) {
            let stream = TlvStream::parse(&second).unwrap();
            let Some(lowest) = stream.records().next() else { continue };
            let ascends = last.is_none_or(|last| last < lowest.number);
            assert_eq!(decode("n1", &[&first[..], &second].concat()).is_some(), ascends);
        }
    }
}

#[test]
fn appendix_c_message_extensions() {
    let Some(file) = json("bolt01/message-extension-test.json") else { return };
    let cases = list(&file["cases"]);
    assert_eq!(cases.len(), 5);
    for case in cases {
        // An `init` message: its type and two empty feature vectors, then the extension.
        let message = hex(&case["hex"]);
        let mut reader = Reader::new(&message);
        assert_eq!((reader.u16(), reader.u16(), reader.u16()), (Ok(16), Ok(0), Ok(0)));
        let valid = TlvStream::parse(reader.rest())
            .is_ok_and(|stream| !stream.records().any(|record| record.is_even()));
        assert_eq!(valid, case["valid"].as_bool().unwrap(), "{case}");
    }
}

/// The records of a stream that its namespace knows, each as `name field=value…`.
fn decode(namespace: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let stream = TlvStream::parse(bytes).ok()?;
    let mut known = Vec::new();
    for record in stream.records() {
        let mut value = record.reader();
        match (namespace, record.number) {
            ("n1", 1) => known.push(format!("tlv1 amount_msat={}", value.tu64().ok()?)),
            ("n1", 2) => {
                let scid = value.u64().ok()?;
                let (block, index, output) = (scid >> 40, scid >> 16 & 0xff_ffff, scid & 0xffff);
                known.push(format!("tlv2 scid={block}x{index}x{output}"));
            }
            ("n1", 3) => {
                let point = PublicKey::parse(value.array().ok()?).ok()?;
                let (one, two) = (value.u64().ok()?, value.u64().ok()?);
                let point = hex::encode(point.serialize());
                known.push(format!("tlv3 amount_msat_1={one} amount_msat_2={two} node_id={point}"));
            }
            ("n1", 254) => known.push(format!("tlv4 cltv_delta={}", value.u16().ok()?)),
            ("n2", 0) => known.push(format!("tlv1 amount_msat={}", value.tu64().ok()?)),
            ("n2", 11) => known.push(format!("tlv2 cltv_expiry={}", value.tu32().ok()?)),
            _ if record.is_even() => return None,
            _ => continue,
        }
        value.end().ok()?;
    }
    Some(known)
}

/// What the vectors say a record holds, in the form of [`decode`].
fn shown(decoded: &Value) -> String {
    let values = decoded["values"].as_object().unwrap();
    let mut fields: Vec<_> =
        values.iter().map(|(name, value)| format!(" {name}={}", string(value))).collect();
    fields.sort();
    format!("{}{}", string(&decoded["field"]), fields.concat())
}
