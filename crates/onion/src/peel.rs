use core::fmt;

use countersign_crypto::{ChaCha20, Curve, HmacSha256, PublicKey, SecretKey, SharedSecret, wipe};
use countersign_tlv::{Malformed, Reader};

use crate::capacity::{HEADER_LEN, HMAC_LEN, KEPT_LEN, MAX_PAYLOAD_LEN};
use crate::{AssociatedData, Forward, Ignored, PayloadsLen};

/// A packet that arrives in chunks and is opened for one hop, in about 8.7 KB that stay in place.
///
/// The MAC is computed over every chunk, but only the first payload is decrypted and kept, and
/// nothing of it can be had before [`Peel::finish`] has compared the MAC. Put it into static memory:
/// [`Peel::begin`] starts anew in place.
pub struct Peel {
    incoming: Option<Incoming>,
    hop: Option<Hop>,
    /// Bytes of `kept` that have been decrypted.
    kept_len: usize,
    /// The length of the first payload, the payload, and the MAC of the next packet.
    kept: [u8; KEPT_LEN],
}

// 8,227 bytes are what is kept; the rest is the MAC, the cipher and the keys in progress.
const _: () = assert!(size_of::<Peel>() <= KEPT_LEN + 704);

/// What a packet held for this hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peeled<'p> {
    /// The onion ends here.
    Final {
        /// The payload, without its length.
        payload: &'p [u8],
    },
    /// The rest is an onion for somebody else, or again for us: see [`Peel::forward`].
    Forward {
        /// The payload, without its length.
        payload: &'p [u8],
    },
}

/// A packet on its way in.
struct Incoming {
    mac: HmacSha256,
    rho: ChaCha20,
    received: usize,
}

/// What this hop shares with the sender, and the packet as far as it is not payload.
struct Hop {
    shared: SharedSecret,
    public_key: PublicKey,
    payloads_len: PayloadsLen,
    associated: AssociatedData,
    /// The packet's own MAC, once it has matched.
    hmac: Option<[u8; HMAC_LEN]>,
}

impl Peel {
    /// Memory in which nothing has begun.
    #[must_use]
    #[expect(
        clippy::large_stack_frames,
        clippy::new_without_default,
        reason = "made for statics, which are initialised at compile time"
    )]
    pub const fn new() -> Self {
        Self { incoming: None, hop: None, kept_len: 0, kept: [0; KEPT_LEN] }
    }

    /// Begins a packet, and forgets the one before. This takes one multiplication on the curve.
    ///
    /// `key` is the node's key or, when the packet came with a path key, that key tweaked
    /// (R-OD-02). `header` is the packet's version and public key.
    ///
    /// # Errors
    /// [`Ignored`] for another version than 0 or a public key that is no point (R-OD-01).
    pub fn begin(
        &mut self,
        key: &SecretKey,
        header: &[u8; HEADER_LEN],
        payloads_len: PayloadsLen,
        associated: AssociatedData,
    ) -> Result<(), Ignored> {
        self.wipe();
        let mut reader = Reader::new(header);
        if reader.u8() != Ok(VERSION) {
            return Err(Ignored);
        }
        let public_key = reader.array().or(Err(Ignored))?;
        let public_key = PublicKey::parse(public_key).or(Err(Ignored))?;
        let shared = key.ecdh(&public_key);
        self.incoming = Some(Incoming {
            mac: HmacSha256::new(shared.derive(b"mu").expose_secret()),
            rho: ChaCha20::new(&shared.derive(b"rho")),
            received: 0,
        });
        self.hop = Some(Hop { shared, public_key, payloads_len, associated, hmac: None });
        Ok(())
    }

    /// Takes the next bytes of the payloads, any number of them.
    pub fn chunk(&mut self, bytes: &[u8]) {
        let Some(incoming) = &mut self.incoming else { return };
        incoming.received = incoming.received.saturating_add(bytes.len());
        incoming.mac.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let wanted = wanted(self.kept.get(..self.kept_len).unwrap_or(&[]));
            let end = wanted.min(self.kept_len.saturating_add(rest.len()));
            let space = self.kept.get_mut(self.kept_len..end).unwrap_or(&mut []);
            let Some((taken, after)) = rest.split_at_checked(space.len()) else { return };
            if taken.is_empty() {
                return;
            }
            for (kept, &byte) in space.iter_mut().zip(taken) {
                *kept = byte;
            }
            incoming.rho.apply(space);
            self.kept_len = end;
            rest = after;
        }
    }

    /// Ends the packet with its MAC, and gives the payload away if everything is in order.
    ///
    /// # Errors
    /// [`Ignored`] when the chunks were not as long as announced, when the MAC does not match, when
    /// the payload is malformed (R-OD-04), or when it is longer than
    /// [`MAX_PAYLOAD_LEN`]. Nothing of the packet is left then.
    pub fn finish(&mut self, hmac: &[u8; HMAC_LEN]) -> Result<Peeled<'_>, Ignored> {
        // The MAC comes first: what is decrypted means nothing before it has matched.
        if !self.is_authentic(hmac) || self.opened().is_none() {
            self.wipe();
        }
        let (payload, next_hmac) = self.opened().ok_or(Ignored)?;
        Ok(if *next_hmac == FINAL_HMAC {
            Peeled::Final { payload }
        } else {
            Peeled::Forward { payload }
        })
    }

    /// The second pass over the same packet, which makes the next hop's packet of it. This takes
    /// one multiplication on the curve.
    ///
    /// # Errors
    /// [`Ignored`] unless [`Peel::finish`] said [`Peeled::Forward`].
    pub fn forward(&self, curve: &Curve<'_>) -> Result<Forward, Ignored> {
        let hop = self.hop.as_ref().ok_or(Ignored)?;
        let hmac = hop.hmac.as_ref().ok_or(Ignored)?;
        let (_, next_hmac) = self.opened().ok_or(Ignored)?;
        if *next_hmac == FINAL_HMAC {
            return Err(Ignored);
        }
        let packet = (hop.payloads_len, &hop.associated, hmac);
        Forward::new(curve, &hop.shared, &hop.public_key, packet, (self.kept_len, next_hmac))
    }

    /// Forgets everything: call it as soon as the payload has been dealt with.
    pub fn wipe(&mut self) {
        wipe(self.kept.get_mut(..self.kept_len).unwrap_or(&mut []));
        self.kept_len = 0;
        self.incoming = None;
        self.hop = None;
    }

    /// Ends the MAC; remembers `hmac` if it is the packet's.
    fn is_authentic(&mut self, hmac: &[u8; HMAC_LEN]) -> bool {
        let (Some(mut incoming), Some(hop)) = (self.incoming.take(), &mut self.hop) else {
            return false;
        };
        hop.associated.cover(&mut incoming.mac);
        // `matches` takes the same time wherever the two differ.
        let matches = incoming.mac.matches(hmac);
        hop.hmac = matches.then_some(*hmac);
        matches && incoming.received == hop.payloads_len.get()
    }

    /// The payload and the MAC behind it (R-OD-04).
    fn opened(&self) -> Option<(&[u8], &[u8; HMAC_LEN])> {
        let mut reader = Reader::new(self.kept.get(..self.kept_len)?);
        let len = reader.bigsize().ok()?;
        if len < MIN_PAYLOAD_LEN {
            return None;
        }
        let payload = reader.bytes(len).ok()?;
        let next_hmac = reader.array().ok()?;
        Some((payload, next_hmac))
    }
}

/// How many leading bytes are to be decrypted, as far as the decrypted ones tell: never more than
/// the first payload and its MAC, nor more than there is room for.
fn wanted(kept: &[u8]) -> usize {
    let mut reader = Reader::new(kept);
    match reader.bigsize().map(usize::try_from) {
        Ok(Ok(len)) if len <= MAX_PAYLOAD_LEN => kept
            .len()
            .saturating_sub(reader.rest().len())
            .saturating_add(len)
            .saturating_add(HMAC_LEN),
        Err(error) if error.rule == Malformed::Truncated => kept.len().saturating_add(1),
        Ok(_) | Err(_) => kept.len(),
    }
}

/// The only version of a packet.
pub(crate) const VERSION: u8 = 0;

/// The MAC behind the last payload (R-OD-05).
pub(crate) const FINAL_HMAC: [u8; HMAC_LEN] = [0; HMAC_LEN];

/// The least length of a payload (R-OD-04): 0 and 1 meant other things in earlier onions.
const MIN_PAYLOAD_LEN: u64 = 2;

impl Drop for Peel {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for Peel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Peel(..)")
    }
}
