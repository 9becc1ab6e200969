use core::ops::Range;

use countersign_crypto::{ChaCha20, HmacSha256, KeyType, Secret, SharedSecret};

use crate::capacity::{HMAC_LEN, MAX_LAYERS};
use crate::forward::apply;
use crate::peel::FINAL_HMAC;
use crate::{Payload, PayloadsLen};

/// Where the bytes that fill a packet come from. The receivers cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pad {
    /// The pad's keystream is what the last hop finds behind its payload, as BOLT 4 writes it and
    /// its test vectors have it.
    Innermost,
    /// The pad's keystream is what a middle layer shows, which needs about half the work: see
    /// `DECISIONS.md`.
    Middle,
}

/// Every layer of an onion, at any byte.
///
/// Think of the payloads one behind the other, then the pad up to the packet's length, then the
/// filler that peeling appends: one line of bytes, of which each layer shows a window that begins
/// with its own payload. An *address* is a place on that line; layer `n`'s keystream is at position
/// 0 where its window begins.
///
/// ```text
///            0        start₁      start₂    end            len          len + start₂
/// payloads   |payload₀|payload₁   |payload₂ |pad ……………………… |filler ……………|
/// layer 0    |—————————————————————— len ——————————————————|
/// layer 1             |—————————————————————— len ——————————————————|
/// layer 2                         |—————————————————————— len ——————————————————|
/// ```
pub(crate) struct Layers {
    list: [Layer; MAX_LAYERS],
    count: usize,
    /// Address behind the last payload.
    end: usize,
    len: usize,
    pad: Option<Secret<32>>,
    /// The layer that shows the pad's keystream; `count` is beneath the last one.
    pad_layer: usize,
}

/// One layer, outermost first.
struct Layer {
    /// Address of the payload, length and MAC included.
    start: usize,
    end: usize,
    /// What its hop shares with us.
    keys: Option<Keys>,
}

/// The keys alone: a cipher at its place in the stream would take four times as much memory, and
/// saves one block of it in seventeen.
struct Keys {
    rho: Secret<32>,
    seal: Seal,
}

/// The MAC of a layer, which the payload above it ends with.
enum Seal {
    /// It is still to be computed, with this key.
    Mu(Secret<32>),
    Hmac([u8; HMAC_LEN]),
}

impl Seal {
    const fn hmac(&self) -> Option<&[u8; HMAC_LEN]> {
        match self {
            Self::Mu(_) => None,
            Self::Hmac(hmac) => Some(hmac),
        }
    }
}

impl Layers {
    pub(crate) const fn new() -> Self {
        Self {
            list: [const { Layer { start: 0, end: 0, keys: None } }; MAX_LAYERS],
            count: 0,
            end: 0,
            len: 0,
            pad: None,
            pad_layer: 0,
        }
    }

    /// Lays `payloads` out in `len` bytes; `None` when they do not fit or are too many.
    pub(crate) fn begin(
        &mut self,
        session_key: &Secret<32>,
        payloads: &[Payload<'_>],
        len: PayloadsLen,
        pad: Pad,
    ) -> Option<()> {
        self.wipe();
        self.len = len.get();
        for (at, payload) in payloads.iter().enumerate() {
            let layer = self.list.get_mut(at)?;
            layer.start = self.end;
            layer.end = self.end.checked_add(payload.layer_len())?;
            self.end = layer.end;
        }
        self.count = payloads.len();
        self.pad = Some(KeyType::Pad.derive(session_key.expose_secret()));
        self.pad_layer = match pad {
            Pad::Innermost => self.count,
            Pad::Middle => self.count.saturating_sub(1).div_euclid(2),
        };
        (self.end <= self.len).then_some(())
    }

    /// Forgets every key.
    pub(crate) fn wipe(&mut self) {
        for layer in &mut self.list {
            layer.keys = None;
        }
        self.pad = None;
        self.count = 0;
        self.end = 0;
    }

    /// The number of layers.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Bytes of each layer.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether `payloads` are as long as those that were laid out.
    pub(crate) fn match_lengths(&self, payloads: &[Payload<'_>]) -> bool {
        payloads.len() == self.count
            && self.list.iter().zip(payloads).all(|(layer, payload)| {
                layer.end.checked_sub(layer.start) == Some(payload.layer_len())
            })
    }

    /// Gives layer `number` its keys.
    pub(crate) fn set_keys(&mut self, number: usize, shared: &SharedSecret) {
        if let Some(layer) = self.list.get_mut(number) {
            let seal = Seal::Mu(shared.derive(KeyType::Mu));
            layer.keys = Some(Keys { rho: shared.derive(KeyType::Rho), seal });
        }
    }

    /// A MAC for layer `number`, which has none yet.
    pub(crate) fn mac(&self, number: usize) -> Option<HmacSha256> {
        match &self.list.get(number)?.keys.as_ref()?.seal {
            Seal::Mu(mu) => Some(HmacSha256::new(mu.expose_secret())),
            Seal::Hmac(_) => None,
        }
    }

    /// Takes the MAC of layer `number`, for which its key was there.
    pub(crate) fn set_hmac(&mut self, number: usize, hmac: &[u8; HMAC_LEN]) {
        if let Some(keys) = self.list.get_mut(number).and_then(|layer| layer.keys.as_mut()) {
            keys.seal = Seal::Hmac(*hmac);
        }
    }

    /// The packet's own MAC, once it is known.
    pub(crate) fn hmac(&self) -> Option<&[u8; HMAC_LEN]> {
        self.list.first()?.keys.as_ref()?.seal.hmac()
    }

    /// Fills `out` with layer `number` as it is sent, from byte `position` of it on. The MACs of
    /// all layers beneath have to be known.
    pub(crate) fn fill(
        &self,
        number: usize,
        position: usize,
        payloads: &[Payload<'_>],
        out: &mut [u8],
    ) {
        let Some(start) = self.list.get(number).map(|layer| layer.start) else { return };
        let mut window = Window { start: start.saturating_add(position), bytes: out };
        window.bytes.fill(0);
        let beneath = self.list.iter().take(self.count).skip(1).map(|layer| &layer.keys);
        let hmacs = beneath.map(|keys| keys.as_ref().and_then(|keys| keys.seal.hmac()));
        let hmacs = hmacs.chain(core::iter::once(Some(&FINAL_HMAC)));
        let layers = self.list.iter().zip(payloads).zip(hmacs).take(self.count).skip(number);
        for ((layer, payload), next_hmac) in layers {
            if window.meets(&(layer.start..layer.end)) {
                let mut address = layer.start;
                payload.visit_layer(next_hmac.unwrap_or(&FINAL_HMAC), &mut |piece| {
                    window.put(address, piece);
                    address = address.saturating_add(piece.len());
                });
            }
        }

        // A layer at or beneath this one covers the payloads from its own on, and the pad if the
        // pad's keystream enters further in. One above has been taken off, which appended to the
        // filler what its keystream has beyond the packet; and it covers the pad if the pad's
        // keystream enters at or above it.
        for (other, layer) in self.list.iter().take(self.count).enumerate() {
            let Some(keys) = &layer.keys else { continue };
            let covered = if other >= number {
                layer.start..if other < self.pad_layer { self.len } else { self.end }
            } else {
                let first = if other < self.pad_layer { self.len } else { self.end };
                first..self.len.saturating_add(layer.end)
            };
            window.apply(&keys.rho, layer.start, &covered);
        }
        if let Some(pad) = &self.pad {
            window.apply(pad, self.end, &(self.end..self.len));
        }
    }
}

/// Some bytes and the address of the first.
struct Window<'b> {
    start: usize,
    bytes: &'b mut [u8],
}

impl Window<'_> {
    fn meets(&self, range: &Range<usize>) -> bool {
        range.start < self.start.saturating_add(self.bytes.len()) && self.start < range.end
    }

    /// The bytes whose addresses are in `range`, and the address of the first.
    fn part(&mut self, range: &Range<usize>) -> (usize, &mut [u8]) {
        let first = range.start.max(self.start);
        let from = first.saturating_sub(self.start).min(self.bytes.len());
        let to = range.end.saturating_sub(self.start).min(self.bytes.len());
        (first, self.bytes.get_mut(from..to).unwrap_or(&mut []))
    }

    /// Writes as much of `piece`, which lies at `address`, as is in sight.
    fn put(&mut self, address: usize, piece: &[u8]) {
        let (first, part) = self.part(&(address..address.saturating_add(piece.len())));
        for (byte, &digit) in part.iter_mut().zip(piece.iter().skip(first.saturating_sub(address)))
        {
            *byte = digit;
        }
    }

    /// Combines what is in sight of `range` with the stream of `key` that begins at address
    /// `origin`.
    fn apply(&mut self, key: &Secret<32>, origin: usize, range: &Range<usize>) {
        let (first, part) = self.part(range);
        if !part.is_empty() {
            apply(&mut ChaCha20::new(key), first.saturating_sub(origin), part);
        }
    }
}
