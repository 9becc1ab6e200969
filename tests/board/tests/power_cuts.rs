//! P5 on the flash itself: power fails in every write and every erased page, after each word of it
//! and with some bits of the next; then the board starts again.

use std::sync::OnceLock;

use countersign_board_tests::{Chip, Cut, Hardware, Host, PAGE, PowerCut, Seeing};
use countersign_crypto::sha256;
use countersign_link::{Reply, State};
use countersign_mnemonic::Mnemonic;
use countersign_tests::onion::with_curve;
use countersign_tests::shop::{NOW, Said, WORDS};

/// The header's page and three more, so that pages are used again soon.
const PAGES: usize = 4;

fn shop() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| Chip::of_a_shop(PAGES).image())
}

fn boot(image: &[u8]) -> (Host, Chip) {
    let chip = Chip::holding(image.to_vec());
    (Host::boot(&chip).unwrap(), chip)
}

/// A number that looks like any other.
fn dice(numbers: [usize; 2]) -> u32 {
    let [a, b, c, d, ..] = sha256(&[&numbers[0].to_le_bytes(), &numbers[1].to_le_bytes()]);
    u32::from_le_bytes([a, b, c, d])
}

/// Where power fails in a write or an erased page of so many bytes: after each word of a write, and
/// after some of a page.
fn prefixes(length: usize) -> Vec<usize> {
    match length {
        PAGE => vec![0, 4, 64, 68, 1_000, 2_048, PAGE - 4, PAGE],
        _ => (0..=length).step_by(4).collect(),
    }
}

/// Plays `script` on `image` with power failing everywhere, and looks at what is there afterwards.
/// Returns how often it failed.
fn with_every_cut(
    image: &[u8],
    script: impl Fn(&mut Host) -> Result<Said, PowerCut>,
    mut look: impl FnMut(&Chip),
) -> usize {
    let (mut host, chip) = boot(image);
    let done_before = chip.operations().len();
    script(&mut host).unwrap();
    let operations = chip.operations().split_off(done_before);
    let mut cuts = 0;
    for (after, &length) in operations.iter().enumerate() {
        for cut in prefixes(length)
            .into_iter()
            .flat_map(|bytes| [0, dice([after, bytes])].map(|bits| Cut { after, bytes, bits }))
        {
            let (mut host, chip) = boot(image);
            chip.cut(cut);
            assert_eq!(script(&mut host), Err(PowerCut), "{cut:?}");
            drop(host);
            look(&Chip::holding(chip.image()));
            cuts += 1;
        }
    }
    cuts
}

/// Changes rules until the next change begins a new page, and erases one: the image before that.
fn about_to_turn_a_page() -> Vec<u8> {
    let mut image = shop().to_vec();
    for value in (1_000..).step_by(1) {
        let (mut host, chip) = boot(&image);
        host.set(&[(12, value)]).unwrap();
        if chip.erased_pages() > 0 {
            return image;
        }
        image = chip.image();
    }
    unreachable!("a page is full at some time")
}

/// Whether any eight bytes of the seed of [`WORDS`] are in `image`.
fn shows_the_seed(image: &[u8]) -> bool {
    let seed = Mnemonic::parse(WORDS).unwrap().seed();
    let pieces: Vec<&[u8]> = seed.expose_secret().windows(8).collect();
    image.windows(8).any(|window| pieces.contains(&window))
}

#[test]
fn a_provisioning_cut_short_is_none_and_leaves_nothing() {
    let blank = vec![0xff; PAGES * PAGE];
    let mut seen = [0, 0];
    with_every_cut(&blank, Host::provision, |chip| {
        let mut host = Host::boot(chip).unwrap();
        match host.state().unwrap() {
            State::Unprovisioned => {
                seen[0] += 1;
                assert!(!shows_the_seed(&chip.image()));
                assert_eq!(host.provision().unwrap().reply(), Reply::Done, "it can be done again");
                assert_eq!(Host::boot(chip).unwrap().state(), Ok(State::Ready));
            }
            State::Ready => seen[1] += 1,
            other => panic!("{other:?}"),
        }
    });
    assert!(seen[0] > 100 && seen[1] > 4, "{seen:?}");
}

#[test]
fn rules_are_old_or_new_and_never_a_mix() {
    for image in [shop().to_vec(), about_to_turn_a_page()] {
        let change = |host: &mut Host| host.set(&[(2, 2), (6, 3), (12, 5_000)]);
        let (mut host, _) = boot(&image);
        let old = host.rules().unwrap();
        change(&mut host).unwrap();
        let new = host.rules().unwrap();
        assert_ne!(old, new);
        let mut seen = [0, 0];
        with_every_cut(&image, change, |chip| {
            let mut host = Host::boot(chip).unwrap();
            let rules = host.rules().unwrap();
            assert!(rules == old || rules == new, "{rules:?}");
            seen[usize::from(rules == new)] += 1;
            // And flash goes on from there.
            change(&mut host).unwrap();
            assert_eq!(Host::boot(chip).unwrap().rules().unwrap(), new);
        });
        assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
    }
}

#[test]
fn an_epoch_that_has_ended_stays_ended() {
    let (mut host, chip) = boot(&about_to_turn_a_page());
    host.end_epoch().unwrap();
    drop(host);
    let image = chip.image();
    let mut seen = [0, 0];
    with_every_cut(&image, Host::end_epoch, |chip| {
        let epoch = Host::boot(chip).unwrap().info().unwrap().epoch;
        seen[usize::try_from(epoch).unwrap() - 1] += 1;
    });
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

#[test]
fn no_counter_goes_back_and_nothing_is_signed_uncounted() {
    with_curve(|curve| {
        for image in [shop().to_vec(), about_to_turn_a_page()] {
            let (mut host, chip) = boot(&image);
            let message = host.open_for(curve).unwrap();
            drop(host);
            let before = boot(&chip.image()).0.info().unwrap().signed;
            // The reservation of before is used up, as after every start: this writes to flash.
            let count = |host: &mut Host| host.hand_over(&message);
            let mut seen = [0, 0];
            with_every_cut(&chip.image(), count, |chip| {
                let mut host = Host::boot(chip).unwrap();
                let after = host.info().unwrap().signed;
                assert!(after >= before);
                seen[usize::from(after > before)] += 1;
                let said = host.hand_over(&message).unwrap();
                assert!(matches!(said.reply(), Reply::NeedPaymentPaths(_)), "{said:?}");
                host.give_up().unwrap();
                assert!(host.info().unwrap().signed > after);
                drop(host);
                assert!(Host::boot(chip).unwrap().info().unwrap().signed > after);
            });
            assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
        }
    });
}

#[test]
fn the_time_goes_on_and_never_back() {
    let later = |host: &mut Host| host.tell_time(NOW + 500_000);
    with_every_cut(shop(), later, |chip| {
        let now = Host::boot(chip).unwrap().info().unwrap().now.unwrap();
        assert!([NOW, NOW + 500_000].contains(&now), "{now}");
    });
}

#[test]
fn a_restored_backup_cut_short_takes_nothing_back() {
    let (mut host, chip) = boot(shop());
    let export = host.export().unwrap();
    host.end_epoch().unwrap();
    let before = host.info().unwrap();
    drop(host);
    with_every_cut(
        &chip.image(),
        |host| host.import(&export),
        |chip| {
            let mut host = Host::boot(chip).unwrap();
            assert_eq!(host.state(), Ok(State::Ready));
            let after = host.info().unwrap();
            assert_eq!(after.epoch, 1);
            assert!(after.signed >= before.signed && after.released >= before.released);
        },
    );
}

#[test]
fn power_that_fails_twice_loses_no_more() {
    let image = about_to_turn_a_page();
    let change = |host: &mut Host| host.set(&[(12, 5_000)]);
    let (mut host, _) = boot(&image);
    let old = host.rules().unwrap();
    change(&mut host).unwrap();
    let new = host.rules().unwrap();
    let mut again = 0;
    with_every_cut(&image, change, |chip| {
        let was = Host::boot(&Chip::holding(chip.image())).unwrap().rules().unwrap();
        for after in 0..9 {
            let chip = Chip::holding(chip.image());
            let bytes = usize::try_from(dice([after, again]) % 32).unwrap() & !3;
            chip.cut(Cut { after, bytes, bits: dice([again, after]) });
            // In a repair at the start, or in the next attempt.
            let failed = Host::boot(&chip).and_then(|mut host| change(&mut host)) == Err(PowerCut);
            again += usize::from(failed);
            let rules = Host::boot(&Chip::holding(chip.image())).unwrap().rules().unwrap();
            assert!(rules == new || (rules == old && was == old), "{was:?}, then {rules:?}");
        }
    });
    assert!(again > 100, "{again}");
}

#[test]
fn a_wipe_leaves_nothing_of_the_seed_whenever_power_fails() {
    // More than one page has had the seed.
    let (mut host, chip) = boot(&about_to_turn_a_page());
    host.set(&[(12, 5_000)]).unwrap();
    drop(host);
    let image = chip.image();
    assert!(shows_the_seed(&image), "this board has no secret to seal it with");

    let (mut host, chip) = boot(&image);
    assert_eq!(host.wipe().unwrap().reply(), Reply::Done);
    assert!(chip.image().iter().all(|&byte| byte == 0xff));

    let mut seen = [0, 0];
    with_every_cut(&image, Host::wipe, |chip| {
        // Power fails once more, while the wipe is finished.
        for after in 0..PAGES {
            let chip = Chip::holding(chip.image());
            chip.cut(Cut { after, bytes: 2_000, bits: dice([after, 0]) });
            let _failed = Host::boot(&chip);
            let chip = Chip::holding(chip.image());
            match Host::boot(&chip).unwrap().state().unwrap() {
                State::Ready => {
                    seen[0] += 1;
                    // Its mark is half there at most: the wipe has not begun.
                    assert!(chip.image()[..64] == image[..64] && chip.image()[96..] == image[96..]);
                }
                State::Unprovisioned => {
                    seen[1] += 1;
                    // Power may have failed when nothing but the header was left.
                    assert!(chip.image()[PAGE..].iter().all(|&byte| byte == 0xff));
                }
                other => panic!("{other:?}"),
            }
        }
    });
    assert!(seen.iter().all(|&count| count > 0), "{seen:?}");
}

#[test]
fn a_board_with_a_secret_of_its_own_never_writes_the_seed() {
    let chip = Chip::blank(PAGES);
    let with_secret = |chip: &Chip, byte: u8| {
        let mut hardware = Hardware::with(chip.clone());
        hardware.secret = Some([byte; 32]);
        hardware
    };
    let mut host = Host::at::<Seeing>(with_secret(&chip, 1)).unwrap();
    assert_eq!(host.provision().unwrap().reply(), Reply::Done);
    assert_eq!(host.info().unwrap().seed, countersign_link::SeedAtRest::Sealed);
    drop(host);
    assert!(!shows_the_seed(&chip.image()));
    assert_eq!(Host::at::<Seeing>(with_secret(&chip, 1)).unwrap().state(), Ok(State::Ready));
    let others = Host::at::<Seeing>(with_secret(&chip, 2)).unwrap().state();
    assert_eq!(others, Ok(State::ForeignStorage));
    assert_eq!(boot(&chip.image()).0.state(), Ok(State::ForeignStorage));
}
