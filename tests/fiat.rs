//! Offers in a currency: the host says what it is worth, and the merchant's own rate bounds what the
//! host can say.

use countersign_crypto::Curve;
use countersign_link::{Bytes, NewOffer, OfferRequest, Price, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Bought, Scene, code, coffee, need};
use countersign_tests::shop::{NOW, Said};
use proptest::prelude::*;

/// Rules 20 to 23.
const CURRENCY: u8 = 20;
const RATE: u8 = 21;
const TOLERANCE: u8 = 22;
const RATE_AGE: u8 = 23;

/// One euro is a thousand satoshi.
const EURO: u64 = 1_000_000_000_000;

const fn letters(code: [u8; 3]) -> u64 {
    let [a, b, c] = code;
    u32::from_be_bytes([0, a, b, c]) as u64
}

const fn euros(minor_units: u64) -> NewOffer<'static> {
    let price = Price::Currency { code: Bytes(*b"EUR"), exponent: 2, minor_units };
    NewOffer { price, ..coffee() }
}

const fn any_number_of(offer: NewOffer<'static>) -> NewOffer<'static> {
    NewOffer { quantity_max: Some(0), ..offer }
}

/// A shop whose merchant takes euros at a thousand satoshi, give or take a fifth, and sells a cup
/// for 4.50.
fn scene<'c>(curve: &'c Curve<'c>) -> Scene<'c> {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(CURRENCY, letters(*b"EUR")), (RATE, EURO)]);
    scene.offer = scene.another_offer(&euros(450));
    scene
}

fn state(scene: &mut Scene<'_>, currency: [u8; 3], msat_per_million: u64) -> Said {
    scene.shop.call(&Request::Rate { currency: Bytes(currency), msat_per_million })
}

fn buy(scene: &mut Scene<'_>, wish: &Wish<'_>) -> Bought {
    let request = scene.request(wish);
    scene.buy(&request)
}

/// What the invoice for `wish` is about.
fn amount(scene: &mut Scene<'_>, wish: &Wish<'_>) -> u64 {
    let request = scene.request(wish);
    let bought = scene.buy(&request);
    payer::verify(scene.curve, &request, &bought.invoice).1
}

/// The payer is told that there is no invoice, and the merchant's log why.
fn refused(scene: &mut Scene<'_>, wish: &Wish<'_>) -> u16 {
    let request = scene.request(wish);
    let (id, said) = scene.hear(&scene.message(&request));
    assert_eq!(scene.deliver(id, &said).0, 68, "an invoice_error");
    let log = scene.shop.call(&Request::Log { from: 0 });
    let Reply::Log(entries) = log.reply() else { panic!("{log:?}") };
    entries.iter().last().unwrap().unwrap().code.0
}

#[test]
fn a_price_in_a_currency_is_converted_by_the_merchants_rate_or_the_hosts() {
    // R-IR-11
    with_curve(|curve| {
        let mut scene = scene(curve);
        assert_eq!(amount(&mut scene, &Wish::default()), 4_500_000);
        assert_eq!(state(&mut scene, *b"EUR", EURO / 10 * 9).reply(), Reply::Done);
        let cup = core::mem::take(&mut scene.offer);
        scene.offer = scene.another_offer(&any_number_of(euros(450)));
        let three = Wish { quantity: Some(3), ..Wish::default() };
        assert_eq!(amount(&mut scene, &three), 12_150_000);
        scene.offer = cup;
        scene.shop.uptime += 3_600;
        let later = Wish { metadata: &[4; 16], ..Wish::default() };
        assert_eq!(amount(&mut scene, &later), 4_500_000, "the host's word is an hour old");
    });
}

#[test]
fn a_rate_outside_the_merchants_bounds_is_not_taken() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        for lie in [0, 1, EURO / 5 * 4 - 1, EURO / 5 * 6 + 1, EURO * 1_000, u64::MAX] {
            assert_eq!(code(&state(&mut scene, *b"EUR", lie)), 522, "{lie}");
        }
        assert_eq!(code(&state(&mut scene, *b"USD", EURO)), 520);
        assert_eq!(code(&state(&mut scene, *b"eur", EURO)), 406);
        assert_eq!(amount(&mut scene, &Wish::default()), 4_500_000);
    });
}

#[test]
fn a_rate_that_a_later_rule_forbids_is_not_used() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        assert_eq!(state(&mut scene, *b"EUR", EURO / 10 * 9).reply(), Reply::Done);
        scene.shop.set(&[(TOLERANCE, 50_000)]);
        assert_eq!(refused(&mut scene, &Wish::default()), 522);
    });
}

#[test]
fn without_a_fresh_rate_nothing_is_signed() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        scene.shop.set(&[(RATE_AGE, 100)]);
        let pass = |scene: &mut Scene<'_>, seconds| {
            scene.shop.uptime += seconds;
            let claim = NOW + scene.shop.uptime;
            assert_eq!(
                scene.shop.call(&Request::Time { claim }).reply(),
                Reply::Time { now: claim }
            );
        };
        pass(&mut scene, 100);
        let in_time = Wish { metadata: &[2; 16], ..Wish::default() };
        assert_eq!(amount(&mut scene, &in_time), 4_500_000);
        pass(&mut scene, 1);
        assert_eq!(refused(&mut scene, &Wish::default()), 523);
        assert_eq!(code(&state(&mut scene, *b"EUR", EURO)), 523, "the host cannot stand in");
        scene.shop.set(&[(RATE, EURO + 1)]);
        assert_eq!(amount(&mut scene, &Wish::default()), 4_500_001, "the merchant can");
    });
}

#[test]
fn less_than_the_converted_price_is_refused() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let enough = Wish { amount: Some(4_500_000), ..Wish::default() };
        assert_eq!(amount(&mut scene, &enough), 4_500_000);
        let less = Wish { amount: Some(4_499_999), ..Wish::default() };
        assert_eq!(refused(&mut scene, &less), 406);
    });
}

#[test]
fn the_same_request_at_another_rate_gets_another_payment_hash() {
    // DESIGN §4: the converted amount is mixed into the preimage.
    with_curve(|curve| {
        let mut scene = scene(curve);
        let first = buy(&mut scene, &Wish::default()).payment_hash;
        assert_eq!(buy(&mut scene, &Wish::default()).payment_hash, first);
        state(&mut scene, *b"EUR", EURO / 10 * 9);
        let second = buy(&mut scene, &Wish::default()).payment_hash;
        assert_ne!(second, first);
        state(&mut scene, *b"EUR", EURO);
        assert_eq!(buy(&mut scene, &Wish::default()).payment_hash, first);
    });
}

#[test]
fn a_request_that_is_repeated_under_its_id_at_another_rate_is_counted_anew() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let id = scene.shop.id();
        let ask = |scene: &mut Scene<'_>| {
            let said = scene.shop.onion(id, message.path_key, &message.packet).unwrap();
            let need = need(&said);
            scene.shop.hello();
            need
        };
        let first = ask(&mut scene);
        state(&mut scene, *b"EUR", EURO / 10 * 9);
        let second = ask(&mut scene);
        assert_ne!(first.payment_hash, second.payment_hash);
        assert_eq!((first.amount_msat, second.amount_msat), (4_500_000, 4_050_000));
        assert_eq!(ask(&mut scene), second);
    });
}

#[test]
fn an_offer_that_could_not_be_answered_is_not_made() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let mut make = |code, exponent| {
            let price = Price::Currency { code: Bytes(code), exponent, minor_units: 450 };
            let new = NewOffer { price, ..coffee() };
            scene.shop.call(&Request::Offer(OfferRequest::Create(new)))
        };
        assert_eq!(code(&make(*b"USD", 2)), 520);
        assert_eq!(code(&make(*b"EUR", 0)), 525, "cents would be sold as euros");
    });
}

#[test]
fn prompts_say_the_price_in_its_currency_too() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let shows = |scene: &Scene<'_>, line: &str| {
            let lines = scene.shop.prompts.last().unwrap();
            assert!(lines.iter().any(|shown| shown == line), "{line:?} is not in {lines:?}");
        };
        shows(&scene, "Make an offer: for 4.50 EUR");
        scene.shop.set(&[(12, 1_000)]);
        let _ = buy(&mut scene, &Wish::default());
        shows(&scene, "Sign an invoice: 4500 sat");
        shows(&scene, "For one item: 4.50 EUR");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the host says, and in whatever order: what is signed is the price at a rate within
    /// the merchant's bounds, rounded up.
    #[test]
    fn no_host_gets_an_invoice_below_the_price_at_the_merchants_lowest_rate(
        claims in prop::collection::vec(
            prop_oneof![any::<u64>(), EURO / 2..EURO * 2, Just(EURO)],
            0..6,
        ),
        minor_units in 1..1_000_000_u64,
        quantity in 1..4_u64,
    ) {
        let (signed, least, most) = with_curve(|curve| {
            let mut scene = scene(curve);
            scene.shop.set(&[(13, u64::MAX >> 12), (12, u64::MAX >> 12)]);
            scene.offer = scene.another_offer(&any_number_of(euros(minor_units)));
            for claim in claims {
                let _ = state(&mut scene, *b"EUR", claim);
            }
            let wish = Wish { quantity: Some(quantity), ..Wish::default() };
            let request = scene.request(&wish);
            let (_, said) = scene.hear(&scene.message(&request));
            let at = |rate: u64| {
                let total = u128::from(minor_units) * u128::from(quantity) * u128::from(rate);
                total.div_ceil(100_000_000)
            };
            (need(&said).amount_msat, at(EURO / 5 * 4), at(EURO / 5 * 6))
        });
        prop_assert!((least..=most).contains(&u128::from(signed)), "{least} {signed} {most}");
    }
}
