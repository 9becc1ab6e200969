//! Flash that was damaged, is another board's, or is of newer firmware: the device says so and waits
//! to be wiped. It never goes by an earlier state than the latest.

use countersign_board_tests::{Blind, Chip, Hardware, Host, PAGE, Seeing};
use countersign_crypto::sha256;
use countersign_link::{Info, Reply, State};
use countersign_tests::scene::code;
use countersign_tests::shop::{NOW, Said};

const PAGES: usize = 4;

/// What a device must not forget.
type Memory = (Said, u32, u64, Option<u64>);

fn memory(host: &mut Host) -> Memory {
    let Info { epoch, signed, now, .. } = host.info().unwrap();
    (host.rules().unwrap(), epoch, signed, now)
}

/// A device with a history: each of its items was replaced some times.
fn experienced() -> (Vec<u8>, Memory) {
    let chip = Chip::of_a_shop(PAGES);
    for day in 1..4 {
        let mut host = Host::boot(&chip).unwrap();
        host.set(&[(12, 1_000 + day)]).unwrap();
        host.end_epoch().unwrap();
        host.tell_time(NOW + day * 100_000).unwrap();
    }
    let memory = memory(&mut Host::boot(&chip).unwrap());
    (chip.image(), memory)
}

/// The latest state, or none at all: whether it is the latest.
fn is_latest_or_refused(image: Vec<u8>, latest: &Memory, what: &str) -> bool {
    let chip = Chip::holding(image);
    let mut host = Host::boot(&chip).unwrap();
    match host.state().unwrap() {
        State::Ready => {
            assert_eq!(memory(&mut host), *latest, "{what}");
            true
        }
        State::WipeNeeded | State::NewerStorage | State::ForeignStorage => {
            assert!([701, 703, 704].contains(&code(&host.rules().unwrap())), "{what}");
            false
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_flipped_bit_anywhere_leaves_the_latest_state_or_none() {
    let (image, latest) = experienced();
    let used: Vec<usize> = (0..image.len()).filter(|&at| image[at] != 0xff).collect();
    assert!(used.len() > 1_000, "{}", used.len());
    let mut refused = 0;
    for &at in &used {
        let mut changed = image.clone();
        changed[at] ^= 1 << (sha256(&[&at.to_le_bytes()])[0] % 8);
        refused += usize::from(!is_latest_or_refused(changed, &latest, &format!("byte {at}")));
    }
    assert!(refused > 100, "{refused} of {}", used.len());
}

#[test]
fn scattered_damage_leaves_the_latest_state_or_none() {
    let (image, latest) = experienced();
    for number in 0..500_u32 {
        let mut changed = image.clone();
        let dice = sha256(&[&number.to_le_bytes()]);
        for pair in dice.chunks(4).take(1 + usize::from(dice[31] % 7)) {
            let at = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % (2 * PAGE);
            changed[at] ^= pair[2];
        }
        is_latest_or_refused(changed, &latest, &format!("number {number}"));
    }
}

#[test]
fn a_page_that_is_lost_is_missed() {
    let (image, latest) = experienced();
    for page in 0..2 {
        for filling in [0x00, 0x5a] {
            let mut changed = image.clone();
            changed[page * PAGE..][..PAGE].fill(filling);
            assert!(!is_latest_or_refused(changed, &latest, &format!("page {page}")));
        }
    }
    // Without its header, what follows is nobody's.
    let mut changed = image;
    changed[..PAGE].fill(0xff);
    assert!(!is_latest_or_refused(changed, &latest, "no header"));
}

#[test]
fn damaged_flash_can_be_wiped_and_used_again() {
    for filling in [0x00, 0x5a, 0xfe] {
        let chip = Chip::holding(vec![filling; PAGES * PAGE]);
        let mut host = Host::boot(&chip).unwrap();
        if host.state() == Ok(State::WipeNeeded) {
            assert_eq!(code(&host.provision().unwrap()), 701);
            assert_eq!(host.wipe().unwrap().reply(), Reply::Done);
        }
        assert_eq!(host.state(), Ok(State::Unprovisioned));
        assert!(chip.image().iter().all(|&byte| byte == 0xff));
        assert_eq!(host.provision().unwrap().reply(), Reply::Done);
        assert_eq!(Host::boot(&chip).unwrap().state(), Ok(State::Ready));
    }
}

#[test]
fn another_boards_image_does_not_start_with_this_boards_state() {
    let chip = Chip::of_a_shop(PAGES);
    let image = chip.image();
    let mut host = Host::at::<Blind>(Hardware::with(chip.clone())).unwrap();
    assert_eq!(host.state(), Ok(State::ForeignStorage));
    assert_eq!(code(&host.rules().unwrap()), 704);
    assert_eq!(code(&host.provision().unwrap()), 704);
    drop(host);
    assert_eq!(chip.image(), image, "nothing was changed");
    assert_eq!(Host::at::<Seeing>(Hardware::with(chip)).unwrap().state(), Ok(State::Ready));
}

/// The header of a state, in a later format of the same layout.
fn of_format(image: &[u8], format: u32) -> Vec<u8> {
    let mut image = image.to_vec();
    image[8..12].copy_from_slice(&format.to_le_bytes());
    let check = sha256(&[&image[..28]]);
    image[28..32].copy_from_slice(&check[..4]);
    image
}

#[test]
fn an_older_image_refuses_newer_state_and_says_why() {
    let image = Chip::of_a_shop(PAGES).image();
    assert_eq!(of_format(&image, 1), image);
    let chip = Chip::holding(of_format(&image, 2));
    let mut host = Host::boot(&chip).unwrap();
    assert_eq!(host.state(), Ok(State::NewerStorage));
    for said in [host.rules().unwrap(), host.provision().unwrap(), host.end_epoch().unwrap()] {
        assert_eq!(code(&said), 703);
    }
    drop(host);
    // The firmware that wrote it finds it as it was.
    let back = Chip::holding(of_format(&chip.image(), 1));
    assert_eq!(Host::boot(&back).unwrap().state(), Ok(State::Ready));
}
