use core::fmt;

use countersign_crypto::{
    ChaCha20, Curve, HmacSha256, KeyType, PublicKey, SecretKey, SharedSecret, wipe,
};
use countersign_tlv::{Full, Malformed, Reader, Writer};

use crate::capacity::{HEADER_LEN, HMAC_LEN, KEPT_LEN, MAX_PAYLOAD_LEN, MEMORY_LEN};
use crate::{AssociatedData, Forward, Ignored, PayloadsLen};

/// A packet that arrives in chunks and is opened for one hop, in about 9.7 KB that stay in place.
///
/// The MAC is computed over every chunk, but only the first payload is decrypted and kept, and
/// nothing of it can be had before [`Peel::finish`] has compared the MAC. The memory behind it is
/// the caller's ([`Peel::free_mut`]). Put it into static memory: [`Peel::begin`] starts anew in
/// place.
pub struct Peel {
    incoming: Option<Incoming>,
    hop: Option<Hop>,
    origin: Origin,
    /// Bytes at the front of `memory` that are the packet's, or the composed payload.
    kept_len: usize,
    /// Bytes at the front of `memory` that have been written to.
    used_len: usize,
    /// The length of the first payload, the payload, and the MAC of the next packet; then what the
    /// caller has written.
    memory: [u8; MEMORY_LEN],
}

// What is not memory is the MAC, the cipher and the keys in progress.
const _: () = assert!(size_of::<Peel>() <= MEMORY_LEN + 512);

/// Where the payload comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Packet,
    /// The caller, without an onion.
    Composed,
}

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
        Self {
            incoming: None,
            hop: None,
            origin: Origin::Packet,
            kept_len: 0,
            used_len: 0,
            memory: [0; MEMORY_LEN],
        }
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
            mac: HmacSha256::new(shared.derive(KeyType::Mu).expose_secret()),
            rho: ChaCha20::new(&shared.derive(KeyType::Rho)),
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
            let wanted = wanted(self.memory.get(..self.kept_len).unwrap_or(&[])).min(KEPT_LEN);
            let end = wanted.min(self.kept_len.saturating_add(rest.len()));
            let space = self.memory.get_mut(self.kept_len..end).unwrap_or(&mut []);
            let Some((taken, after)) = rest.split_at_checked(space.len()) else { return };
            if taken.is_empty() {
                return;
            }
            for (kept, &byte) in space.iter_mut().zip(taken) {
                *kept = byte;
            }
            incoming.rho.apply(space);
            self.kept_len = end;
            self.used_len = self.used_len.max(end);
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

    /// Keeps a payload that came in no onion and is answered with one: `front_len` bytes, which
    /// `write` writes, and behind them the first `len` bytes of the free memory, which it is shown.
    ///
    /// # Errors
    /// [`Full`] when a packet is in the memory, and above [`MAX_PAYLOAD_LEN`]. Nothing is kept then.
    pub fn compose(
        &mut self,
        front_len: usize,
        len: usize,
        write: impl FnOnce(&mut Writer<'_>, &[u8]) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let end = front_len.checked_add(len).filter(|&end| end <= MAX_PAYLOAD_LEN).ok_or(Full)?;
        if self.kept_len > 0 || self.hop.is_some() {
            self.wipe();
            return Err(Full);
        }
        self.used_len = MEMORY_LEN;
        let payload = self.memory.get_mut(..end).ok_or(Full)?;
        // From the end on, for the two places overlap.
        for at in (0..len).rev() {
            let byte = payload.get(at).copied();
            if let (Some(byte), Some(space)) = (byte, payload.get_mut(at.saturating_add(front_len)))
            {
                *space = byte;
            }
        }
        let (front, back) = payload.split_at_mut_checked(front_len).ok_or(Full)?;
        let mut writer = Writer::new(front);
        if write(&mut writer, back).is_err() || writer.len() != front_len {
            self.wipe();
            return Err(Full);
        }
        self.origin = Origin::Composed;
        self.kept_len = end;
        Ok(())
    }

    /// The payload again, for as long as it has not been forgotten; `None` before
    /// [`Peel::finish`] has given it away.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.split().0
    }

    /// What the caller has written with [`Peel::free_mut`].
    #[must_use]
    pub fn free(&self) -> &[u8] {
        self.split().1
    }

    /// The payload, as [`Peel::payload`] has it, and the memory that no packet is in: all of it
    /// when there is none, and [`FREE_LEN`](crate::capacity::FREE_LEN) bytes behind the longest.
    /// It is the caller's until the next packet begins, and is wiped with the payload.
    #[must_use]
    pub fn free_mut(&mut self) -> (Option<&[u8]>, &mut [u8]) {
        self.used_len = MEMORY_LEN;
        let (kept, free) =
            self.memory.split_at_mut_checked(self.kept_len).unwrap_or((&mut [], &mut []));
        (payload(self.origin, self.hop.as_ref(), kept), free)
    }

    fn split(&self) -> (Option<&[u8]>, &[u8]) {
        let (kept, free) = self.memory.split_at_checked(self.kept_len).unwrap_or((&[], &[]));
        (payload(self.origin, self.hop.as_ref(), kept), free)
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
        wipe(self.memory.get_mut(..self.used_len).unwrap_or(&mut []));
        self.kept_len = 0;
        self.used_len = 0;
        self.incoming = None;
        self.hop = None;
        self.origin = Origin::Packet;
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

    fn opened(&self) -> Option<(&[u8], &[u8; HMAC_LEN])> {
        opened(self.memory.get(..self.kept_len)?)
    }
}

/// The payload that `kept` holds, if it may be looked at.
fn payload<'k>(origin: Origin, hop: Option<&Hop>, kept: &'k [u8]) -> Option<&'k [u8]> {
    match origin {
        Origin::Composed => Some(kept),
        Origin::Packet => {
            hop?.hmac?;
            opened(kept).map(|(payload, _)| payload)
        }
    }
}

/// The payload and the MAC behind it (R-OD-04).
fn opened(kept: &[u8]) -> Option<(&[u8], &[u8; HMAC_LEN])> {
    let mut reader = Reader::new(kept);
    let len = reader.bigsize().ok()?;
    if len < MIN_PAYLOAD_LEN {
        return None;
    }
    let payload = reader.bytes(len).ok()?;
    let next_hmac = reader.array().ok()?;
    Some((payload, next_hmac))
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

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec;
    use alloc::vec::Vec;

    use countersign_tlv::{Full, Writer};

    use super::{Peel, Peeled};
    use crate::capacity::{FREE_LEN, HMAC_LEN, MAX_PAYLOAD_LEN};
    use crate::testing::{feed, forged, packet, plan, secret, with_curve};
    use crate::{AssociatedData, Ignored, Packet, Payload, PayloadsLen};

    fn small(payload: &[u8]) -> Vec<u8> {
        packet(&plan(&[Payload::Pieces(&[payload])], PayloadsLen::new(200).unwrap()))
    }

    #[test]
    fn another_version_or_a_public_key_that_is_no_point_is_ignored() {
        // R-OD-01
        let mut bytes = small(b"payload");
        assert!(feed(&mut Peel::new(), &secret(1), &bytes).is_ok());
        bytes[0] = 1;
        assert_eq!(feed(&mut Peel::new(), &secret(1), &bytes), Err(Ignored));
        bytes[0] = 0;
        bytes[1] = 4;
        assert_eq!(feed(&mut Peel::new(), &secret(1), &bytes), Err(Ignored));
    }

    #[test]
    fn every_flipped_bit_is_ignored() {
        // R-OD-03
        let mut bytes = forged(&[vec![2, 7, 7], vec![0; HMAC_LEN]].concat());
        let mut peel = Peel::new();
        assert_eq!(feed(&mut peel, &secret(1), &bytes), Ok(Peeled::Final { payload: &[7, 7] }));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert_eq!(feed(&mut peel, &secret(1), &bytes), Err(Ignored), "bit {bit} of {at}");
                bytes[at] ^= 1 << bit;
            }
        }
    }

    #[test]
    fn a_malformed_payload_is_ignored_although_its_mac_matches() {
        // R-OD-04: each of the rules, and the payload that just keeps them all.
        let framed = |prefix: &[u8], behind: usize| forged(&[prefix, &vec![9; behind]].concat());
        let mut peel = Peel::new();
        assert!(feed(&mut peel, &secret(1), &framed(&[2], 2 + 32)).is_ok());
        assert!(feed(&mut peel, &secret(1), &framed(&[0xfd, 0, 0xfd], 0xfd + 32)).is_ok());
        for (what, bytes) in [
            ("length 0", framed(&[0], 40)),
            ("length 1", framed(&[1], 40)),
            ("a length that is not minimal", framed(&[0xfd, 0, 0xfc], 300)),
            ("a payload longer than the packet", framed(&[35], 34)),
            ("no room for the MAC", framed(&[3], 2 + 32)),
            ("a length of 2⁶⁴ - 1", framed(&[0xff; 9], 40)),
            ("a length of 2³² - 1", framed(&[0xfe, 0xff, 0xff, 0xff, 0xff], 40)),
        ] {
            assert_eq!(feed(&mut peel, &secret(1), &bytes), Err(Ignored), "{what}");
        }
    }

    #[test]
    fn the_longest_payload_is_8192_bytes() {
        // DESIGN §6: at the limit and one past it.
        let mut peel = Peel::new();
        for (len, kept) in [(MAX_PAYLOAD_LEN, true), (MAX_PAYLOAD_LEN + 1, false)] {
            let payload = vec![0xa5; len];
            let bytes = packet(&plan(&[Payload::Pieces(&[&payload])], PayloadsLen::LARGE));
            let peeled = feed(&mut peel, &secret(1), &bytes);
            assert_eq!(peeled, kept.then_some(Peeled::Final { payload: &payload }).ok_or(Ignored));
        }
    }

    #[test]
    fn the_payloads_are_as_long_as_announced() {
        let bytes = small(b"payload");
        let packet = Packet::parse(&bytes).unwrap();
        let [mut longer, shorter] = [packet.payloads.to_vec(), packet.payloads[1..].to_vec()];
        longer.push(0);
        for payloads in [&longer[..], &shorter, &[]] {
            let mut peel = Peel::new();
            peel.begin(&secret(1), packet.header, packet.payloads_len, AssociatedData::None)
                .unwrap();
            peel.chunk(payloads);
            assert_eq!(peel.finish(packet.hmac), Err(Ignored));
        }
        // The right bytes under another announcement: the MAC matches, the length does not.
        let mut peel = Peel::new();
        peel.begin(&secret(1), packet.header, PayloadsLen::SMALL, AssociatedData::None).unwrap();
        peel.chunk(packet.payloads);
        assert_eq!(peel.finish(packet.hmac), Err(Ignored));
    }

    #[test]
    fn the_associated_data_is_part_of_the_mac() {
        let payloads = [Payload::Pieces(&[b"payload"])];
        let mut plan = plan(&payloads, PayloadsLen::SMALL);
        plan.associated = AssociatedData::PaymentHash([3; 32]);
        let bytes = packet(&plan);
        let packet = Packet::parse(&bytes).unwrap();
        let mut peel = Peel::new();
        for (associated, opens) in [
            (AssociatedData::PaymentHash([3; 32]), true),
            (AssociatedData::PaymentHash([4; 32]), false),
            (AssociatedData::None, false),
        ] {
            peel.begin(&secret(1), packet.header, packet.payloads_len, associated).unwrap();
            peel.chunk(packet.payloads);
            assert_eq!(peel.finish(packet.hmac).is_ok(), opens);
        }
    }

    #[test]
    fn nothing_is_left_of_a_packet_that_was_ignored_or_wiped() {
        // HARDENING 2c, 13
        let mut bytes = small(b"payload");
        let mut peel = Peel::new();
        assert!(feed(&mut peel, &secret(1), &bytes).is_ok());
        assert!(peel.memory.starts_with(b"\x07payload"));
        peel.wipe();
        assert_eq!(peel.memory, [0; super::MEMORY_LEN]);

        bytes[100] ^= 1;
        assert_eq!(feed(&mut peel, &secret(1), &bytes), Err(Ignored));
        assert_eq!(peel.memory, [0; super::MEMORY_LEN]);
        assert_eq!(peel.finish(&[0; 32]), Err(Ignored));
        assert!(with_curve(|curve| peel.forward(curve)).is_err());
    }

    #[test]
    fn a_composed_payload_is_like_a_packet_s_and_is_wiped_like_one() {
        let mut peel = Peel::new();
        let front = |writer: &mut Writer<'_>, back: &[u8]| {
            assert_eq!(back, b"posed");
            writer.bytes(b"com")
        };
        Writer::new(peel.free_mut().1).bytes(b"posed!").unwrap();
        peel.compose(3, 5, front).unwrap();
        assert_eq!(peel.payload(), Some(&b"composed"[..]));
        assert!(with_curve(|curve| peel.forward(curve)).is_err());
        assert_eq!(peel.compose(3, 5, front), Err(Full), "there is a payload");
        assert_eq!((peel.payload(), peel.memory), (None, [0; super::MEMORY_LEN]));

        Writer::new(peel.free_mut().1).bytes(b"posed").unwrap();
        for front_len in [2, 4] {
            assert_eq!(peel.compose(front_len, 5, |writer, _| writer.bytes(b"com")), Err(Full));
            assert_eq!((peel.payload(), peel.memory), (None, [0; super::MEMORY_LEN]));
        }
        let whole = |writer: &mut Writer<'_>, _: &[u8]| writer.bytes(&[7]);
        assert_eq!(peel.compose(1, MAX_PAYLOAD_LEN, whole), Err(Full));
        assert_eq!(peel.compose(1, MAX_PAYLOAD_LEN - 1, whole), Ok(()));
        assert_eq!(peel.payload().unwrap().len(), MAX_PAYLOAD_LEN);
        assert_eq!(peel.finish(&[0; 32]), Err(Ignored));
        assert_eq!(peel.payload(), None);
    }

    #[test]
    fn the_memory_behind_a_payload_is_the_caller_s_and_is_wiped_with_it() {
        let mut peel = Peel::new();
        assert_eq!(peel.free().len(), super::MEMORY_LEN);
        let longest = vec![0xa5; MAX_PAYLOAD_LEN];
        for payload in [&b"payload"[..], &longest] {
            let bytes = packet(&plan(&[Payload::Pieces(&[payload])], PayloadsLen::LARGE));
            feed(&mut peel, &secret(1), &bytes).unwrap();
            let (kept, free) = peel.free_mut();
            assert_eq!(kept, Some(payload));
            assert!(free.len() >= FREE_LEN);
            free.fill(9);
            assert!(peel.free().iter().all(|&byte| byte == 9));
            assert_eq!(peel.payload(), Some(payload));
            peel.wipe();
            assert_eq!((peel.payload(), peel.memory), (None, [0; super::MEMORY_LEN]));
        }
        // Nothing of a packet shows before its MAC has matched.
        let bytes = small(b"payload");
        let packet = Packet::parse(&bytes).unwrap();
        peel.begin(&secret(1), packet.header, packet.payloads_len, AssociatedData::None).unwrap();
        peel.chunk(packet.payloads);
        let (kept, free) = peel.free_mut();
        assert_eq!((kept, free.iter().all(|&byte| byte == 0)), (None, true));
    }

    #[test]
    fn a_packet_ends_once() {
        let bytes = small(b"payload");
        let mut peel = Peel::new();
        assert!(feed(&mut peel, &secret(1), &bytes).is_ok());
        let hmac = Packet::parse(&bytes).unwrap().hmac;
        assert_eq!(peel.finish(hmac), Err(Ignored));
        peel.chunk(&[1]);
        assert_eq!(peel.finish(hmac), Err(Ignored), "and none has begun");
    }
}
