use core::time::Duration;
use std::collections::VecDeque;
use std::io;

use countersign_link::{
    Bytes, Code, FrameDecoder, FrameEncoder, HelloAck, MAX_CHUNK, MAX_WIRE, Message, Network,
    NodeId, PROTOCOL, Reply, Request, State,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};
use zeroize::Zeroize as _;

use crate::access::Port;
use crate::response::Response;
use crate::{Access, Error};

/// What a device said about itself when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Major, minor and patch version of the firmware.
    pub firmware: [u8; 3],
    /// The commit that the firmware was built from.
    pub commit: [u8; 20],
    /// The board.
    pub board: String,
    /// What it can do right now.
    pub state: State,
    /// Its network, once provisioned.
    pub network: Option<Network>,
    /// Its node id, once provisioned.
    pub node: Option<NodeId>,
    /// How long a request may take, approvals aside.
    pub longest: Duration,
    /// How many bytes of anything long it takes in one frame.
    pub chunk: usize,
}

impl From<HelloAck<'_>> for Hello {
    fn from(hello: HelloAck<'_>) -> Self {
        Self {
            firmware: hello.firmware,
            commit: hello.commit.0,
            board: hello.board.to_owned(),
            state: hello.state,
            network: hello.network,
            node: hello.node,
            longest: Duration::from_millis(hello.capacities.longest_ms.into()),
            // A device that takes longer ones takes ours, and none takes less than a byte.
            chunk: usize::from(hello.capacities.chunk).clamp(1, MAX_CHUNK),
        }
    }
}

impl Hello {
    /// The firmware's version as people write it.
    #[must_use]
    pub fn version(&self) -> String {
        let [major, minor, patch] = self.firmware;
        format!("{major}.{minor}.{patch}")
    }
}

/// How long an opened port is listened to for what an earlier conversation left in it.
const DRAIN: Duration = Duration::from_millis(10);

/// How long a `Hello` is waited for, and how often it is said.
const HELLO: Duration = Duration::from_secs(1);
const HELLOS: u8 = 3;

/// How long a device may be silent before it is pinged, and how often it may miss that.
const QUIET: Duration = Duration::from_secs(1);
const MISSED_PINGS: u8 = 3;

/// One conversation with a device, from `Hello` to the closed port.
#[derive(Debug)]
pub(crate) struct Link {
    port: Port,
    decoder: FrameDecoder,
    encoder: FrameEncoder,
    received: VecDeque<u8>,
    /// Replies that were read while another one was waited for.
    set_aside: VecDeque<(u32, Response)>,
    sequence: u16,
    next_aside: u32,
    slowness: u32,
    pub(crate) hello: Hello,
}

impl Link {
    /// Opens the port and greets.
    pub(crate) async fn open(access: &Access) -> Result<Self, Error> {
        let port = access.open().await?;
        let mut link = Self {
            port,
            decoder: FrameDecoder::new(),
            encoder: FrameEncoder::new(),
            received: VecDeque::new(),
            set_aside: VecDeque::new(),
            sequence: 0,
            next_aside: getrandom::u32()?,
            slowness: access.slowness(),
            hello: Hello {
                firmware: [0; 3],
                commit: [0; 20],
                board: String::new(),
                state: State::Faulty,
                network: None,
                node: None,
                longest: Duration::ZERO,
                chunk: MAX_CHUNK,
            },
        };
        link.drain().await?;
        for _ in 0..HELLOS {
            match timeout(HELLO, link.greet()).await {
                Ok(greeted) => return greeted.map(|()| link),
                Err(_elapsed) => {}
            }
        }
        Err(Error::NoAnswer(access.to_string()))
    }

    async fn drain(&mut self) -> Result<(), Error> {
        while let Ok(read) = timeout(DRAIN, self.read()).await {
            read?;
            self.received.clear();
        }
        Ok(())
    }

    async fn greet(&mut self) -> Result<(), Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)?;
        let nonce = Bytes(bytes);
        self.port.write_all(&[0, 0]).await.map_err(Error::Lost)?;
        let id = self.aside_id();
        self.send(id, &Request::Hello { nonce, protocol: PROTOCOL }).await?;
        loop {
            match self.next().await? {
                (_, Response::Hello(back, protocol, hello)) if back == nonce => {
                    if protocol != PROTOCOL {
                        let firmware = hello.version();
                        return Err(Error::OtherProtocol { device: protocol, firmware });
                    }
                    self.set_aside.clear();
                    self.hello = hello;
                    return Ok(());
                }
                // Of an earlier conversation.
                _ => {}
            }
        }
    }

    /// Sends one frame of a request.
    pub(crate) async fn send(&mut self, id: u32, request: &Request<'_>) -> Result<(), Error> {
        self.sequence = self.sequence.wrapping_add(1);
        let message = Message { id, body: request.clone() };
        let bytes = self.encoder.encode(self.sequence, &message);
        let bytes = bytes.or(Err(Error::TooLong("this")))?;
        self.port.write_all(bytes).await.map_err(Error::Lost)?;
        if matches!(request, Request::Provision(_) | Request::Entropy(_)) {
            self.encoder.buffer_mut().zeroize();
        }
        self.port.flush().await.map_err(Error::Lost)
    }

    /// The next reply to any request. Nothing is lost when this is dropped halfway.
    async fn next(&mut self) -> Result<(u32, Response), Error> {
        loop {
            if let Some(reply) = self.take_reply() {
                return Ok(reply);
            }
            self.read().await?;
        }
    }

    /// A reply among the bytes that were received.
    fn take_reply(&mut self) -> Option<(u32, Response)> {
        loop {
            let bytes = self.received.make_contiguous();
            let mut rest: &[u8] = bytes;
            let frame = self.decoder.next(&mut rest);
            // What is no reply is an echo or damage; the reply that it was is asked for again.
            let reply = match frame {
                None => None,
                Some(Err(_)) => Some(None),
                Some(Ok(frame)) => Some(frame.message::<Reply<'_>>().ok().and_then(|message| {
                    Response::try_from(message.body).ok().map(|body| (message.id, body))
                })),
            };
            let used = bytes.len().saturating_sub(rest.len());
            self.received.drain(..used);
            if let Some(reply) = reply? {
                return Some(reply);
            }
        }
    }

    async fn read(&mut self) -> Result<(), Error> {
        let mut buffer = [0; MAX_WIRE];
        let length = self.port.read(&mut buffer).await.map_err(Error::Lost)?;
        if length == 0 {
            return Err(Error::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
        self.received.extend(buffer.get(..length).unwrap_or_default());
        buffer.zeroize();
        Ok(())
    }

    /// Waits for a reply to request `id`, with pings in between so as to notice when the device is
    /// gone. It takes until `deadline` at most.
    ///
    /// An [`Error::Refused`] is a reply to that very request.
    pub(crate) async fn reply(
        &mut self,
        id: u32,
        deadline: Option<Instant>,
    ) -> Result<Response, Error> {
        let mut missed = 0_u8;
        loop {
            if let Some(place) = self.set_aside.iter().position(|(of, _)| *of == id)
                && let Some((_, reply)) = self.set_aside.remove(place)
            {
                return not_an_error(reply);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Error::TooSlow);
            }
            match timeout(QUIET, self.next()).await {
                Ok(reply) => {
                    missed = 0;
                    match reply? {
                        (0, Response::Error(error)) if is_about_frames(error.code) => {
                            return Err(Error::Damaged(error.code));
                        }
                        (_, Response::Pong) => {}
                        reply => self.set_aside.push_back(reply),
                    }
                }
                Err(_elapsed) if missed == MISSED_PINGS => return Err(Error::Wedged),
                Err(_elapsed) => {
                    missed = missed.saturating_add(1);
                    let id = self.aside_id();
                    self.send(id, &Request::Ping).await?;
                }
            }
        }
    }

    /// Asks something that may be asked at any time, whatever else is going on.
    pub(crate) async fn aside(&mut self, request: &Request<'_>) -> Result<Response, Error> {
        let id = self.aside_id();
        self.send(id, request).await?;
        let deadline = Instant::now().checked_add(self.longest());
        self.reply(id, deadline).await
    }

    /// How long a request may take, on our clock.
    pub(crate) const fn longest(&self) -> Duration {
        self.hello.longest.saturating_mul(self.slowness)
    }

    /// An id that no operation has: theirs are even.
    const fn aside_id(&mut self) -> u32 {
        self.next_aside = self.next_aside.wrapping_add(2) | 1;
        self.next_aside
    }
}

fn not_an_error(reply: Response) -> Result<Response, Error> {
    match reply {
        Response::Error(error) => Err(Error::Refused(error)),
        reply => Ok(reply),
    }
}

const fn is_about_frames(code: Code) -> bool {
    matches!(code, Code::FRAME_TOO_LONG | Code::FRAME_DAMAGED | Code::FRAME_HEADER)
}
