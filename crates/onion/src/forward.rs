use core::fmt;

use countersign_crypto::{
    ChaCha20, Curve, HmacSha256, KeyType, PublicKey, Secret, SharedSecret, sha256,
};

use crate::capacity::{HEADER_LEN, HMAC_LEN};
use crate::peel::VERSION;
use crate::{AssociatedData, Ignored, PayloadsLen};

/// The second pass over a packet: its payloads become those of the next hop, chunk by chunk.
///
/// The first pass, [`Peel`](crate::Peel), kept nothing but the payload, so the sender of the chunks
/// sends them again. It may send others: what comes out is worth nothing until
/// [`Forward::finish`] has found the same packet, and the next packet's MAC is not had before.
pub struct Forward {
    mac: HmacSha256,
    rho: ChaCha20,
    associated: AssociatedData,
    payloads_len: usize,
    /// The MAC of the packet that was peeled.
    hmac: [u8; HMAC_LEN],
    header: [u8; HEADER_LEN],
    next_hmac: [u8; HMAC_LEN],
    /// Leading bytes that were this hop's, as many as are appended.
    removed: usize,
    received: usize,
    appended: usize,
}

const _: () = assert!(size_of::<Forward>() <= 512);

impl Forward {
    /// `packet` is the length, associated data and MAC of the packet that was peeled; `layer` is
    /// how long this hop's part was, and the MAC that it ended with.
    pub(crate) fn new(
        curve: &Curve<'_>,
        shared: &SharedSecret,
        public_key: &PublicKey,
        (payloads_len, associated, hmac): (PayloadsLen, &AssociatedData, &[u8; HMAC_LEN]),
        (removed, next_hmac): (usize, &[u8; HMAC_LEN]),
    ) -> Result<Self, Ignored> {
        let factor = blinding_factor(&public_key.serialize(), shared);
        let next_key = public_key.times(curve, &factor).or(Err(Ignored))?.serialize();
        let mut header = [VERSION; HEADER_LEN];
        for (byte, &digit) in header.iter_mut().skip(1).zip(&next_key) {
            *byte = digit;
        }
        Ok(Self {
            mac: HmacSha256::new(shared.derive(KeyType::Mu).expose_secret()),
            rho: ChaCha20::new(&shared.derive(KeyType::Rho)),
            associated: *associated,
            payloads_len: payloads_len.get(),
            hmac: *hmac,
            header,
            next_hmac: *next_hmac,
            removed,
            received: 0,
            appended: 0,
        })
    }

    /// The version and the public key of the next packet (R-OD-05).
    #[must_use]
    pub const fn header(&self) -> &[u8; HEADER_LEN] {
        &self.header
    }

    /// Takes the next bytes of the packet's payloads, any number of them, and turns them in place
    /// into bytes of the next packet's. Of the first bytes, which were this hop's, nothing is left.
    pub fn chunk<'b>(&mut self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        self.mac.update(bytes);
        let first = self.received;
        self.received = self.received.saturating_add(bytes.len());
        let ours = self.removed.saturating_sub(first);
        let rest = bytes.get_mut(ours..).unwrap_or(&mut []);
        // Past the end there is nothing to decrypt: the packet will be found to be another.
        if self.received <= self.payloads_len {
            apply(&mut self.rho, first.saturating_add(ours), rest);
        }
        rest
    }

    /// Writes the bytes that the next packet's payloads end with, once all chunks have been taken,
    /// and returns how many: call it until it returns 0.
    pub fn tail(&mut self, out: &mut [u8]) -> usize {
        let missing = self.removed.saturating_sub(self.appended);
        if self.received != self.payloads_len {
            return 0;
        }
        let len = missing.min(out.len());
        let out = out.get_mut(..len).unwrap_or(&mut []);
        out.fill(0);
        apply(&mut self.rho, self.payloads_len.saturating_add(self.appended), out);
        self.appended = self.appended.saturating_add(len);
        len
    }

    /// Ends the pass: the MAC of the next packet, if this was the packet that was peeled.
    ///
    /// # Errors
    /// [`Ignored`] when it was another. Everything that came out is then to be thrown away.
    pub fn finish(mut self) -> Result<[u8; HMAC_LEN], Ignored> {
        self.associated.cover(&mut self.mac);
        let same = self.mac.matches(&self.hmac) && self.received == self.payloads_len;
        if same { Ok(self.next_hmac) } else { Err(Ignored) }
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forward(..)")
    }
}

/// What a hop's public key is multiplied with to be the next hop's: `SHA256(key ‖ shared secret)`.
pub(crate) fn blinding_factor(public_key: &[u8; 33], shared: &SharedSecret) -> Secret<32> {
    Secret::new(sha256(&[public_key, shared.expose_secret()]))
}

/// Combines `bytes` with `stream` from byte `position` on.
pub(crate) fn apply(stream: &mut ChaCha20, position: usize, bytes: &mut [u8]) {
    if !bytes.is_empty() {
        // No position in an onion is above 64 KiB.
        stream.seek(u32::try_from(position).unwrap_or(u32::MAX));
        stream.apply(bytes);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{feed, next_packet, packet, plan, secret, with_curve};
    use crate::{AssociatedData, Forward, Ignored, Packet, Payload, PayloadsLen, Peel, Peeled};

    const PAYLOADS: [Payload<'_>; 3] = [
        Payload::Forward(&[1; 40]),
        Payload::Forward(&[2; 300]),
        Payload::Pieces(&[b"the final payload"]),
    ];

    fn pass_on(peel: &mut Peel, passes: &mut [&mut Forward], bytes: &mut [u8]) {
        let bytes: &mut [u8] = passes.iter_mut().fold(bytes, |bytes, pass| pass.chunk(bytes));
        peel.chunk(bytes);
    }

    #[test]
    fn a_packet_that_changes_between_the_passes_is_ignored() {
        // HARDENING 2c, 12
        let bytes = packet(&plan(&PAYLOADS[1..], PayloadsLen::new(420).unwrap()));
        let mut peel = Peel::new();
        assert!(matches!(feed(&mut peel, &secret(1), &bytes), Ok(Peeled::Forward { .. })));
        assert!(next_packet(&peel, &bytes).is_ok());
        for at in 34..34 + 420 {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert_eq!(next_packet(&peel, &changed), Err(Ignored), "byte {at}");
        }
    }

    #[test]
    fn the_second_pass_is_as_long_as_the_first() {
        let bytes = packet(&plan(&PAYLOADS, PayloadsLen::SMALL));
        let mut payloads = Packet::parse(&bytes).unwrap().payloads.to_vec();
        let mut peel = Peel::new();
        feed(&mut peel, &secret(1), &bytes).unwrap();

        let mut short = with_curve(|curve| peel.forward(curve)).unwrap();
        short.chunk(&mut payloads[..1_299]);
        assert_eq!(short.tail(&mut [0; 10]), 0, "the tail comes behind the last chunk");
        assert_eq!(short.finish(), Err(Ignored));

        let mut long = with_curve(|curve| peel.forward(curve)).unwrap();
        long.chunk(&mut payloads);
        long.chunk(&mut [0]);
        assert_eq!(long.tail(&mut [0; 10]), 0);
        assert_eq!(long.finish(), Err(Ignored));
    }

    #[test]
    fn an_onion_that_ends_here_does_not_go_on() {
        // R-OD-05
        let bytes = packet(&plan(&PAYLOADS[2..], PayloadsLen::SMALL));
        let mut peel = Peel::new();
        assert!(matches!(feed(&mut peel, &secret(1), &bytes), Ok(Peeled::Final { .. })));
        assert!(with_curve(|curve| peel.forward(curve)).is_err());
    }

    #[test]
    fn dummy_hops_of_ours_are_peeled_through_each_other_without_a_buffer() {
        let bytes = packet(&plan(&PAYLOADS, PayloadsLen::LARGE));
        let packet = Packet::parse(&bytes).unwrap();
        let mut peel = Peel::new();
        feed(&mut peel, &secret(1), &bytes).unwrap();
        let mut first = with_curve(|curve| peel.forward(curve)).unwrap();

        // The second pass feeds the second layer, which needs one of its own: the third.
        let through = |peel: &mut Peel, passes: &mut [&mut Forward], node| {
            let header = passes.last().unwrap().header();
            peel.begin(&secret(node), header, packet.payloads_len, AssociatedData::None).unwrap();
            for chunk in packet.payloads.as_chunks::<1_024>().0 {
                pass_on(peel, passes, &mut chunk.clone());
            }
            for at in 0..passes.len() {
                let mut buffer = [0; 64];
                while let len @ 1.. = passes[at].tail(&mut buffer) {
                    pass_on(peel, &mut passes[at + 1..], &mut buffer[..len]);
                }
            }
        };
        through(&mut peel, &mut [&mut first], 2);
        let hmac = first.finish().unwrap();
        assert!(
            matches!(peel.finish(&hmac), Ok(Peeled::Forward { payload }) if payload.len() == 304)
        );
        let mut second = with_curve(|curve| peel.forward(curve)).unwrap();

        feed(&mut peel, &secret(1), &bytes).unwrap();
        let mut first = with_curve(|curve| peel.forward(curve)).unwrap();
        through(&mut peel, &mut [&mut first, &mut second], 3);
        assert!(first.finish().is_ok());
        let hmac = second.finish().unwrap();
        assert_eq!(peel.finish(&hmac), Ok(Peeled::Final { payload: b"the final payload" }));
    }
}
