//! The image in QEMU does what the simulator does: `cargo xtask qemu` runs these.

use core::time::Duration;
use std::process::{Command, Stdio};

use countersign_firmware_tests::{Emulator, LARGEST, Onions, answer_request, image};
use countersign_link::{Code, Network, ResetReason, State};
use countersign_tests::shop::WORDS;

#[tokio::test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
async fn a_request_of_the_largest_size_is_answered_with_a_verified_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(&image().unwrap(), &folder.path().join("flash")).unwrap();
    let mut client = emulator.client().await.unwrap();
    let answered = answer_request(&mut client, Onions::Large).await.unwrap();
    assert_eq!(answered.amount_msat, 10_000);
    assert_eq!((answered.request_len, answered.answer_len), (LARGEST, LARGEST));
    let read = emulator.read();
    assert!(read.iter().any(|line| line == "Description: a cup of tea"), "{read:?}");
}

#[tokio::test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
async fn what_is_in_flash_outlives_the_power_and_not_a_wipe() {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash");
    let emulator = Emulator::start(&image().unwrap(), &flash).unwrap();
    let mut client = emulator.client().await.unwrap();
    assert_eq!(client.hello().state, State::Unprovisioned);
    client.restore(WORDS, Network::Regtest).await.unwrap();
    client.status().await.unwrap();
    drop((client, emulator));

    let emulator = Emulator::start(&image().unwrap(), &flash).unwrap();
    let mut client = emulator.client().await.unwrap();
    assert_eq!(client.hello().network, Some(Network::Regtest));
    assert_eq!(client.status().await.unwrap().reset, ResetReason::PowerOn);
    let again = client.restore(WORDS, Network::Regtest).await.unwrap_err();
    assert_eq!(again.code(), Some(Code::PROVISIONED));
    client.wipe().await.unwrap();
    drop((client, emulator));

    assert!(std::fs::read(&flash).unwrap().iter().all(|&byte| byte == 0xff));
    let emulator = Emulator::start(&image().unwrap(), &flash).unwrap();
    assert_eq!(emulator.client().await.unwrap().hello().state, State::Unprovisioned);
}

#[tokio::test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
async fn an_image_says_which_commit_it_is_built_from() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(&image().unwrap(), &folder.path().join("flash")).unwrap();
    let client = emulator.client().await.unwrap();
    let commit = std::env::var("COUNTERSIGN_QEMU_COMMIT").unwrap();
    assert_eq!(hex::encode(client.hello().commit), commit);
}

#[tokio::test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
async fn damaged_flash_boots_to_wipe_needed() {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash");
    std::fs::write(&flash, vec![0x5a; 16 * 4_096]).unwrap();
    let emulator = Emulator::start(&image().unwrap(), &flash).unwrap();
    let mut client = emulator.client().await.unwrap();
    assert_eq!(client.hello().state, State::WipeNeeded);
    client.wipe().await.unwrap();
    assert_eq!(client.status().await.unwrap().state, State::Unprovisioned);
}

/// The state and the reason of the last reset, once the board has started again.
async fn after(emulator: &Emulator, reset: ResetReason) -> State {
    for _ in 0..20 {
        if let Ok(mut client) = emulator.client().await
            && let Ok(status) = client.status().await
            && status.reset == reset
        {
            return status.state;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the board has not started again for {reset:?}");
}

#[tokio::test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
async fn a_fault_and_a_hang_start_the_board_again_with_its_state_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(&image().unwrap(), &folder.path().join("flash")).unwrap();
    let mut client = emulator.client().await.unwrap();
    client.restore(WORDS, Network::Regtest).await.unwrap();
    let before = client.status().await.unwrap();
    assert_eq!((before.state, before.reset), (State::Ready, ResetReason::PowerOn));
    drop(client);
    emulator.crash().unwrap();
    assert_eq!(after(&emulator, ResetReason::Fault).await, State::Ready);
    emulator.hang().unwrap();
    assert_eq!(after(&emulator, ResetReason::Watchdog).await, State::Ready);
}

#[test]
#[ignore = "needs the image and QEMU: `cargo xtask qemu`"]
fn an_image_on_another_processor_does_not_start() {
    // The same board with a Cortex-M3.
    let said = Command::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-nographic", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(image().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("this image is for a Cortex-M4"), "{said}");
}
