//! Answers so many of the dearest messages: `cargo xtask work` counts the instructions of one.

use countersign_tests::dearest::{answer, messages};
use countersign_tests::onion::with_curve;

/// Made every time, so that two runs differ in what is answered only.
const MADE: u8 = 2;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1);
    with_curve(|curve| {
        let (mut scene, messages) = messages(curve, MADE);
        for message in messages.iter().take(count) {
            let _ = answer(&mut scene, message);
        }
    });
}
