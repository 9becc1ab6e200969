//! Has an emulated board answer a request of the largest size and prints what came of it: `cargo xtask
//! sizes` reads the depth of the stack from it. The board is the one whose image is named.

use anyhow::Result;
use countersign_firmware_tests::{Emulator, Onions, Pico, answer_request, image, pico_image};

#[tokio::main]
async fn main() -> Result<()> {
    let answered = if let Ok(image) = pico_image() {
        let pico = Pico::start(&image)?;
        answer_request(&mut pico.client().await?, Onions::Large).await?
    } else {
        let folder = tempfile::tempdir()?;
        let emulator = Emulator::start(&image()?, &folder.path().join("state.flash"))?;
        answer_request(&mut emulator.client().await?, Onions::Large).await?
    };
    println!(
        "{{\"request\":{},\"answer\":{},\"stack\":{}}}",
        answered.request_len, answered.answer_len, answered.stack
    );
    Ok(())
}
