//! The dearest message that the limits accept (P4): every list as long as it may be, and an invoice
//! in the end. What is refused earlier costs less.

use countersign_bench_replay::Recording;
use countersign_crypto::Curve;
use countersign_link::{Bytes, Packer, Part, PathsRequest, Reply, Request, Seal};
use countersign_offers::Field;
use countersign_tlv::TlvStream;

use crate::payer::{self, InFlight, Wish};
use crate::scene::{Scene, need};
use crate::shop::{NOW, Shop};

/// Bytes of an `invoice_request`, and its records.
const REQUEST: (usize, usize) = (4_096, 64);
/// Hops of the reply path, each a layer of the answer.
const REPLY_HOPS: usize = 12;
/// Payment paths of the invoice, of two hops each.
const PATHS: usize = 4;
/// Bytes of the recipient's own records in each of them: what the device's memory holds of four.
const FOREIGN: usize = 320;
/// Odd types, which nobody knows and everybody copies.
const FIRST_UNKNOWN: u64 = 2_000_000_001;

/// A shop and so many such messages for it, no two of them alike.
///
/// # Panics
///
/// When one cannot be made.
#[must_use]
pub fn messages<'c>(curve: &'c Curve<'c>, count: u8) -> (Scene<'c>, Vec<InFlight>) {
    let mut scene = Scene::open(curve);
    // One request in an onion is what they are about, not what the merchant thinks of four paths.
    scene.shop.set(&[(50, 1)]);
    let messages = (1..=count).map(|number| message(&scene, number)).collect();
    (scene, messages)
}

fn message(scene: &Scene<'_>, number: u8) -> InFlight {
    let (bytes, records) = REQUEST;
    let request = scene.request(&Wish { metadata: &[number; 16], ..Wish::default() });
    let known = TlvStream::parse(&request).expect("a request").records().count();
    let unknown = u64::try_from(records - known).expect("few");
    let header = 6;
    let share = (bytes - request.len()) / (records - known) - header;
    let fill = |number: u64, length: usize| (Field(FIRST_UNKNOWN + 2 * number), vec![7; length]);
    let filled = |last: usize| {
        scene.changed(&request, |all| {
            (0..unknown).fold(all, |all, number| {
                let length = if number + 1 == unknown { last } else { share };
                let (field, value) = fill(number, length);
                all.with(field, value)
            })
        })
    };
    let room = bytes - filled(share).len();
    let request = filled(share + room);
    assert_eq!(request.len(), bytes);
    let mut nodes = vec![scene.relay; REPLY_HOPS - 1];
    nodes.push(payer::payer().public_key(scene.curve));
    scene.message_with(&request, &payer::reply_path(scene.curve, &nodes, 0))
}

/// Has the shop's device answer `message` with an invoice, and pulls it.
///
/// # Panics
///
/// When it does not.
pub fn answer(scene: &mut Scene<'_>, message: &InFlight) -> Vec<u8> {
    let (id, said) = scene.hear(message);
    let _ = need(&said);
    let foreign = [&[0xfd, 0xff, 0xff, 0xfd][..], &length_of(FOREIGN), &[8; FOREIGN]].concat();
    for _ in 0..PATHS {
        let mut buffer = [0; 256];
        let mut hops = Packer::new(&mut buffer);
        hops.push(&scene.hop()).expect("room");
        let path = PathsRequest::Path { hops: hops.finish() };
        assert_eq!(scene.shop.say(id, &Request::Paths(path)), Ok(None));
        let recipient = PathsRequest::Recipient {
            node: Bytes(scene.recipient.serialize()),
            records: &foreign,
            seal: Seal::Plain,
            min_final_cltv_expiry_delta: 18,
            max_cltv_expiry: 900_000,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 10_000_000_000,
        };
        assert_eq!(scene.shop.say(id, &Request::Paths(recipient)), Ok(None));
    }
    let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: true }));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
    scene.shop.pull(id, Part::Onion, outgoing.length.into())
}

/// All that a host says to have such a message answered by a device that has just come up, as
/// postcard makes it of a [`Recording`].
///
/// # Panics
///
/// When the device does not answer it.
#[must_use]
pub fn recording(curve: &Curve<'_>) -> Vec<u8> {
    let (mut scene, messages) = messages(curve, 1);
    let flash = scene.shop.flash.clone();
    scene.shop = Shop::boot(flash.clone());
    scene.shop.tape = Some(Vec::new());
    scene.shop.hello();
    scene.shop.call(&Request::Time { claim: NOW });
    let greeting = scene.shop.tape.replace(Vec::new()).unwrap_or_default();
    let answer = answer(&mut scene, &messages[0]);
    let frames = scene.shop.tape.take().unwrap_or_default();
    let item = |slot| flash.get(slot).map(Vec::as_slice);
    let recording = Recording {
        seed: item("seed"),
        settings: item("settings"),
        counters: item("counters"),
        payouts: item("payouts"),
        greeting: &greeting,
        frames: &frames,
        pulled: u32::try_from(answer.len()).expect("an onion"),
    };
    postcard::to_stdvec(&recording).expect("it is a recording")
}

fn length_of(length: usize) -> [u8; 2] {
    u16::try_from(length).expect("short").to_be_bytes()
}
