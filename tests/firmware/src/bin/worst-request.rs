//! Has the emulated board answer a request of the largest size and prints what came of it:
//! `cargo xtask sizes` reads the depth of the stack from it.

use anyhow::Result;
use countersign_firmware_tests::{Emulator, Onions, answer_request, image};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let emulator = Emulator::start(&image()?, &folder.path().join("state.flash"))?;
    let answered = answer_request(&mut emulator.client().await?, Onions::Large).await?;
    println!(
        "{{\"request\":{},\"answer\":{},\"stack\":{}}}",
        answered.request_len, answered.answer_len, answered.stack
    );
    Ok(())
}
