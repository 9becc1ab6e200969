//! What `PROTOCOL.md` asks of a device beside the requests themselves, tried on the raw line.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed, which is its purpose"
)]
#![expect(clippy::large_stack_frames, reason = "a host has stack")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use core::time::Duration;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use countersign_link::{
    Bytes, Chunk, Code, ErrorForm, FrameDecoder, FrameEncoder, MAX_CHUNK, MAX_FRAME, Message,
    NewOffer, OfferRequest, OnionRequest, PROTOCOL, Price, Provision, Reply, Request, Secret,
};
use countersign_simulator::{Board, Entropy, Flash, Line, Press, PromptText, Script, Simulator};

const WORDS: &[u8] = b"abandon abandon abandon abandon abandon abandon abandon abandon abandon \
abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
abandon abandon art";

/// A merchant who never presses anything.
struct Asleep;

impl countersign_simulator::Buttons for Asleep {
    fn show(&mut self, _prompt: &[PromptText]) {}

    fn clear(&mut self) {}

    fn pressed(&mut self) -> Option<Press> {
        None
    }
}

fn simulator() -> Simulator {
    let script = Box::new(Script::new(Press::Confirm));
    start(Board::new(Flash::in_memory(), script))
}

fn start(mut board: Board) -> Simulator {
    board.entropy = Entropy::seeded(1);
    Simulator::start(board, Line::cable()).unwrap()
}

/// A host that knows frames and nothing else.
struct Host {
    cable: UnixStream,
    encoder: FrameEncoder,
    decoder: FrameDecoder,
    received: Vec<u8>,
    sequence: u16,
}

/// Longer than anything that the device takes its time for.
const LONG: Duration = Duration::from_secs(5);

impl Host {
    fn new(simulator: &Simulator) -> Self {
        let cable = simulator.connect().unwrap();
        let (encoder, decoder) = (FrameEncoder::new(), FrameDecoder::new());
        Self { cable, encoder, decoder, received: Vec::new(), sequence: 0 }
    }

    fn greeted(simulator: &Simulator) -> Self {
        let mut host = Self::new(simulator);
        host.greet();
        host
    }

    fn greet(&mut self) {
        let nonce = Bytes([9; 8]);
        self.send(1, Request::Hello { nonce, protocol: PROTOCOL });
        let is_ours = |reply: &Reply<'_>| matches!(reply, Reply::Hello(ack) if ack.nonce == nonce);
        while !self.next(|_, reply| is_ours(reply)).expect("an answer to Hello") {}
    }

    /// Greeted, and with a seed.
    fn provisioned(simulator: &Simulator) -> Self {
        let mut host = Self::greeted(simulator);
        let words = Secret::new(WORDS);
        let network = countersign_link::Network::Regtest;
        host.send(2, Request::Provision(Provision::Import { words, network }));
        assert!(host.next(|_, reply| matches!(reply, Reply::AwaitingApproval { .. })).unwrap());
        assert!(host.next(|id, reply| id == 2 && matches!(reply, Reply::Done)).unwrap());
        host.send(3, Request::Time { claim: 1_800_000_000 });
        assert!(host.next(|_, reply| matches!(reply, Reply::AwaitingApproval { .. })).unwrap());
        assert!(host.next(|id, reply| id == 3 && matches!(reply, Reply::Time { .. })).unwrap());
        host
    }

    fn frame(&mut self, id: u32, request: Request<'_>) -> Vec<u8> {
        self.sequence += 1;
        self.encoder.encode(self.sequence, &Message { id, body: request }).unwrap().to_vec()
    }

    fn send(&mut self, id: u32, request: Request<'_>) {
        let frame = self.frame(id, request);
        self.cable.write_all(&frame).unwrap();
    }

    /// Looks at the next reply; `None` when there is none within `LONG`.
    fn next<T>(&mut self, look: impl Fn(u32, &Reply<'_>) -> T) -> Option<T> {
        self.next_within(LONG, look)
    }

    fn next_within<T>(
        &mut self,
        patience: Duration,
        look: impl Fn(u32, &Reply<'_>) -> T,
    ) -> Option<T> {
        self.cable.set_read_timeout(Some(patience)).unwrap();
        loop {
            let mut rest = self.received.as_slice();
            let seen = self.decoder.next(&mut rest).map(|frame| {
                let message = frame.unwrap().message::<Reply<'_>>().unwrap();
                look(message.id, &message.body)
            });
            self.received = rest.to_vec();
            if seen.is_some() {
                return seen;
            }
            let mut buffer = [0; 4_096];
            let length = self.cable.read(&mut buffer).ok()?;
            if length == 0 {
                return None;
            }
            self.received.extend_from_slice(&buffer[..length]);
        }
    }

    fn code(&mut self) -> (u32, Option<Code>) {
        self.next(|id, reply| match reply {
            Reply::Error(error) => (id, Some(error.code)),
            _ => (id, None),
        })
        .expect("a reply")
    }

    fn ping(&mut self, id: u32) {
        self.send(id, Request::Ping);
        assert!(self.next(|of, reply| of == id && *reply == Reply::Pong).expect("a pong"));
    }

    fn is_silent(&mut self) -> bool {
        self.next_within(Duration::from_millis(100), |_, _| ()).is_none()
    }
}

const BEGIN: Request<'_> =
    Request::Onion(OnionRequest::Begin { path_key: Bytes(GENERATOR), length: 1_366 });

const fn chunk(offset: u32, data: &[u8]) -> Request<'_> {
    Request::Onion(OnionRequest::Chunk(Chunk { offset, data }))
}

const END: Request<'_> =
    Request::Onion(OnionRequest::End { invoice_error: ErrorForm::Specification });

/// The curve's base point.
const GENERATOR: [u8; 33] = [
    0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b,
    0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17,
    0x98,
];

#[test]
fn garbage_before_hello_is_passed_over_in_silence() {
    let simulator = simulator();
    let mut host = Host::new(&simulator);
    host.cable.write_all(b"AT\r\n\0AT\r\n\0").unwrap();
    host.cable.write_all(&[0xff; 3 * MAX_FRAME]).unwrap();
    host.cable.write_all(&[0, 5, 1, 0]).unwrap();
    assert!(host.is_silent());
    host.greet();
    host.ping(2);
}

#[test]
fn the_first_request_is_hello() {
    let simulator = simulator();
    let mut host = Host::new(&simulator);
    host.send(7, Request::GetInfo);
    assert_eq!(host.code(), (7, Some(Code::NO_HELLO)));
}

#[test]
fn garbage_costs_the_frame_that_it_lands_in_and_nothing_else() {
    let simulator = simulator();
    let mut host = Host::greeted(&simulator);
    host.cable.write_all(b"AT\r\n").unwrap();
    host.send(2, Request::GetInfo);
    // The zero before our frame ends the garbage.
    assert_eq!(host.code(), (0, Some(Code::FRAME_DAMAGED)));
    assert_eq!(host.code(), (2, None));

    host.cable.write_all(&[0]).unwrap();
    host.cable.write_all(&[0xff; MAX_FRAME + 200]).unwrap();
    assert_eq!(host.code(), (0, Some(Code::FRAME_TOO_LONG)));
    host.ping(3);

    let mut frame = host.frame(4, Request::GetInfo);
    frame[5] ^= 0x40;
    host.cable.write_all(&frame).unwrap();
    assert_eq!(host.code(), (0, Some(Code::FRAME_DAMAGED)));
    host.ping(5);
}

/// What a `ModemManager` writes to a port that it does not know.
const AT: [&[u8]; 3] = [b"AT\r", b"AT+CGMI\r\n", b"ATE0 V1\rAT&F\r"];

#[test]
fn an_at_command_anywhere_in_a_request_costs_that_request_at_most() {
    let simulator = simulator();
    let mut host = Host::greeted(&simulator);
    for command in AT {
        for place in 0..=host.frame(2, Request::GetInfo).len() {
            let frame = host.frame(2, Request::GetInfo);
            let (head, tail) = frame.split_at_checked(place).unwrap();
            host.cable.write_all(&[head, command, tail].concat()).unwrap();
            host.send(3, Request::Ping);
            let mut answers = 0;
            while !host.next(|id, reply| id == 3 && *reply == Reply::Pong).expect("a pong") {
                answers += 1;
            }
            assert!(
                (1..=2).contains(&answers),
                "the complaint, and GetInfo's reply if it was whole"
            );
        }
    }
}

#[test]
fn at_commands_cost_the_operation_in_flight_and_the_next_one_is_answered() {
    let simulator = simulator();
    let mut host = Host::provisioned(&simulator);
    for (id, command) in (10..).zip(AT) {
        host.send(id, BEGIN);
        assert!(host.next(|of, reply| of == id && matches!(reply, Reply::Credits { .. })).unwrap());
        // Between two frames it costs nothing but the complaint about itself.
        host.cable.write_all(command).unwrap();
        host.send(id, chunk(0, &[7; MAX_CHUNK]));
        assert_eq!(host.code(), (0, Some(Code::FRAME_DAMAGED)));
        host.send(id, chunk(600, &[7; MAX_CHUNK]));
        // In the middle of a frame it costs the frame, and so the operation.
        let frame = host.frame(id, chunk(1_200, &[7; 166]));
        let (head, tail) = frame.split_at_checked(frame.len() / 2).unwrap();
        host.cable.write_all(&[head, command, tail].concat()).unwrap();
        assert_eq!(host.code(), (0, Some(Code::FRAME_DAMAGED)));
        host.send(id, END);
        assert_eq!(host.code(), (id, Some(Code::CHUNK_ORDER)));
        // The same operation once more, under its id.
        host.send(id, BEGIN);
        assert!(host.next(|of, reply| of == id && matches!(reply, Reply::Credits { .. })).unwrap());
        host.send(id, chunk(0, &[7; MAX_CHUNK]));
        host.send(id, chunk(600, &[7; MAX_CHUNK]));
        host.send(id, chunk(1_200, &[7; 166]));
        host.send(id, END);
        assert!(host.next(|of, reply| of == id && *reply == Reply::Ignored).unwrap());
        host.ping(id + 10);
    }
}

#[test]
fn an_echo_of_our_replies_is_no_request() {
    let simulator = simulator();
    let mut host = Host::greeted(&simulator);
    let echo = Message { id: 3, body: Reply::Done };
    let frame = FrameEncoder::new().encode(1, &echo).unwrap().to_vec();
    host.cable.write_all(&frame).unwrap();
    assert!(host.is_silent());
    host.ping(4);
}

#[test]
fn a_body_that_is_no_request_is_said_to_be_unknown() {
    let simulator = simulator();
    let mut host = Host::greeted(&simulator);
    // A request of number 22 has not been thought of yet.
    let frame = [1, 1, 0, 0, 9, 0, 2, 0, 1, 22];
    let tag = crc32(&frame).to_le_bytes();
    let mut wire = [0; 32];
    let length = stuff(&[frame.as_slice(), &tag].concat(), &mut wire[1..]);
    host.cable.write_all(&wire[..length + 2]).unwrap();
    assert_eq!(host.code(), (0, Some(Code::UNKNOWN_REQUEST)));
}

#[test]
fn half_a_frame_is_forgotten_after_two_seconds() {
    let simulator = simulator();
    let mut host = Host::greeted(&simulator);
    let frame = host.frame(2, Request::GetInfo);
    host.cable.write_all(&frame[..frame.len() - 3]).unwrap();
    std::thread::sleep(Duration::from_millis(2_200));
    // Without a zero in between: the half frame would swallow this one.
    let whole = host.frame(3, Request::Ping);
    host.cable.write_all(&whole[1..]).unwrap();
    assert!(host.next(|id, reply| id == 3 && *reply == Reply::Pong).unwrap());
}

#[test]
fn a_host_that_hangs_up_at_any_byte_is_forgotten() {
    let simulator = simulator();
    drop(Host::provisioned(&simulator));
    let frame = Host::new(&simulator).frame(5, BEGIN);
    for end in 0..frame.len() {
        let mut host = Host::greeted(&simulator);
        host.cable.write_all(&frame[..end]).unwrap();
    }
    let mut host = Host::greeted(&simulator);
    host.ping(6);
}

#[test]
fn a_request_that_pauses_too_long_is_lost() {
    let simulator = simulator();
    let mut host = Host::provisioned(&simulator);
    host.send(8, BEGIN);
    assert!(host.next(|id, reply| id == 8 && matches!(reply, Reply::Credits { .. })).unwrap());
    assert_eq!(host.code(), (8, Some(Code::TIMED_OUT)));
    host.send(8, chunk(0, &[0; MAX_CHUNK]));
    assert_eq!(host.code(), (8, Some(Code::NOT_OPEN)));
    assert!(host.is_silent());
}

#[test]
fn a_waiting_device_answers_pings_and_nothing_else() {
    let simulator = start(Board::new(Flash::in_memory(), Box::new(Asleep)));
    let mut host = Host::greeted(&simulator);
    let network = countersign_link::Network::Regtest;
    let import = Provision::Import { words: Secret::new(WORDS), network };
    host.send(2, Request::Provision(import));
    assert!(
        host.next(|id, reply| id == 2 && matches!(reply, Reply::AwaitingApproval { .. })).unwrap()
    );
    host.ping(3);
    host.send(4, Request::Status);
    let working = host.next(|_, reply| match reply {
        Reply::Status(status) => status.working_on,
        _ => None,
    });
    assert_eq!(working, Some(Some(2)));
    host.send(5, Request::GetInfo);
    assert_eq!(host.code(), (5, Some(Code::BUSY)));

    host.send(6, Request::Cancel { request: 2 });
    assert_eq!(host.code(), (2, Some(Code::CANCELLED)));
    assert_eq!(host.code(), (6, None));
    host.send(7, Request::GetInfo);
    assert_eq!(host.code(), (7, None));
}

#[test]
fn a_reply_carries_the_number_of_the_frame_that_it_answers() {
    let simulator = simulator();
    let mut host = Host::provisioned(&simulator);
    let new = NewOffer {
        price: Price::Any,
        description: None,
        issuer: None,
        quantity_max: None,
        expiry: None,
        issuer_id: true,
    };
    host.send(3, Request::Offer(OfferRequest::Create(new)));
    host.sequence = 0x1234;
    host.send(4, Request::Ping);
    let mut buffer = [0; 64];
    host.cable.set_read_timeout(Some(LONG)).unwrap();
    let length = host.cable.read(&mut buffer).unwrap();
    let mut rest = &buffer[..length];
    let frame = host.decoder.next(&mut rest).unwrap().unwrap();
    assert_eq!(frame.sequence, 0x1235);
}

#[test]
fn a_repeated_request_gets_the_same_reply() {
    let simulator = simulator();
    let mut host = Host::provisioned(&simulator);
    let mut replies = Vec::new();
    for _ in 0..3 {
        host.send(9, Request::Log { from: 0 });
        let reply = host.next(|id, reply| (id, format!("{reply:?}"))).expect("a reply");
        replies.push(reply);
    }
    assert_eq!(replies[0].0, 9);
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
}

#[test]
fn a_second_host_is_turned_away() {
    let (line, address) = Line::tcp("127.0.0.1:0").unwrap();
    let board = Board::new(Flash::in_memory(), Box::new(Script::new(Press::Confirm)));
    let _simulator = Simulator::start(board, line).unwrap();
    let mut first = TcpStream::connect(address).unwrap();
    let hello = Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL };
    let hello = FrameEncoder::new().encode(1, &Message { id: 1, body: hello }).unwrap().to_vec();
    first.write_all(&hello).unwrap();
    assert!(first.read(&mut [0; 8]).unwrap() > 0);
    let mut second = TcpStream::connect(address).unwrap();
    second.set_read_timeout(Some(LONG)).unwrap();
    // Closed, whether or not our bytes arrived before that.
    let answered = second.write_all(&hello).and_then(|()| second.read(&mut [0; 8]));
    assert!(matches!(answered, Ok(0) | Err(_)));
    first.write_all(&hello).unwrap();
    assert!(first.read(&mut [0; 8]).unwrap() > 0);
}

/// COBS for a frame shorter than 254 bytes, written at the front of `wire`.
fn stuff(frame: &[u8], wire: &mut [u8]) -> usize {
    let (mut start, mut end) = (0, 1);
    for byte in frame {
        if *byte == 0 {
            wire[start] = u8::try_from(end - start).unwrap();
            start = end;
        } else {
            wire[end] = *byte;
        }
        end += 1;
    }
    wire[start] = u8::try_from(end - start).unwrap();
    end
}

/// The CRC-32 of Ethernet and zip, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let folded = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    });
    !folded
}
