//! A conversation with a device: recorded once, and played to a device on a computer or a board.
//!
//! The device is the whole core, between the link's frames in and the link's frames out. It has no
//! flash: what it wants stored counts as stored.

#![no_std]

use core::hint::black_box;

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_link::{
    FrameDecoder, FrameEncoder, Message, Reply, Request, ResetReason, SeedAtRest,
};
use countersign_policy::Uptime;
use countersign_signer::{About, Desk, Device, Input, Moment, Output, Scratch, Screen, Stored};
use serde::{Deserialize, Serialize};

/// What a host says to a device, and the device that it says it to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Recording<'b> {
    /// What flash holds at boot: the seed.
    #[serde(borrow)]
    pub seed: Option<&'b [u8]>,
    /// The settings.
    #[serde(borrow)]
    pub settings: Option<&'b [u8]>,
    /// The counters.
    #[serde(borrow)]
    pub counters: Option<&'b [u8]>,
    /// The refunds.
    #[serde(borrow)]
    pub payouts: Option<&'b [u8]>,
    /// The host's frames before those that count.
    pub greeting: &'b [u8],
    /// The host's frames that count.
    pub frames: &'b [u8],
    /// Bytes that the host pulls with them.
    pub pulled: u32,
}

/// The memory of a device, given once.
pub struct Memory {
    curve: CurveMemory,
    desk: Desk,
    scratch: Scratch,
    decoder: FrameDecoder,
    encoder: FrameEncoder,
}

/// A device that a recording is played to.
pub struct Player<'m> {
    recording: Recording<'m>,
    device: Device<'m>,
    scratch: &'m mut Scratch,
    decoder: &'m mut FrameDecoder,
    encoder: &'m mut FrameEncoder,
    draws: u64,
}

impl<'b> Recording<'b> {
    /// Reads what postcard made of a recording; `None` when it is something else.
    #[must_use]
    pub fn read(bytes: &'b [u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

impl Memory {
    /// Memory that nothing has worked in yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self {
            curve: CurveMemory::new(),
            desk: Desk::new(),
            scratch: Scratch::new(),
            decoder: FrameDecoder::new(),
            encoder: FrameEncoder::new(),
        }
    }
}

impl<'m> Player<'m> {
    /// A device that has come up with what the recording says is in flash, and was greeted.
    ///
    /// # Panics
    ///
    /// When it answers with an error.
    #[must_use]
    pub fn boot(recording: Recording<'m>, memory: &'m mut Memory) -> Self {
        let Memory { curve, desk, scratch, decoder, encoder } = memory;
        let about = About {
            board: "bench",
            firmware: [0; 3],
            commit: [0; 20],
            reset: ResetReason::PowerOn,
            screen: Screen::OnBoard,
            seed: SeedAtRest::Plain,
        };
        let Recording { seed, settings, counters, payouts, .. } = recording;
        let stored = Stored { seed, settings, counters, payouts };
        let curve = Curve::new(curve, &Secret::new([1; 32])).expect("memory enough");
        let device = Device::boot(about, curve, desk, Ok(stored), Uptime(0));
        let mut player = Self { recording, device, scratch, decoder, encoder, draws: 0 };
        let _ = player.hear(recording.greeting);
        player
    }

    /// Plays the frames that count.
    ///
    /// # Panics
    ///
    /// When the device answers with an error, or not at all.
    pub fn play(&mut self) {
        assert_eq!(self.hear(self.recording.frames), self.recording.pulled);
    }

    /// Takes the host's frames and answers them; how many bytes are pulled so.
    fn hear(&mut self, frames: &[u8]) -> u32 {
        let Self { device, scratch, decoder, encoder, draws, .. } = self;
        let (mut rest, mut pulled) = (frames, 0);
        while let Some(frame) = decoder.next(&mut rest) {
            let frame = frame.expect("a frame");
            let Message { id, body: request } = frame.message::<Request<'_>>().expect("a request");
            let mut input = Input::Message { id, request };
            loop {
                *draws += 1;
                let mut entropy = [0; 32];
                entropy[..8].copy_from_slice(&draws.to_be_bytes());
                let moment = Moment { uptime: Uptime(0), entropy };
                input = match device.handle(&moment, input, scratch) {
                    Output::Nothing => break,
                    Output::Continue => Input::Continue,
                    Output::Store { .. } => Input::Stored,
                    Output::Reply { id, reply } => {
                        match &reply {
                            Reply::Chunk(chunk) => pulled += length(chunk.data),
                            Reply::Error(error) => panic!("the device answers {error:?}"),
                            _ => {}
                        }
                        let message = Message { id, body: reply };
                        black_box(encoder.encode(frame.sequence, &message).expect("a reply"));
                        break;
                    }
                    output @ (Output::Ask { .. } | Output::Erase) => {
                        panic!("the device wants {output:?}")
                    }
                };
            }
        }
        pulled
    }
}

fn length(data: &[u8]) -> u32 {
    u32::try_from(data.len()).expect("a chunk is short")
}
