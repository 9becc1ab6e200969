use core::fmt;

use countersign_crypto::{Curve, HmacSha256, PublicKey, Secret, SecretKey};

use crate::capacity::{BLOCK_LEN, HEADER_LEN, HMAC_LEN, MAX_LAYERS};
use crate::forward::blinding_factor;
use crate::layers::Layers;
use crate::peel::VERSION;
use crate::{AssociatedData, BuildError, Pad, Payload, PayloadsLen};

/// An onion in the making: about 3.6 KB of state, and never the packet.
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
    /// The packet's own MAC.
    hmac: Option<[u8; HMAC_LEN]>,
}

const _: () = assert!(size_of::<Build>() <= 4_096);

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
    #[expect(
        clippy::large_stack_frames,
        clippy::new_without_default,
        reason = "made for statics, which are initialised at compile time"
    )]
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
            hmac: None,
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
    /// call takes one multiplication on the curve; the second one finishes the layer.
    ///
    /// # Errors
    /// [`BuildError::OutOfOrder`] when there are no more layers than have their keys,
    /// [`BuildError::NotAKey`].
    pub fn layer(&mut self, curve: &Curve<'_>, node: &PublicKey) -> Result<Progress, BuildError> {
        if self.keyed >= self.layers.count() {
            return Err(BuildError::OutOfOrder);
        }
        let ephemeral = self.ephemeral.as_ref().ok_or(BuildError::OutOfOrder)?;
        let Some(public_key) = self.ephemeral_public.take() else {
            let public_key = ephemeral.public_key(curve);
            if self.keyed == 0 {
                let digits = public_key.serialize();
                for (byte, digit) in self.header.iter_mut().skip(1).zip(digits) {
                    *byte = digit;
                }
            }
            self.ephemeral_public = Some(public_key);
            return Ok(Progress::More);
        };
        let shared = ephemeral.ecdh(node);
        self.layers.set_keys(self.keyed, &shared);
        self.keyed = self.keyed.saturating_add(1);
        let next = ephemeral.times(&blinding_factor(&public_key.serialize(), &shared));
        self.ephemeral = Some(next.or(Err(BuildError::NotAKey))?);
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
        if let Some(hmac) = &self.hmac {
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
        self.hmac = None;
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
        let hmac = mac.finish();
        match self.hashing.checked_sub(1) {
            Some(above) => {
                self.layers.set_hmac(self.hashing, &hmac);
                self.hashing = above;
                self.hashed = 0;
            }
            None => self.hmac = Some(hmac),
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
