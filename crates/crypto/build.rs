//! Writes BIP 39's English words, as `bip39` has them, in the form that `src/words.rs` reads: beside
//! that crate's table of slices they would take three times the flash.

use core::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut bytes = Vec::new();
    let mut before = "";
    for word in bip39::Language::English.word_list() {
        let shared = before.bytes().zip(word.bytes()).take_while(|(one, other)| one == other);
        let shared = shared.count();
        let rest = word.get(shared..).ok_or("a word of letters")?;
        bytes.push(u8::try_from(shared)? << 4 | u8::try_from(rest.len())?);
        bytes.extend(rest.bytes());
        before = word;
    }
    let folder = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&folder).join("words"), bytes)?;
    Ok(())
}
