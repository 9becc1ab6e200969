//! The dearest message, recorded and played: `cargo xtask work` counts the instructions of it.
//!
//! `dearest-message record FILE` writes what a host says to have one answered. `dearest-message play
//! FILE TIMES` boots a device and says that to it: no times or once, so that two runs differ in what
//! is answered only.

use std::process::ExitCode;

use countersign_bench_replay::{Memory, Player, Recording};
use countersign_tests::dearest::recording;
use countersign_tests::onion::with_curve;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["record", file] => {
            std::fs::write(file, with_curve(recording)).expect("a file that can be written");
        }
        ["play", file, times] => {
            let bytes = std::fs::read(file).expect("what was recorded");
            play(&bytes, times.parse().expect("how many times"));
        }
        _ => {
            eprintln!("usage: dearest-message record FILE | play FILE TIMES");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn play(bytes: &[u8], times: usize) {
    let recording = Recording::read(bytes).expect("a recording");
    let mut memory = Memory::new();
    let mut player = Player::boot(recording, &mut memory);
    for _ in 0..times {
        player.play();
    }
}
