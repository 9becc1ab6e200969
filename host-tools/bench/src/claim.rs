//! The claim of a payment: of a whole device, since its vault has no other door.

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_link::{Bytes, ClaimRequest, PROTOCOL, Reply, Request, ResetReason, SeedAtRest};
use countersign_policy::Uptime;
use countersign_signer::{About, Desk, Device, Input, Moment, Output, Scratch, Screen, Stored};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::Scene;

/// A device that has signed an invoice, and what its payment arrives with.
struct Till {
    device: Device<'static>,
    scratch: Scratch,
    receipt: Vec<u8>,
    path_key: [u8; 33],
}

/// A claim with the path key, ready to be run any number of times. The payment has been counted
/// before; every run gets the same preimage again.
pub(crate) fn prepare() -> Box<dyn FnMut()> {
    let mut till = Till::open();
    Box::new(move || till.claim())
}

/// Bytes of the receipt that the host keeps for the invoice.
pub(crate) fn receipt_len() -> usize {
    Till::open().receipt.len()
}

impl Till {
    fn open() -> Self {
        let (flash, receipt, path_key) = with_curve(|curve| {
            let mut scene = Scene::open(curve);
            let request = scene.request(&Wish::default());
            let bought = scene.buy(&request);
            let path_key = scene.arriving_path_key(&bought.invoice);
            (scene.shop.flash, bought.receipt, path_key)
        });
        let item = |slot| flash.get(slot).map(Vec::as_slice);
        let stored = Stored {
            seed: item("seed"),
            settings: item("settings"),
            counters: item("counters"),
            payouts: item("payouts"),
        };
        let about = About {
            board: "bench",
            firmware: [0; 3],
            commit: [0; 20],
            reset: ResetReason::PowerOn,
            screen: Screen::OnBoard,
            seed: SeedAtRest::Plain,
        };
        let memory: &'static mut CurveMemory = Box::leak(Box::new(CurveMemory::new()));
        let curve = Curve::new(memory, &Secret::new([1; 32])).expect("memory enough");
        let desk: &'static mut Desk = Box::leak(Box::new(Desk::new()));
        let device = Device::boot(about, curve, desk, Ok(stored), Uptime(0));
        let mut till = Self { device, scratch: Scratch::new(), receipt, path_key };
        let hello = Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL };
        let greeted = till.device.handle(&MOMENT, message(hello), &mut till.scratch);
        assert!(matches!(greeted, Output::Reply { reply: Reply::Hello(_), .. }));
        till.count();
        till
    }

    /// Claims for the first time, which flash hears of.
    fn count(&mut self) {
        let Self { device, scratch, receipt, path_key } = self;
        let counting = device.handle(&MOMENT, claim(receipt, *path_key), scratch);
        assert!(matches!(counting, Output::Store { .. }), "{counting:?}");
        let claimed = device.handle(&MOMENT, Input::Stored, scratch);
        assert!(matches!(claimed, Output::Reply { reply: Reply::Claimed { .. }, .. }));
    }

    fn claim(&mut self) {
        let Self { device, scratch, receipt, path_key } = self;
        let claimed = device.handle(&MOMENT, claim(receipt, *path_key), scratch);
        assert!(matches!(claimed, Output::Reply { reply: Reply::Claimed { .. }, .. }));
    }
}

const MOMENT: Moment = Moment { uptime: Uptime(0), entropy: [9; 32] };

const fn message(request: Request<'_>) -> Input<'_> {
    Input::Message { id: 1, request }
}

const fn claim(receipt: &[u8], path_key: [u8; 33]) -> Input<'_> {
    message(Request::Claim(ClaimRequest::PathKey { receipt, path_key: Bytes(path_key) }))
}
