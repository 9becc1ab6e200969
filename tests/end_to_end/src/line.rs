use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

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
        let device = device.strip_prefix("tcp:").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp:{}", listener.local_addr().unwrap());
        let bytes = Arc::new(Mutex::new([Vec::new(), Vec::new()]));
        let kept = bytes.clone();
        thread::spawn(move || {
            for host in listener.incoming().map_while(Result::ok) {
                let Ok(board) = TcpStream::connect(&device) else { continue };
                let ends = [host.try_clone().unwrap(), board.try_clone().unwrap()];
                let [host_again, board_again] = ends;
                copy(host, board_again, 0, kept.clone());
                copy(board, host_again, 1, kept.clone());
            }
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

fn copy(mut from: TcpStream, mut to: TcpStream, side: usize, kept: Arc<Mutex<[Vec<u8>; 2]>>) {
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            kept.lock().unwrap()[side].extend_from_slice(&buffer[..length]);
            if to.write_all(&buffer[..length]).is_err() {
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
