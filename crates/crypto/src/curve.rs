use core::fmt;

use secp256k1::{AllPreallocated, Secp256k1, ffi::types::AlignedType};

use crate::Secret;

/// Memory for a [`Curve`], 256 bytes, owned by the caller because there is no heap.
#[derive(Clone)]
pub struct CurveMemory([AlignedType; CURVE_MEMORY_UNITS]);

/// libsecp256k1 asks for 12 or 13 units of 16 bytes, by the size of a word.
const CURVE_MEMORY_UNITS: usize = 16;

impl CurveMemory {
    /// Memory that is not in use.
    #[must_use]
    pub const fn new() -> Self {
        Self([AlignedType::ZERO; CURVE_MEMORY_UNITS])
    }
}

impl Default for CurveMemory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CurveMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CurveMemory(..)")
    }
}

/// secp256k1, with the blinding that hides secret scalars from an observer of its side channels.
pub struct Curve<'m>(pub(crate) Secp256k1<AllPreallocated<'m>>);

impl<'m> Curve<'m> {
    /// Sets the curve up in `memory`, blinded by `seed`. Returns `None` if libsecp256k1 should ever
    /// want more memory than there is.
    ///
    /// The seed must be unpredictable to whoever can measure the device; it does not influence any
    /// result.
    #[must_use]
    pub fn new(memory: &'m mut CurveMemory, seed: &Secret<32>) -> Option<Self> {
        let mut curve = Self(Secp256k1::preallocated_new(&mut memory.0).ok()?);
        curve.randomize(seed);
        Some(curve)
    }

    /// Blinds anew.
    pub fn randomize(&mut self, seed: &Secret<32>) {
        self.0.seeded_randomize(seed.expose_secret());
    }
}

impl fmt::Debug for Curve<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Curve(..)")
    }
}
