//! Writes BIP 39's English words, as `bip39` has them, in the form that `src/words.rs` reads: as that
//! crate's table of slices they would take five times the flash.

use core::error::Error;
use std::path::Path;
use std::{env, fs};

/// Symbols below are letters; those from here on end a word.
const LETTERS: u8 = 26;

/// So many symbols of 5 bits are five bytes.
const GROUP: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let list = bip39::Language::English.word_list();
    let mut symbols = Vec::new();
    let mut known = 0;
    for (word, next) in list.iter().zip(list.iter().skip(1).chain([&""])) {
        symbols.extend(word.bytes().skip(known).map(|letter| letter.wrapping_sub(b'a')));
        known = word.bytes().zip(next.bytes()).take_while(|(one, other)| one == other).count();
        let end = LETTERS.saturating_add(u8::try_from(known)?);
        symbols.push(Some(end).filter(|end| *end < 32).ok_or("a symbol has 5 bits")?);
    }
    // The last group is filled with letters, and no word ends in them.
    symbols.extend([0; GROUP]);
    let bytes: Vec<u8> = symbols.as_chunks().0.iter().flat_map(packed).collect();
    let folder = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&folder).join("words"), bytes)?;
    Ok(())
}

/// Eight symbols, from the highest bit down.
fn packed(group: &[u8; GROUP]) -> impl Iterator<Item = u8> {
    let bits = group.iter().fold(0_u64, |bits, &symbol| bits << 5 | u64::from(symbol));
    bits.to_be_bytes().into_iter().skip(3)
}
