//! Tells the linker where the emulated board's memories are.

fn main() {
    let board = concat!(env!("CARGO_MANIFEST_DIR"), "/../boards/qemu-mps2");
    println!("cargo::rustc-link-search={board}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--nmagic");
    // Of functions that are the same, one stays.
    println!("cargo::rustc-link-arg-bins=--icf=all");
    println!("cargo::rerun-if-changed={board}/memory.x");
}
