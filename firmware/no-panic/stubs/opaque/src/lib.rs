//! Calls of which the optimiser knows nothing: they may return anything and write anything.

#![no_std]

unsafe extern "C" {
    /// Defined in assembly by the proof.
    fn countersign_opaque(bytes: *mut u8, len: usize) -> usize;
}

/// Lets unknown code see and change `bytes`.
pub fn write(bytes: &mut [u8]) {
    // SAFETY: the assembly returns at once; what it might write are bytes, which may be anything.
    unsafe { countersign_opaque(bytes.as_mut_ptr(), bytes.len()) };
}

/// Lets unknown code see `bytes`.
pub fn read(bytes: &[u8]) {
    // SAFETY: the assembly returns at once and writes nothing.
    unsafe { countersign_opaque(bytes.as_ptr().cast_mut(), bytes.len()) };
}

/// Bytes that unknown code chose.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    write(&mut bytes);
    bytes
}

/// Success or failure, as unknown code decides.
pub fn verdict<T, E>(value: T, error: E) -> Result<T, E> {
    // SAFETY: the assembly returns at once and reads nothing.
    if unsafe { countersign_opaque(core::ptr::null_mut(), 0) } == 0 { Ok(value) } else { Err(error) }
}

/// What several of the stand-ins share: the trait by which a key makes a cipher or a MAC.
pub trait KeyInit: Sized {
    type Key;

    fn new(key: &Self::Key) -> Self;
}
