//! Frames survive any stream, and nothing else does.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::std_instead_of_alloc,
    clippy::tests_outside_test_module,
    reason = "an integration test is a test from its first line"
)]

use countersign_link::{
    Bytes, Chunk, EncodeError, FrameDecoder, FrameEncoder, FrameError, MAX_BODY, MAX_CHUNK,
    MAX_FRAME, MAX_WIRE, Message, OnionRequest, Reply, Request,
};
use proptest::prelude::*;

/// What a decoder made of a stream: chunks' bytes with their sequence, or errors.
type Seen = Result<(u16, Vec<u8>), FrameError>;

fn chunk(data: &[u8]) -> Message<Request<'_>> {
    Message { id: 1, body: Request::Onion(OnionRequest::Chunk(Chunk { offset: 0, data })) }
}

fn wire(sequence: u16, data: &[u8]) -> Vec<u8> {
    FrameEncoder::new().encode(sequence, &chunk(data)).unwrap().to_vec()
}

fn feed(decoder: &mut FrameDecoder, mut input: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(frame) = decoder.next(&mut input) {
        seen.push(frame.map(|frame| {
            let Request::Onion(OnionRequest::Chunk(chunk)) = frame.message().unwrap().body else {
                panic!("another message came out");
            };
            (frame.sequence, chunk.data.to_vec())
        }));
    }
    seen
}

fn read(stream: &[u8]) -> Vec<Seen> {
    feed(&mut FrameDecoder::new(), stream)
}

/// Stuffs bytes as the specification of COBS says, independently of the crate.
fn stuff(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0];
    let mut code = 1;
    for byte in bytes {
        if *byte == 0 {
            out[code] = u8::try_from(out.len() - code).unwrap();
            code = out.len();
            out.push(0);
        } else {
            out.push(*byte);
            if out.len() - code == 255 {
                out[code] = 255;
                code = out.len();
                out.push(0);
            }
        }
    }
    out[code] = u8::try_from(out.len() - code).unwrap();
    out.push(0);
    out
}

/// A frame with the right tag around any header and body.
fn tagged(header: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut frame = [&header, body].concat();
    let tag = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&frame);
    frame.extend(tag.to_le_bytes());
    frame
}

#[test]
fn a_frame_is_a_header_a_body_and_a_tag_between_zeros() {
    let mut encoder = FrameEncoder::new();
    let bytes = encoder.encode(0x0203, &Message { id: 1, body: Request::Ping }).unwrap();
    let frame = tagged([1, 1, 0, 0, 3, 2, 2, 0], &[1, 1]);
    assert_eq!(bytes, stuff(&frame));
    assert_eq!(hex::encode(bytes), "00030101010403020207010199ff722300");
}

#[test]
fn the_longest_body_fits_and_one_more_byte_does_not() {
    // Id, message number, submessage number, offset and a length of two bytes.
    let longest = MAX_BODY - 6;
    for byte in [0, 1, 0xff] {
        let bytes = wire(1, &vec![byte; longest]);
        assert!(bytes.len() <= MAX_WIRE);
        assert_eq!(read(&bytes), [Ok((1, vec![byte; longest]))]);
        let more = vec![byte; longest + 1];
        assert_eq!(FrameEncoder::new().encode(1, &chunk(&more)), Err(EncodeError::TooLong));
    }
    assert!(MAX_CHUNK <= longest);
}

#[test]
fn a_frame_at_the_limit_is_judged_and_one_past_it_is_too_long() {
    for (length, error) in [
        (MAX_FRAME - 1, FrameError::Header),
        (MAX_FRAME, FrameError::Header),
        (MAX_FRAME + 1, FrameError::TooLong),
    ] {
        let body = vec![7; length - 12];
        let [low, high] = u16::try_from(body.len()).unwrap().to_le_bytes();
        let frame = tagged([1, 1, 0, 0, 0, 0, low, high], &body);
        assert_eq!(read(&stuff(&frame)), [Err(error)], "{length}");
    }
}

#[test]
fn an_endless_frame_is_too_long_once() {
    let mut stream = vec![1; 100_000];
    stream.push(0);
    stream.extend(wire(2, b"after"));
    let seen = read(&stream);
    assert_eq!(seen, [Err(FrameError::TooLong), Ok((2, b"after".to_vec()))]);
}

#[test]
fn zeros_in_a_row_are_no_frames() {
    let mut stream = vec![0; 1_000];
    stream.extend(wire(3, b"x"));
    stream.extend([0; 1_000]);
    assert_eq!(read(&stream), [Ok((3, b"x".to_vec()))]);
}

/// What a `ModemManager` writes to a port that it does not know.
const MODEM_MANAGER: [&[u8]; 5] =
    [b"AT\r", b"AT\r\n", b"AT+CGMI\r\n", b"ATE0 V1\rAT&F\r", b"~\x00\x78\xf0\x7e"];

#[test]
fn what_a_modem_manager_writes_costs_only_itself() {
    let mut stream = MODEM_MANAGER.concat();
    stream.extend(wire(4, b"x"));
    let seen = read(&stream);
    assert_eq!(seen.last(), Some(&Ok((4, b"x".to_vec()))));
    assert!(seen[..seen.len() - 1].iter().all(Result::is_err));
}

#[test]
fn an_at_command_anywhere_in_a_frame_costs_that_frame_at_most() {
    let data: Vec<u8> = (0..=255).chain([0; 20]).collect();
    let (before, frame, after) = (wire(4, b"before"), wire(5, &data), wire(6, b"after"));
    for command in MODEM_MANAGER {
        for place in 0..=frame.len() {
            let (head, tail) = frame.split_at(place);
            let seen = read(&[&before[..], head, command, tail, &after].concat());
            assert_eq!(seen.first(), Some(&Ok((4, b"before".to_vec()))), "{place}");
            assert_eq!(seen.last(), Some(&Ok((6, b"after".to_vec()))), "{place}");
            let between: Vec<_> = seen[1..seen.len() - 1].iter().flatten().collect();
            let is_outside = place == 0 || place == frame.len();
            let survivors = if is_outside { vec![(5, data.clone())] } else { vec![] };
            assert_eq!(between, survivors.iter().collect::<Vec<_>>(), "{place}");
        }
    }
}

#[test]
fn the_hosts_own_echo_is_not_a_reply() {
    let bytes = wire(5, b"x");
    let mut decoder = FrameDecoder::new();
    let frame = decoder.next(&mut &*bytes).unwrap().unwrap();
    assert!(frame.message::<Reply<'_>>().is_err());
    assert!(frame.message::<Request<'_>>().is_ok());
}

#[test]
fn a_frame_cut_off_by_a_closed_port_does_not_reach_into_the_next_conversation() {
    let (first, second) = (wire(6, b"first"), wire(7, b"second"));
    for cut in 0..first.len() - 1 {
        let mut decoder = FrameDecoder::new();
        assert_eq!(feed(&mut decoder, &first[..cut]), []);
        decoder.reset();
        assert_eq!(feed(&mut decoder, &second), [Ok((7, b"second".to_vec()))]);
    }
}

#[test]
fn a_frame_cut_off_without_anybody_noticing_costs_only_itself() {
    let (first, second) = (wire(6, b"first"), wire(7, b"second"));
    for cut in 0..first.len() {
        let seen = read(&[&first[..cut], &second].concat());
        assert_eq!(seen.last(), Some(&Ok((7, b"second".to_vec()))), "{cut}");
        assert!(seen.len() <= 2);
    }
}

#[test]
fn headers_of_another_version_are_named() {
    let body = [1, 1];
    for (header, error) in [
        ([2, 1, 0, 0, 0, 0, 2, 0], FrameError::Version),
        ([0, 1, 0, 0, 0, 0, 2, 0], FrameError::Version),
        ([1, 0, 0, 0, 0, 0, 2, 0], FrameError::Header),
        ([1, 3, 0, 0, 0, 0, 2, 0], FrameError::Header),
        ([1, 1, 1, 0, 0, 0, 2, 0], FrameError::Header),
        ([1, 1, 0, 1, 0, 0, 2, 0], FrameError::Header),
        ([1, 1, 0, 0, 0, 0, 1, 0], FrameError::Header),
        ([1, 1, 0, 0, 0, 0, 3, 0], FrameError::Header),
        ([1, 1, 0, 0, 0, 0, 2, 0xff], FrameError::Header),
    ] {
        assert_eq!(read(&stuff(&tagged(header, &body))), [Err(error)], "{header:?}");
    }
}

#[test]
fn a_frame_shorter_than_its_header_and_tag_is_malformed() {
    for length in 1..12 {
        assert_eq!(read(&stuff(&vec![1; length])), [Err(FrameError::Malformed)], "{length}");
    }
}

#[test]
fn a_message_that_does_not_fill_its_body_is_not_a_message() {
    for body in [&[1, 1, 0][..], &[1], &[], &[1, 200], &[0xff; 9]] {
        let length = u8::try_from(body.len()).unwrap();
        let bytes = stuff(&tagged([1, 1, 0, 0, 0, 0, length, 0], body));
        let mut decoder = FrameDecoder::new();
        let frame = decoder.next(&mut &*bytes).unwrap().unwrap();
        assert!(frame.message::<Request<'_>>().is_err(), "{body:?}");
    }
}

#[test]
fn every_length_on_the_wire_can_be_had_and_read() {
    // USB needs a zero-length packet after a multiple of 64 bytes: all of them have to occur.
    let mut lengths = std::collections::BTreeSet::new();
    for size in 0..=MAX_CHUNK {
        let data: Vec<u8> = (0..=255).cycle().take(size).collect();
        let bytes = wire(8, &data);
        lengths.insert(bytes.len());
        assert_eq!(read(&bytes), [Ok((8, data))]);
    }
    for wanted in [63, 64, 65, 127, 128, 129, 192, 256, 512, 600] {
        assert!(lengths.contains(&wanted), "{wanted}");
    }
}

#[test]
fn one_flipped_bit_is_noticed_or_does_not_matter() {
    let data: Vec<u8> = (0..=255).chain([0; 20]).chain(1..=255).collect();
    let (before, after) = (wire(9, b"before"), wire(10, b"after"));
    let frame = wire(11, &data);
    let (first, last) = (Ok((9, b"before".to_vec())), Ok((10, b"after".to_vec())));
    for place in 0..frame.len() {
        for bit in 0..8 {
            let mut flipped = frame.clone();
            flipped[place] ^= 1 << bit;
            let seen = read(&[before.clone(), flipped, after.clone()].concat());
            let survivors: Vec<_> = seen.iter().filter(|seen| seen.is_ok()).collect();
            assert_eq!(seen.first(), Some(&first), "byte {place}");
            assert!(survivors.len() <= 3);
            for survivor in survivors {
                let same =
                    *survivor == first || *survivor == last || *survivor == Ok((11, data.clone()));
                assert!(same, "byte {place} bit {bit}: {survivor:?}");
            }
            assert_eq!(seen.last(), Some(&last), "byte {place} bit {bit}");
        }
    }
}

#[test]
fn the_decoders_buffer_can_be_wiped() {
    let mut decoder = FrameDecoder::new();
    feed(&mut decoder, &wire(12, b"abandon abandon about"));
    let buffer = decoder.reset();
    assert!(buffer.windows(7).any(|window| window == b"abandon"));
    buffer.fill(0);
    assert_eq!(feed(&mut decoder, &wire(12, b"x")), [Ok((12, b"x".to_vec()))]);
    assert!(!format!("{decoder:?}").contains("120"));
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..600).prop_map(|data| wire(1, &data)),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(Just(0_u8), 0..4),
        1 => prop::collection::vec(Just(1_u8), 1_000..1_100),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_way_to_cut_a_stream_gives_the_same_frames(
        stream in any_stream(),
        cuts in prop::collection::vec(1..200_usize, 1..50),
    ) {
        let whole = read(&stream);
        let mut decoder = FrameDecoder::new();
        let (mut pieces, mut rest) = (Vec::new(), &stream[..]);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at_checked(*cut).unwrap_or((rest, &[]));
            pieces.extend(feed(&mut decoder, piece));
            rest = after;
        }
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn a_frame_after_garbage_and_a_zero_is_read(
        mut garbage in prop::collection::vec(any::<u8>(), 0..3_000),
        data in prop::collection::vec(any::<u8>(), 0..=MAX_CHUNK),
    ) {
        garbage.push(0);
        garbage.extend(wire(13, &data));
        let seen = read(&garbage);
        prop_assert_eq!(seen.last(), Some(&Ok((13, data))));
    }

    #[test]
    fn any_bytes_as_a_body_give_a_message_or_an_error(
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let length = u8::try_from(body.len()).unwrap();
        for kind in [1, 2] {
            let bytes = stuff(&tagged([1, kind, 0, 0, 0, 0, length, 0], &body));
            let mut decoder = FrameDecoder::new();
            let frame = decoder.next(&mut &*bytes).unwrap().unwrap();
            if let Ok(message) = frame.message::<Request<'_>>() {
                prop_assert_eq!(kind, 1);
                let again = FrameEncoder::new().encode(0, &message).unwrap().to_vec();
                let mut decoder = FrameDecoder::new();
                let frame = decoder.next(&mut &*again).unwrap().unwrap();
                prop_assert_eq!(frame.message::<Request<'_>>(), Ok(message));
            }
            if let Ok(message) = frame.message::<Reply<'_>>() {
                prop_assert_eq!(kind, 2);
                prop_assert!(FrameEncoder::new().encode(0, &message).is_ok());
            }
        }
    }

    #[test]
    fn a_nonce_comes_through_unchanged(nonce: [u8; 8], id: u32, sequence: u16) {
        let message = Message { id, body: Request::Hello { nonce: Bytes(nonce), protocol: 1 } };
        let bytes = FrameEncoder::new().encode(sequence, &message).unwrap().to_vec();
        let mut decoder = FrameDecoder::new();
        let frame = decoder.next(&mut &*bytes).unwrap().unwrap();
        prop_assert_eq!(frame.sequence, sequence);
        prop_assert_eq!(frame.message::<Request<'_>>(), Ok(message));
    }
}
