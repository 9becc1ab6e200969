//! P4: a stranger's message costs one bounded unit of work, and free requests use up nothing that
//! paying customers need. `cargo xtask work` counts the instructions of the dearest message and holds
//! them to the published number (`WORK.md`); here it is the structure. That silence takes the same
//! steps whatever its cause is a test of `hostile_payer/silence.rs`.

use countersign_link::{Reply, Request};
use countersign_signer::{Desk, Device, Scratch};
use countersign_tests::dearest;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Scene, donation, need};

/// Inputs from the end of the paths to the onion: keys for each layer one by one, then the MACs of
/// so many layers of 32 KiB, four at a time.
fn most_steps(layers: usize) -> usize {
    3 * layers + layers * 32_768 / 4_096 + 3
}

fn reply_path(scene: &Scene<'_>, hops: usize, padding: usize) -> Vec<u8> {
    let mut nodes = vec![scene.relay; hops - 1];
    nodes.push(payer::payer().public_key(scene.curve));
    payer::reply_path(scene.curve, &nodes, padding)
}

#[test]
fn an_answer_is_made_in_steps_that_its_layers_bound() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        for hops in [2, 3, 6, 12] {
            let metadata = [u8::try_from(hops).unwrap(); 16];
            let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
            let path = reply_path(&scene, hops, 0);
            let message = scene.message_with(&request, &path);
            let (id, said) = scene.hear(&message);
            assert_eq!(need(&said).amount_msat, 10_000);
            scene.shop.steps = 0;
            let said = scene.honest_paths(id);
            assert!(matches!(said.reply(), Reply::Outgoing(_)));
            let most = most_steps(hops);
            assert!((hops..=most).contains(&scene.shop.steps), "{} of {most}", scene.shop.steps);
            scene.shop.hello();
        }
    });
}

#[test]
fn the_dearest_message_is_answered_within_the_bound_for_its_layers() {
    with_curve(|curve| {
        let (mut scene, messages) = dearest::messages(curve, 2);
        for message in &messages {
            assert_eq!(message.packet.len(), 32_834);
            scene.shop.steps = 0;
            assert_eq!(dearest::answer(&mut scene, message).len(), 32_834);
            // Frames in, the answer's steps, frames out.
            let frames = 2 + 32_834_usize.div_ceil(600);
            let most = frames + 10 + most_steps(12) + frames;
            assert!(scene.shop.steps <= most, "{} of {most}", scene.shop.steps);
        }
    });
}

#[test]
fn a_reply_path_of_thirteen_hops_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let path = reply_path(&scene, 13, 0);
        let message = scene.message_with(&request, &path);
        let (_, said) = scene.hear(&message);
        assert_eq!(said.reply(), Reply::Ignored);
    });
}

#[test]
fn a_reply_path_beyond_its_bytes_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        for (padding, is_heard) in [(1_000, true), (1_200, false)] {
            let path = reply_path(&scene, 2, padding);
            assert_eq!(path.len() <= 2_400, is_heard);
            let message = scene.message_with(&request, &path);
            let (_, said) = scene.hear(&message);
            assert_eq!(matches!(said.reply(), Reply::NeedPaymentPaths(_)), is_heard);
            scene.shop.hello();
        }
    });
}

#[test]
fn a_flood_of_free_requests_stops_no_sale() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        // Three unpaid invoices an hour, and a million satoshi a day.
        scene.shop.set(&[(33, 3), (30, 1_000_000_000), (32, 0)]);
        for number in 0..40_u8 {
            let metadata = [number; 16];
            let wish = Wish { amount: Some(100_000_000), metadata: &metadata, ..Wish::default() };
            let request = scene.request(&wish);
            scene.shop.steps = 0;
            scene.buy(&request);
            assert!(scene.shop.steps < 60, "the fortieth costs what the first did");
        }
        let said = scene.shop.call(&Request::Status);
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        assert_eq!(status.alarm, Some(33), "the merchant is told");
        let asked = scene.shop.prompts.len();
        let wish = Wish { amount: Some(900_000_000), metadata: &[99; 16], ..Wish::default() };
        let request = scene.request(&wish);
        scene.buy(&request);
        assert_eq!(scene.shop.prompts.len(), asked, "and nobody is bothered");
    });
}

#[test]
fn the_unpaid_window_is_not_refilled_by_a_restart() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        scene.shop.set(&[(33, 3)]);
        for number in 0..5_u8 {
            let metadata = [number; 16];
            let wish = Wish { amount: Some(1_000), metadata: &metadata, ..Wish::default() };
            let request = scene.request(&wish);
            scene.buy(&request);
        }
        scene.shop = scene.shop.reboot();
        let request = scene.request(&Wish { amount: Some(1_000), ..Wish::default() });
        scene.buy(&request);
        let said = scene.shop.call(&Request::Status);
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        assert_eq!(status.alarm, Some(33));
    });
}

#[test]
fn what_the_device_keeps_has_a_size_that_does_not_grow() {
    let static_ram = size_of::<Desk>() + size_of::<Scratch>() + size_of::<Device<'_>>();
    println!(
        "desk {}, scratch {}, device {}",
        size_of::<Desk>(),
        size_of::<Scratch>(),
        size_of::<Device<'_>>()
    );
    assert!(static_ram <= 28 * 1024, "{static_ram} bytes");
}
