//! Tells the linker where the emulated board's memories are: the build script of both images.

fn main() {
    let memory = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    println!("cargo::rustc-link-search={memory}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--nmagic");
    println!("cargo::rerun-if-changed={memory}/memory.x");
}
