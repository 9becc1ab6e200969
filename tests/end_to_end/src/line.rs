use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use countersign_link::{FrameDecoder, Reply};

/// A cable between a bridge and a device that keeps every byte which goes over it.
#[derive(Debug)]
pub struct RecordedLine {
    /// Where the bridge finds the device.
    pub address: String,
    bytes: Arc<Mutex<[Vec<u8>; 2]>>,
}

impl RecordedLine {
    /// Lays a cable to the device at `device`, which is `tcp:HOST:PORT`.
    ///
    /// # Panics
    /// There is no port left.
    #[must_use]
    pub fn to(device: &str) -> Self {
        let bytes = Arc::new(Mutex::new([Vec::new(), Vec::new()]));
        let kept = bytes.clone();
        let address = lay(device, move |side| {
            let kept = kept.clone();
            Box::new(move |bytes| {
                kept.lock().unwrap()[side].extend_from_slice(bytes);
                true
            })
        });
        Self { address, bytes }
    }

    /// What the host said and what the device said: as it was on the wire, and as it was inside the
    /// frames.
    ///
    /// # Panics
    /// A thread has panicked.
    #[must_use]
    pub fn everything(&self) -> Vec<Vec<u8>> {
        let wire = self.bytes.lock().unwrap().clone();
        let inside = wire.iter().map(|bytes| frames(bytes)).collect::<Vec<_>>();
        wire.into_iter().chain(inside).collect()
    }
}

/// A cable between a bridge and a device that goes dead in the very instant in which the device says
/// that a payment is authorised: the device has said it, and the bridge never hears it. Whoever
/// comes next finds the cable whole.
#[derive(Debug)]
pub struct CutLine {
    /// Where the bridge finds the device.
    pub address: String,
    cut: Receiver<()>,
}

impl CutLine {
    /// Lays a cable to the device at `device`, which is `tcp:HOST:PORT`.
    ///
    /// # Panics
    /// There is no port left.
    #[must_use]
    pub fn to(device: &str) -> Self {
        let (say, cut) = channel();
        let is_cut = Arc::new(AtomicBool::new(false));
        let address = lay(device, move |side| match side {
            DEVICE => cut_at_payment(say.clone(), is_cut.clone()),
            _ => Box::new(|_| true),
        });
        Self { address, cut }
    }

    /// Waits until the device has authorised a payment, which nobody knows.
    ///
    /// # Panics
    /// It does not come to that.
    pub fn wait_until_cut(&self) {
        self.cut.recv_timeout(PATIENCE).unwrap();
    }
}

fn cut_at_payment(say: Sender<()>, is_cut: Arc<AtomicBool>) -> Tap {
    let (mut decoder, mut is_dead) = (FrameDecoder::new(), false);
    Box::new(move |bytes| {
        let mut rest = bytes;
        while let Some(frame) = decoder.next(&mut rest) {
            let reply = frame.ok().and_then(|frame| frame.message::<Reply<'_>>().ok());
            let is_payment = reply.is_some_and(|reply| matches!(reply.body, Reply::Pay(_)));
            if is_payment && !is_cut.swap(true, Ordering::Relaxed) {
                is_dead = true;
                say.send(()).unwrap();
            }
        }
        !is_dead
    })
}

/// Looks at what goes by, and says whether it goes on.
type Tap = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// The sides of a cable: who speaks.
const HOST: usize = 0;
const DEVICE: usize = 1;

/// Lays a cable to the device at `device`, with a tap at either side of each connection, and returns
/// where it begins.
fn lay(device: &str, tap: impl Fn(usize) -> Tap + Send + 'static) -> String {
    let device = device.strip_prefix("tcp:").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for host in listener.incoming().map_while(Result::ok) {
            let Ok(board) = TcpStream::connect(&device) else { continue };
            let [host_again, board_again] = [&host, &board].map(|end| end.try_clone().unwrap());
            copy(host, board_again, tap(HOST));
            copy(board, host_again, tap(DEVICE));
        }
    });
    address
}

fn copy(mut from: TcpStream, mut to: TcpStream, mut tap: Tap) {
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = &buffer[..length];
            if tap(bytes) && to.write_all(bytes).is_err() {
                break;
            }
        }
        drop(to.shutdown(std::net::Shutdown::Both));
    });
}

/// What was stuffed with COBS between the zeros: the frames, one after the other.
fn frames(wire: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    for stuffed in wire.split(|byte| *byte == 0) {
        let mut rest = stuffed;
        while let Some((&distance, block)) = rest.split_first() {
            let length = usize::from(distance).saturating_sub(1).min(block.len());
            frames.extend_from_slice(&block[..length]);
            rest = &block[length..];
            if distance != u8::MAX && !rest.is_empty() {
                frames.push(0);
            }
        }
    }
    frames
}

/// An emulated device needs seconds for an invoice.
const PATIENCE: Duration = Duration::from_secs(60);
