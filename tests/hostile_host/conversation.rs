//! Frames out of their order, out of bounds and out of their time.

use countersign_link::{
    Bytes, Chunk, NewOffer, OfferRequest, PROTOCOL, Part, PathsRequest, Reply, Request,
};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, code, coffee};
use countersign_tests::shop::{LIST, list, nothing, recipient};

use super::{
    CHUNK_ORDER, END, NOT_DISCLOSED, NOT_OPEN, NOT_OURS, TOO_LONG, awaiting_paths, begin, chunk,
};

#[test]
fn requests_out_of_their_order_do_nothing() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let out_of_order = [
            END,
            chunk(0, &[1]),
            Request::Paths(PathsRequest::End { multipart: false }),
            Request::Paths(PathsRequest::None),
            Request::Paths(recipient(scene.recipient.serialize(), &[])),
            Request::Offer(OfferRequest::End),
            Request::Pull { part: Part::Onion, offset: 0, length: 600 },
            Request::Pull { part: Part::Export, offset: 0, length: 600 },
            Request::Route { destination: None, via: nothing() },
        ];
        for request in &out_of_order {
            assert_eq!(code(&scene.shop.call(request)), NOT_OPEN, "{request:?}");
        }
        scene.shop.hang_up();
        for request in &out_of_order {
            assert_eq!(code(&scene.shop.call(request)), 201, "{request:?}");
        }
    });
}

#[test]
fn hanging_up_at_every_frame_leaves_a_device_that_sells() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let mut after = 0;
        loop {
            let metadata = [u8::try_from(after).unwrap(); 16];
            let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
            let done = play(&mut scene, &request, after);
            scene.shop.hang_up();
            let said = scene.shop.call(&Request::Ping);
            assert_eq!(said.reply(), Reply::Pong);
            scene.shop.hello();
            let status = scene.shop.call(&Request::Status);
            let Reply::Status(status) = status.reply() else { panic!("{status:?}") };
            assert_eq!(status.working_on, None);
            scene.buy(&request);
            if done {
                break;
            }
            after += 1;
        }
        assert!(after > 5, "{after} frames");
    });
}

/// The frames of a request and its answer, up to the frame of number `after`.
fn play(scene: &mut Scene<'_>, request: &[u8], after: usize) -> bool {
    let message = scene.message(request);
    let id = scene.shop.id();
    let hop = scene.hop();
    let node = scene.recipient.serialize();
    let mut buffer = [0; LIST];
    let mut frames = vec![begin(message.path_key, message.packet.len())];
    for (number, part) in message.packet.chunks(600).enumerate() {
        frames.push(chunk(number * 600, part));
    }
    frames.push(END);
    let hops = list(&[hop], &mut buffer);
    frames.push(Request::Paths(PathsRequest::Path { hops }));
    frames.push(Request::Paths(recipient(node, &[])));
    frames.push(Request::Paths(PathsRequest::End { multipart: false }));
    frames.push(Request::Pull { part: Part::Onion, offset: 0, length: 600 });
    for frame in frames.iter().take(after) {
        scene.shop.say(id, frame).unwrap();
    }
    after >= frames.len()
}

#[test]
fn nothing_of_an_earlier_conversation_can_be_pulled() {
    // #13
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        scene.shop.hello();
        for part in [Part::Onion, Part::Invoice, Part::InvoiceRequest, Part::Text, Part::Export] {
            let pull = Request::Pull { part, offset: 0, length: 600 };
            assert_eq!(code(&scene.shop.ask(bought.id, &pull)), NOT_OPEN);
        }
    });
}

#[test]
fn the_request_and_the_invoice_are_the_hosts_only_if_the_merchant_says_so() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        for part in [Part::Invoice, Part::InvoiceRequest] {
            let pull = Request::Pull { part, offset: 0, length: 600 };
            assert_eq!(code(&scene.shop.ask(bought.id, &pull)), NOT_DISCLOSED);
        }
        scene.shop.set(&[(90, 2)]);
        let bought = scene.buy(&request);
        let len = bought.invoice.len();
        assert_eq!(scene.shop.pull(bought.id, Part::Invoice, len), bought.invoice);
        assert_eq!(scene.shop.pull(bought.id, Part::InvoiceRequest, request.len()), request);
    });
}

#[test]
fn huge_and_empty_lengths_are_bounded() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let chunk = Chunk { offset: 0, data: &[1] };
        for total in [1_281, u32::MAX] {
            let import = Request::Import { total, chunk };
            assert_eq!(code(&scene.shop.call(&import)), TOO_LONG);
        }
        let empty = Request::Import { total: 0, chunk: Chunk { offset: 0, data: &[] } };
        assert_eq!(code(&scene.shop.call(&empty)), NOT_OURS);
        let long = "x".repeat(257);
        let new = NewOffer { description: Some(&long), ..coffee() };
        let create = Request::Offer(OfferRequest::Create(new));
        assert_eq!(code(&scene.shop.call(&create)), TOO_LONG);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        for (offset, length) in [(u32::MAX, 600), (0, u16::MAX), (0, 0), (5_000, 600)] {
            let pull = Request::Pull { part: Part::Onion, offset, length };
            let said = scene.shop.ask(bought.id, &pull);
            match said.reply() {
                Reply::Chunk(chunk) => assert!(chunk.data.len() <= 600),
                other => assert_eq!(code(&said), CHUNK_ORDER, "{other:?}"),
            }
        }
    });
}

#[test]
fn another_protocol_version_is_greeted_and_served_nothing() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let hello = Request::Hello { nonce: Bytes([9; 8]), protocol: PROTOCOL + 1 };
        let said = scene.shop.call(&hello);
        assert!(matches!(said.reply(), Reply::Hello(hello) if hello.nonce.0 == [9; 8]));
        assert_eq!(code(&scene.shop.call(&Request::GetInfo)), 201);
    });
}

#[test]
fn a_cancelled_request_is_gone() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        assert_eq!(scene.shop.call(&Request::Cancel { request: id + 1 }).reply(), Reply::Done);
        let hop = scene.hop();
        let node = scene.recipient.serialize();
        assert_eq!(scene.shop.path(id, &[hop], recipient(node, &[])).unwrap(), None);
        assert_eq!(scene.shop.call(&Request::Cancel { request: id }).reply(), Reply::Done);
        let end = Request::Paths(PathsRequest::End { multipart: false });
        assert_eq!(code(&scene.shop.ask(id, &end)), NOT_OPEN);
    });
}
