use core::fmt;

use countersign_crypto::{Curve, HmacSha256, PublicKey, Secret, SecretKey};

use crate::capacity::{BLOCK_LEN, HEADER_LEN, MAX_LAYERS};
use crate::forward::blinding_factor;
use crate::layers::Layers;
use crate::peel::VERSION;
use crate::{AssociatedData, BuildError, Pad, Payload, PayloadsLen};

/// An onion in the making: less than 2 KB of state, and never the packet.
///
/// 1. [`Build::begin`] lays the payloads out.
/// 2. [`Build::layer`] is called with each hop's key in turn: two multiplications on the curve each,
///    one a call.
/// 3. [`Build::work`] computes the MACs of the inner layers, in portions of the caller's choice.
/// 4. [`Build::chunk`] gives the packet out, from the front; the outermost MAC is computed on the
///    way, for it comes last. What was given out can be had again.
///
/// The payloads are passed to each step that reads them and kept nowhere.
pub struct Build {
    layers: Layers,
    associated: AssociatedData,
    /// The secret key of the next layer that [`Build::layer`] gives its keys.
    ephemeral: Option<SecretKey>,
    /// Its public key, when that has been computed and its ECDH has not.
    ephemeral_public: Option<PublicKey>,
    /// How many layers have their keys.
    keyed: usize,
    /// The layer whose MAC is being computed; they go from the innermost to 0.
    hashing: usize,
    mac: Option<HmacSha256>,
    /// How many bytes of that layer the MAC has covered.
    hashed: usize,
    header: [u8; HEADER_LEN],
}

const _: () = assert!(size_of::<Build>() <= 2_048);

/// What an onion is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// One payload a layer, outermost first.
    pub payloads: &'a [Payload<'a>],
    /// The size of the packet.
    pub payloads_len: PayloadsLen,
    /// What the MACs cover besides.
    pub associated: AssociatedData,
    /// How the rest of the packet is filled.
    pub pad: Pad,
}

/// Whether a step has to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call it again with the same arguments.
    More,
    /// It is done.
    Done,
}

impl Build {
    /// Memory in which nothing has begun.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self {
            layers: Layers::new(),
            associated: AssociatedData::None,
            ephemeral: None,
            ephemeral_public: None,
            keyed: 0,
            hashing: 0,
            mac: None,
            hashed: 0,
            header: [VERSION; HEADER_LEN],
        }
    }

    /// Begins an onion, and forgets the one before.
    ///
    /// `session_key` is for this onion alone and unpredictable to everybody else (R-OX-04).
    ///
    /// # Errors
    /// [`BuildError::NotAKey`], [`BuildError::LayerCount`], [`BuildError::TooLong`].
    pub fn begin(&mut self, session_key: &Secret<32>, plan: &Plan<'_>) -> Result<(), BuildError> {
        self.wipe();
        if plan.payloads.is_empty() || plan.payloads.len() > MAX_LAYERS {
            return Err(BuildError::LayerCount);
        }
        let ephemeral = SecretKey::parse(session_key).or(Err(BuildError::NotAKey))?;
        self.layers
            .begin(session_key, plan.payloads, plan.payloads_len, plan.pad)
            .ok_or(BuildError::TooLong)?;
        self.associated = plan.associated;
        self.ephemeral = Some(ephemeral);
        self.hashing = plan.payloads.len().saturating_sub(1);
        Ok(())
    }

    /// Encrypts the next layer to `node`, a node's key or its blinded key, outermost first. Each
    /// call takes one multiplication on the curve; the second one finishes the layer, and of two
    /// layers or more the last takes one call only.
    ///
    /// # Errors
    /// [`BuildError::OutOfOrder`] when there are no more layers than have their keys,
    /// [`BuildError::NotAKey`].
    pub fn layer(&mut self, curve: &Curve<'_>, node: &PublicKey) -> Result<Progress, BuildError> {
        let behind = self.layers.count().checked_sub(self.keyed.saturating_add(1));
        let behind = behind.ok_or(BuildError::OutOfOrder)?;
        let ephemeral = self.ephemeral.as_ref().ok_or(BuildError::OutOfOrder)?;
        // The header shows the first layer's public key, and each next secret key is made from the
        // public key before it: the last layer's is of use to nobody.
        if self.ephemeral_public.is_none() && (self.keyed == 0 || behind > 0) {
            let public_key = ephemeral.public_key(curve);
            if self.keyed == 0 {
                let digits = public_key.serialize();
                for (byte, digit) in self.header.iter_mut().skip(1).zip(digits) {
                    *byte = digit;
                }
            }
            self.ephemeral_public = Some(public_key);
            return Ok(Progress::More);
        }
        let shared = ephemeral.ecdh(node);
        self.layers.set_keys(self.keyed, &shared);
        self.keyed = self.keyed.saturating_add(1);
        self.ephemeral = match self.ephemeral_public.take() {
            Some(public_key) if behind > 0 => {
                let factor = blinding_factor(&public_key.serialize(), &shared);
                Some(ephemeral.times(&factor).or(Err(BuildError::NotAKey))?)
            }
            Some(_) | None => None,
        };
        Ok(Progress::Done)
    }

    /// Computes the MACs of the inner layers, over at least `budget` bytes if there are so many.
    ///
    /// # Errors
    /// [`BuildError::OutOfOrder`] before every layer has its keys, [`BuildError::PayloadChanged`].
    pub fn work(
        &mut self,
        payloads: &[Payload<'_>],
        budget: usize,
    ) -> Result<Progress, BuildError> {
        self.check(payloads)?;
        let mut block = [0; BLOCK_LEN];
        let mut done = 0_usize;
        while self.hashing > 0 && done < budget {
            let missing = self.layers.len().saturating_sub(self.hashed);
            let part = block.get_mut(..missing.min(BLOCK_LEN)).unwrap_or(&mut []);
            self.layers.fill(self.hashing, self.hashed, payloads, part);
            self.hash(part);
            done = done.saturating_add(part.len());
        }
        Ok(if self.hashing > 0 { Progress::More } else { Progress::Done })
    }

    /// Writes the packet from byte `offset` on and returns how many bytes were written: fewer than
    /// `out` has room for at the packet's end only.
    ///
    /// # Errors
    /// [`BuildError::OutOfOrder`] before [`Build::work`] is done, or when bytes before `offset` have
    /// never been asked for; [`BuildError::PayloadChanged`].
    pub fn chunk(
        &mut self,
        payloads: &[Payload<'_>],
        offset: usize,
        out: &mut [u8],
    ) -> Result<usize, BuildError> {
        self.check(payloads)?;
        if self.hashing > 0 {
            return Err(BuildError::OutOfOrder);
        }
        let mut written = copy_from(&self.header, offset, out);
        let position = offset.saturating_sub(HEADER_LEN);
        let space = out.get_mut(written..).unwrap_or(&mut []);
        let len = self.layers.len().saturating_sub(position).min(space.len());
        if position.min(self.layers.len()) > self.hashed {
            return Err(BuildError::OutOfOrder);
        }
        let (part, space) = space.split_at_mut_checked(len).unwrap_or((&mut [], &mut []));
        self.layers.fill(0, position, payloads, part);
        written = written.saturating_add(len);
        self.hash(part.get(self.hashed.saturating_sub(position)..).unwrap_or(&[]));
        if let Some(hmac) = self.layers.hmac() {
            let position = position.saturating_sub(self.layers.len());
            written = written.saturating_add(copy_from(hmac, position, space));
        }
        Ok(written)
    }

    /// Builds the whole packet at the front of `out`, for those who have the memory, and returns it.
    ///
    /// # Errors
    /// As the steps; [`BuildError::OutOfOrder`] when there are not as many `nodes` as payloads, and
    /// [`BuildError::TooLong`] when `out` is smaller than the packet.
    pub fn build_into<'o>(
        &mut self,
        curve: &Curve<'_>,
        session_key: &Secret<32>,
        nodes: &[PublicKey],
        plan: &Plan<'_>,
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], BuildError> {
        let out = out.get_mut(..plan.payloads_len.packet_len()).ok_or(BuildError::TooLong)?;
        self.begin(session_key, plan)?;
        for node in nodes {
            while self.layer(curve, node)? == Progress::More {}
        }
        self.work(plan.payloads, usize::MAX)?;
        let mut offset = 0_usize;
        while let Some(space) = out.get_mut(offset..).filter(|space| !space.is_empty()) {
            let len = space.len().min(BLOCK_LEN);
            let part = space.get_mut(..len).unwrap_or(&mut []);
            offset = offset.saturating_add(self.chunk(plan.payloads, offset, part)?);
        }
        Ok(out)
    }

    /// Forgets everything: call it when the packet has been delivered.
    pub fn wipe(&mut self) {
        self.layers.wipe();
        self.ephemeral = None;
        self.ephemeral_public = None;
        self.keyed = 0;
        self.mac = None;
        self.hashed = 0;
    }

    fn check(&self, payloads: &[Payload<'_>]) -> Result<(), BuildError> {
        if self.keyed == 0 || self.keyed != self.layers.count() {
            return Err(BuildError::OutOfOrder);
        }
        if self.layers.match_lengths(payloads) { Ok(()) } else { Err(BuildError::PayloadChanged) }
    }

    /// Covers the next `bytes` of the layer that is being hashed, and goes on to the layer above
    /// when they were its last.
    fn hash(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let Some(mut mac) = self.mac.take().or_else(|| self.layers.mac(self.hashing)) else {
            return;
        };
        mac.update(bytes);
        self.hashed = self.hashed.saturating_add(bytes.len());
        if self.hashed < self.layers.len() {
            self.mac = Some(mac);
            return;
        }
        self.associated.cover(&mut mac);
        self.layers.set_hmac(self.hashing, &mac.finish());
        if let Some(above) = self.hashing.checked_sub(1) {
            self.hashing = above;
            self.hashed = 0;
        }
    }
}

/// Copies what `bytes` has from `offset` on to the front of `out`, and returns how much that was.
fn copy_from(bytes: &[u8], offset: usize, out: &mut [u8]) -> usize {
    let copied = out.iter_mut().zip(bytes.iter().skip(offset));
    copied.map(|(byte, &digit)| *byte = digit).count()
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Build(..)")
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec;
    use alloc::vec::Vec;

    use countersign_crypto::{ChaCha20, KeyType, PublicKey, Secret};

    use super::{Build, Plan, Progress};
    use crate::capacity::MAX_LAYERS;
    use crate::testing::{feed, next_packet, nodes, packet, plan, secret, with_curve};
    use crate::{BuildError, Pad, Payload, PayloadsLen, Peel, Peeled};

    const SESSION_KEY: Secret<32> = Secret::new([0x5e; 32]);

    /// Peels `packet` to its end and returns the payloads.
    fn peeled(mut packet: Vec<u8>, layers: usize) -> Vec<Vec<u8>> {
        let mut peel = Peel::new();
        let mut payloads = Vec::new();
        for node in (1..).take(layers) {
            match feed(&mut peel, &secret(node), &packet).unwrap() {
                Peeled::Final { payload } => payloads.push(payload.to_vec()),
                Peeled::Forward { payload } => {
                    payloads.push(payload.to_vec());
                    packet = next_packet(&peel, &packet).unwrap();
                }
            }
        }
        payloads
    }

    #[test]
    fn every_number_of_layers_opens_in_every_size() {
        // R-OX-01
        for layers in 1..=MAX_LAYERS {
            let bytes: Vec<Vec<u8>> =
                (0..14).take(layers).map(|at| vec![at; 2 + 7 * usize::from(at)]).collect();
            let pieces: Vec<_> = bytes.iter().map(|bytes| [&bytes[..1], &bytes[1..]]).collect();
            let payloads: Vec<_> = pieces.iter().map(|pieces| Payload::Pieces(pieces)).collect();
            let least = payloads.iter().map(Payload::layer_len).sum();
            for len in [least, least + 1, 1_234, 1_300, 32_768] {
                for pad in [Pad::Middle, Pad::Innermost] {
                    let payloads_len = PayloadsLen::new(len).unwrap();
                    let packet = packet(&Plan { pad, ..plan(&payloads, payloads_len) });
                    assert_eq!(peeled(packet, layers), bytes, "{layers} layers in {len}, {pad:?}");
                }
            }
        }
    }

    #[test]
    fn the_layers_and_their_payloads_have_limits() {
        // DESIGN §6: at each limit and one past it.
        let begin = |payloads: &[Payload<'_>], len| {
            Build::new().begin(&SESSION_KEY, &plan(payloads, PayloadsLen::new(len).unwrap()))
        };
        let payloads = [Payload::Pieces(&[&[1; 50]]); MAX_LAYERS + 1];
        assert_eq!(begin(&payloads[1..], 1_300), Ok(()));
        assert_eq!(begin(&payloads, 1_300), Err(BuildError::LayerCount));
        assert_eq!(begin(&[], 1_300), Err(BuildError::LayerCount));
        assert_eq!(begin(&payloads[..2], 166), Ok(()));
        assert_eq!(begin(&payloads[..2], 165), Err(BuildError::TooLong));
        let mut build = Build::new();
        let zero = Secret::new([0; 32]);
        let plan = plan(&payloads[..1], PayloadsLen::SMALL);
        assert_eq!(build.begin(&zero, &plan), Err(BuildError::NotAKey));
        let error = with_curve(|curve| {
            build.build_into(curve, &SESSION_KEY, &nodes(1), &plan, &mut [0; 1_365]).unwrap_err()
        });
        assert_eq!(error, BuildError::TooLong);
    }

    #[test]
    fn a_step_before_its_turn_is_out_of_order() {
        let payloads = [Payload::Pieces(&[b"one"]), Payload::Pieces(&[b"two"])];
        let other = [Payload::Pieces(&[b"one"]), Payload::Pieces(&[b"three"])];
        let nodes = nodes(2);
        let mut build = Build::new();
        let mut out = [0; 34];
        with_curve(|curve| {
            assert_eq!(build.layer(curve, &nodes[0]), Err(BuildError::OutOfOrder));
            build.begin(&SESSION_KEY, &plan(&payloads, PayloadsLen::SMALL)).unwrap();
            assert_eq!(build.work(&payloads, 1), Err(BuildError::OutOfOrder));
            // One multiplication each, and nobody sees the public key of the last layer.
            assert_eq!(build.layer(curve, &nodes[0]), Ok(Progress::More));
            assert_eq!(build.layer(curve, &nodes[0]), Ok(Progress::Done));
            assert_eq!(build.work(&payloads, 1), Err(BuildError::OutOfOrder));
            assert_eq!(build.layer(curve, &nodes[1]), Ok(Progress::Done));
            assert_eq!(build.layer(curve, &nodes[0]), Err(BuildError::OutOfOrder));
        });
        assert_eq!(build.chunk(&payloads, 0, &mut out), Err(BuildError::OutOfOrder));
        assert_eq!(build.work(&payloads, 1), Ok(Progress::More));
        assert_eq!(build.work(&other, 1), Err(BuildError::PayloadChanged));
        assert_eq!(build.work(&payloads, 1_300), Ok(Progress::Done));
        assert_eq!(build.chunk(&payloads, 35, &mut out), Err(BuildError::OutOfOrder));
        assert_eq!(build.chunk(&payloads, 0, &mut out), Ok(34));
        assert_eq!(build.chunk(&other, 34, &mut out), Err(BuildError::PayloadChanged));
        build.wipe();
        assert_eq!(build.chunk(&payloads, 0, &mut out), Err(BuildError::OutOfOrder));
    }

    #[test]
    fn a_packet_is_the_same_in_portions_of_any_size_and_when_asked_for_again() {
        let payloads = [
            Payload::Forward(&[1; 300]),
            Payload::Forward(&[2; 51]),
            Payload::Pieces(&[b"final ", b"payload"]),
        ];
        let plan = plan(&payloads, PayloadsLen::SMALL);
        let whole = packet(&plan);
        let nodes = nodes(3);
        for (budget, size) in [(1, 1), (64, 33), (1_000, 35), (5_000, 960), (usize::MAX, 1_366)] {
            let mut build = Build::new();
            build.begin(&SESSION_KEY, &plan).unwrap();
            with_curve(|curve| {
                for node in &nodes {
                    while build.layer(curve, node).unwrap() == Progress::More {}
                }
            });
            while build.work(&payloads, budget).unwrap() == Progress::More {}
            let mut got = Vec::new();
            loop {
                let mut out = vec![0; size];
                let len = build.chunk(&payloads, got.len(), &mut out).unwrap();
                if len == 0 {
                    break;
                }
                // The host lost it and asks again, from a little earlier.
                let mut again = vec![0; size];
                let from = got.len().saturating_sub(size / 2);
                build.chunk(&payloads, from, &mut again).unwrap();
                let overlap = &again[..size.min(got.len() + len - from)];
                assert_eq!(overlap, &whole[from..][..overlap.len()]);
                got.extend_from_slice(&out[..len]);
            }
            assert_eq!(got, whole);
            for from in [0, 20, 700, 1_333, 1_334, 1_350, 1_365, 1_366, 2_000] {
                let mut again = vec![0; 2_000];
                let len = build.chunk(&payloads, from, &mut again).unwrap();
                assert_eq!(again[..len], whole[from.min(1_366)..], "from {from}");
            }
        }
    }

    #[test]
    fn no_hop_finds_zeros_where_the_pad_is() {
        // R-OX-04: neither before it decrypts nor after.
        let payloads = [Payload::Pieces(&[b"some payload"]); 5];
        for pad in [Pad::Middle, Pad::Innermost] {
            let mut packet = packet(&Plan { pad, ..plan(&payloads, PayloadsLen::SMALL) });
            let mut peel = Peel::new();
            for node in 1..5 {
                assert!(!packet.as_chunks().0.contains(&[0; 8]));
                feed(&mut peel, &secret(node), &packet).unwrap();
                packet = next_packet(&peel, &packet).unwrap();
            }
            let mut payloads = packet[34..1_334].to_vec();
            let public_key = PublicKey::parse(packet[1..34].first_chunk().unwrap()).unwrap();
            let rho = secret(5).ecdh(&public_key).derive(KeyType::Rho);
            ChaCha20::new(&rho).apply(&mut payloads);
            // Behind the last payload stands the MAC of zeros, then the pad.
            assert_eq!(payloads[13..45], [0; 32]);
            assert!(!payloads[45..].as_chunks().0.contains(&[0; 8]));
        }
    }
}
