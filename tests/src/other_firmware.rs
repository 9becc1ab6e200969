//! A device whose firmware is of another time than the host's program: it says hello, and serves
//! nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use countersign_link::{
    Bytes, Capacities, FrameDecoder, FrameEncoder, HelloAck, Message, Reply, Request, State,
};

/// Where a device of firmware 9.8.7 listens that speaks version `protocol`, for as long as this
/// process runs.
///
/// # Panics
///
/// When there is no port for it.
#[must_use]
pub fn speaking(protocol: u16) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    thread::spawn(move || {
        for host in listener.incoming() {
            greet(host.expect("a host"), protocol);
        }
    });
    address
}

/// Answers every hello until the host hangs up.
fn greet(mut host: TcpStream, protocol: u16) {
    let mut decoder = FrameDecoder::new();
    let mut buffer = [0; 256];
    while let Ok(length @ 1..) = host.read(&mut buffer) {
        let mut rest = &buffer[..length];
        while let Some(frame) = decoder.next(&mut rest) {
            let message = frame.expect("a frame").message::<Request<'_>>().expect("a request");
            let Message { id, body: Request::Hello { nonce, .. } } = message else { continue };
            let body = Reply::Hello(hello(nonce, protocol));
            let mut encoder = FrameEncoder::new();
            let reply = encoder.encode(1, &Message { id, body }).expect("a short reply");
            host.write_all(reply).expect("the host listens");
        }
    }
}

const fn hello(nonce: Bytes<8>, protocol: u16) -> HelloAck<'static> {
    let capacities =
        Capacities { frame: 640, chunk: 600, window: 4, onion: 32_834, longest_ms: 5_000 };
    HelloAck {
        nonce,
        protocol,
        firmware: [9, 8, 7],
        commit: Bytes([0; 20]),
        board: "of another time",
        capacities,
        state: State::Ready,
        network: None,
        node: None,
    }
}
