use core::fmt::{Debug, Display};
use core::ptr::drop_in_place;

use countersign_mnemonic::{BadWords, Mnemonic, Word};

/// `countersign-mnemonic`.
pub fn mnemonic() {
    crate::keep([
        Mnemonic::from_entropy as *const (),
        Mnemonic::parse as *const (),
        Mnemonic::expose_words as *const (),
        words as *const (),
        Mnemonic::seed as *const (),
        Word::expose as *const (),
        drop_in_place::<Mnemonic> as *const (),
        drop_in_place::<Word> as *const (),
        <BadWords as Display>::fmt as *const (),
        <Mnemonic as Debug>::fmt as *const (),
        <Word as Debug>::fmt as *const (),
    ]);
}

/// The words are an iterator: they are had by walking it.
fn words(mnemonic: &Mnemonic) {
    mnemonic.expose_words().for_each(|word| {
        core::hint::black_box(word);
    });
}
