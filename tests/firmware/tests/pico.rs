//! The Pico's image, as it is flashed, with its USB port: `cargo xtask pico` runs these.

use countersign_firmware_tests::{
    Asked, Direction, Onions, Pico, Port, SMALLEST, Transfer, answer_request, ask, pico_image, wire,
};
use countersign_link::{
    Bytes, Chunk, Code, ErrorForm, Network, OnionRequest, Part, Provision, Reply, Request, Secret,
    State,
};
use countersign_tests::payer::InFlight;
use countersign_tests::shop::WORDS;

/// Types of descriptors.
const DEVICE: u8 = 1;
const CONFIGURATION: u8 = 2;
const STRING: u8 = 3;

/// One less than a packet, a packet, and so on: where transfers end differently.
const LENGTHS: [usize; 5] = [63, 64, 65, 127, 128];

#[test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
fn descriptors_are_as_long_as_they_say_whatever_length_is_asked_for() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    for length in [18, 64, 255, 0xffff] {
        let device = pico.descriptor(DEVICE, 0, length).unwrap();
        assert!(device.starts_with("1201") && device.len() == 2 * 18, "{length}: {device}");
    }
    let header = pico.descriptor(CONFIGURATION, 0, 9).unwrap();
    let total = u16::from_str_radix(&format!("{}{}", &header[6..8], &header[4..6]), 16).unwrap();
    for length in [total, 0xffff] {
        let configuration = pico.descriptor(CONFIGURATION, 0, length).unwrap();
        assert_eq!(configuration.len(), 2 * usize::from(total));
    }
    let name = pico.descriptor(STRING, 2, 0xffff).unwrap();
    let text: String = "Countersign signer".chars().map(|c| format!("{:02x}00", c as u8)).collect();
    assert_eq!(name, format!("2603{text}"));
}

#[test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
fn a_transfer_of_any_length_arrives_whole() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut port = Port::open(pico.address()).unwrap();
    for (id, length) in (2..).zip(LENGTHS) {
        // Zeros between frames are passed over.
        let ping = wire(id, Request::Ping);
        let mut bytes = vec![0; length - ping.len()];
        bytes.extend(ping);
        port.send(&bytes).unwrap();
        assert!(port.reply(|of, reply| of == id && reply == Reply::Pong).unwrap(), "{length}");
    }
    let sent = pico.transfers().unwrap();
    let sent = sent.iter().filter(|transfer| transfer.direction == Direction::ToDevice);
    let sent: Vec<usize> = sent.map(|transfer| transfer.bytes).collect();
    assert_eq!(sent[sent.len() - LENGTHS.len()..], LENGTHS);
}

#[tokio::test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
async fn a_reply_of_any_length_ends_at_once() {
    let pico = Pico::start(&pico_image().unwrap()).unwrap();
    pico.client().await.unwrap().restore(WORDS, Network::Regtest).await.unwrap();
    let mut port = Port::open(pico.address()).unwrap();
    for (id, length) in (2..).zip(LENGTHS) {
        port.send(&wire(id, Request::Export)).unwrap();
        assert!(port.reply(|_, reply| matches!(reply, Reply::Exported { .. })).unwrap());
        let data = [1; 128];
        let chunk = |count| Chunk { offset: 0, data: &data[..count] };
        let on_wire = |count| wire(id, Reply::Chunk(chunk(count))).len();
        let count = (1..128).find(|&count| on_wire(count) == length).unwrap();
        let pull = Request::Pull { part: Part::Export, offset: 0, length: count as u16 };
        port.send(&wire(id, pull)).unwrap();
        // Without the empty packet after a full one, the host would wait for more for ever.
        assert!(port.reply(|_, reply| matches!(reply, Reply::Chunk(_))).unwrap(), "{length}");
    }
}

#[test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
fn a_port_that_is_closed_in_mid_frame_costs_that_frame_only() {
    let pico = Pico::start(&pico_image().unwrap()).unwrap();
    for cut in [1, 5, 12] {
        let mut port = Port::open(pico.address()).unwrap();
        let ping = wire(2, Request::Ping);
        port.send(&ping[..cut]).unwrap();
    }
    let mut port = Port::open(pico.address()).unwrap();
    port.send(&wire(3, Request::Ping)).unwrap();
    assert!(port.reply(|id, reply| id == 3 && reply == Reply::Pong).unwrap());
}

#[tokio::test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
async fn unplugged_in_mid_reply_it_comes_back_as_it_was() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut client = pico.client().await.unwrap();
    client.restore(WORDS, Network::Regtest).await.unwrap();
    drop(client);
    let mut port = Port::open(pico.address()).unwrap();
    port.send(&wire(2, Request::Export)).unwrap();
    assert!(port.reply(|_, reply| matches!(reply, Reply::Exported { .. })).unwrap());
    port.send(&wire(2, Request::Pull { part: Part::Export, offset: 0, length: 600 })).unwrap();
    pico.unplug().unwrap();
    drop(port);
    pico.plug().unwrap();
    let client = pico.client().await.unwrap();
    assert_eq!(client.hello().state, State::Ready);
    assert_eq!(client.hello().network, Some(Network::Regtest));
}

#[tokio::test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
async fn a_payers_request_is_answered_over_usb() {
    let pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut client = pico.client().await.unwrap();
    let answered = answer_request(&mut client, Onions::Small).await.unwrap();
    assert_eq!(answered.amount_msat, 10_000);
    assert_eq!((answered.request_len, answered.answer_len), (SMALLEST, SMALLEST));
}

/// What a device may take to answer, in microseconds of its clock.
const PROMPT_MICROS: u64 = 50_000;

/// What hashing the words takes at least, in one piece.
const HASHING_MICROS: u64 = 500_000;

#[test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
fn a_ping_is_answered_at_once_while_the_core_is_busy() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut port = Port::open(pico.address()).unwrap();
    let words = Secret::new(WORDS.as_bytes());
    let import = Request::Provision(Provision::Import { words, network: Network::Regtest });
    port.send(&wire(2, import)).unwrap();
    assert!(port.reply(|_, reply| matches!(reply, Reply::AwaitingApproval { .. })).unwrap());
    pico.transfers().unwrap();
    let (mut delays, mut answered_at) = (Vec::new(), Vec::new());
    for id in 3.. {
        std::thread::sleep(std::time::Duration::from_millis(100));
        port.send(&wire(id, Request::Ping)).unwrap();
        let is_done = wait_for(&mut port, id, Reply::Pong).contains(&2);
        let (asked, told) = span(&pico.transfers().unwrap());
        if is_done {
            // Those before this moment were answered while the words were hashed.
            let busy = answered_at.iter().filter(|&&at| at + HASHING_MICROS > asked);
            assert!(busy.count() > 2, "done at {asked}, answers at {answered_at:?}");
            break;
        }
        delays.push(told - asked);
        answered_at.push(told);
    }
    assert!(delays.iter().all(|&delay| delay < PROMPT_MICROS), "{delays:?}");
}

#[tokio::test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
async fn a_request_is_told_of_and_cancelled_at_once_while_the_core_is_at_it() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut client = pico.client().await.unwrap();
    let Asked { onion, .. } = ask(&mut client, Onions::Small).await.unwrap();
    drop(client);
    let mut port = Port::open(pico.address()).unwrap();
    // Judging it takes some multiplications on the curve, in one piece.
    let mut burst = bring(&mut port, 2, &onion);
    wait_until_idle(&mut pico, &mut port);
    burst.extend(wire(3, Request::Status));
    burst.extend(wire(4, Request::Cancel { request: 2 }));
    burst.extend(wire(5, Request::Ping));
    pico.transfers().unwrap();
    port.send(&burst).unwrap();
    let is_at_it = |id, reply: Reply<'_>| match reply {
        Reply::Status(status) => (id, status.working_on) == (3, Some(2)),
        reply => panic!("{reply:?} came first"),
    };
    assert!(port.reply(is_at_it).unwrap());
    let cancelled = |id, reply: Reply<'_>| match reply {
        Reply::Error(error) => (id, error.code) == (2, Code::CANCELLED),
        reply => panic!("{reply:?} came first"),
    };
    assert!(port.reply(cancelled).unwrap());
    assert!(port.reply(|id, reply| id == 4 && reply == Reply::Done).unwrap());
    assert!(port.reply(|id, reply| id == 5 && reply == Reply::Pong).unwrap());
    let (asked, told) = span(&pico.transfers().unwrap());
    assert!(told - asked < PROMPT_MICROS, "asked at {asked} and told at {told}");

    // Nothing is left of it: the same message is answered after all.
    let end = bring(&mut port, 7, &onion);
    port.send(&end).unwrap();
    assert!(
        port.reply(|id, reply| id == 7 && matches!(reply, Reply::NeedPaymentPaths(_))).unwrap()
    );
}

#[tokio::test]
#[ignore = "needs the image and Node: `cargo xtask pico`"]
async fn a_flood_of_pings_leaves_the_core_its_time() {
    let mut pico = Pico::start(&pico_image().unwrap()).unwrap();
    let mut client = pico.client().await.unwrap();
    let Asked { onion, .. } = ask(&mut client, Onions::Small).await.unwrap();
    drop(client);
    let mut took = [false, true].map(|is_flooded| {
        let mut port = Port::open(pico.address()).unwrap();
        pico.transfers().unwrap();
        let mut burst = bring(&mut port, 2, &onion);
        if is_flooded {
            burst.extend(wire(3, Request::Ping).repeat(2_000));
        }
        port.send(&burst).unwrap();
        while !port.reply(|_, reply| matches!(reply, Reply::NeedPaymentPaths(_))).unwrap() {}
        let (asked, told) = span(&pico.transfers().unwrap());
        told - asked
    });
    took[0] *= 2;
    assert!(took[1] < took[0], "{took:?}");
}

/// Sends all of an onion message but its end, which is returned.
fn bring(port: &mut Port, id: u32, onion: &InFlight) -> Vec<u8> {
    let length = onion.packet.len() as u16;
    let path_key = Bytes(onion.path_key);
    port.send(&wire(id, Request::Onion(OnionRequest::Begin { path_key, length }))).unwrap();
    let is_credit = |reply: Reply<'_>| matches!(reply, Reply::Credits { .. });
    assert!(port.reply(|_, reply| is_credit(reply)).unwrap());
    let (mut rest, mut offset) = (onion.packet.as_slice(), 0);
    while !rest.is_empty() {
        let (data, after) = rest.split_at_checked(600).unwrap_or((rest, &[]));
        port.send(&wire(id, Request::Onion(OnionRequest::Chunk(Chunk { offset, data })))).unwrap();
        (rest, offset) = (after, offset + data.len() as u32);
    }
    let invoice_error = ErrorForm::Specification;
    wire(id, Request::Onion(OnionRequest::End { invoice_error }))
}

/// Lets the board's clock go on until what was sent has been looked at.
fn wait_until_idle(pico: &mut Pico, port: &mut Port) {
    let mut since = None;
    for id in 1_000.. {
        port.send(&wire(id, Request::Ping)).unwrap();
        wait_for(port, id, Reply::Pong);
        let (_, told) = span(&pico.transfers().unwrap());
        if told - *since.get_or_insert(told) > IDLE_MICROS {
            return;
        }
    }
}

/// More than any step takes between two frames of an onion.
const IDLE_MICROS: u64 = 400_000;

/// Reads up to `reply` to `id`, and returns whose replies came before.
fn wait_for(port: &mut Port, id: u32, reply: Reply<'_>) -> Vec<u32> {
    let mut others = Vec::new();
    while !port
        .reply(|of, said| {
            others.push(of);
            of == id && said == reply
        })
        .unwrap()
    {}
    others
}

/// When the last question left the host, and when it last read: microseconds of the board's clock.
fn span(transfers: &[Transfer]) -> (u64, u64) {
    let last = |direction| transfers.iter().rfind(|transfer| transfer.direction == direction);
    let (asked, told) = (last(Direction::ToDevice).unwrap(), last(Direction::ToHost).unwrap());
    (asked.micros, told.micros)
}
