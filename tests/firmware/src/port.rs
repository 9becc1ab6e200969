use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use countersign_link::{
    Body, Bytes, FrameDecoder, FrameEncoder, Message, PROTOCOL, Reply, Request,
};

/// A port as a program without our client has it: bytes.
#[derive(Debug)]
pub struct Port {
    stream: TcpStream,
    decoder: FrameDecoder,
    received: Vec<u8>,
}

/// How long an emulator on a busy computer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The bytes of a message on the wire.
///
/// # Panics
///
/// When it is longer than a frame.
#[must_use]
pub fn wire<'b, B: Body<'b>>(id: u32, body: B) -> Vec<u8> {
    let mut encoder = FrameEncoder::new();
    encoder.encode(0, &Message { id, body }).expect("a frame").to_vec()
}

impl Port {
    /// Opens the port and says hello.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut port = Self { stream, decoder: FrameDecoder::new(), received: Vec::new() };
        let nonce = Bytes([7; 8]);
        port.send(&wire(1, Request::Hello { nonce, protocol: PROTOCOL }))?;
        while !port.reply(|id, reply| id == 1 && matches!(reply, Reply::Hello(_)))? {}
        Ok(port)
    }

    /// Sends bytes as one transfer.
    ///
    /// # Errors
    ///
    /// When the port is gone.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Waits for the next reply and returns what `judge` makes of it and its id.
    ///
    /// # Errors
    ///
    /// When none comes, or the port is gone.
    pub fn reply<T>(&mut self, judge: impl FnOnce(u32, Reply<'_>) -> T) -> Result<T> {
        loop {
            let mut rest = self.received.as_slice();
            if let Some(frame) = self.decoder.next(&mut rest) {
                let message = frame?.message::<Reply<'_>>().ok().context("not a reply")?;
                let judged = judge(message.id, message.body);
                self.received = rest.to_vec();
                return Ok(judged);
            }
            let mut buffer = [0; 2_048];
            let length = self.stream.read(&mut buffer)?;
            if length == 0 {
                bail!("the port is gone");
            }
            self.received = buffer[..length].to_vec();
        }
    }
}
