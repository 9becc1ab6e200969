//! What a step is done with, gathered for either side.

use countersign_bench_steps::{Inputs, Payment, Task};
use countersign_ldk_tests::payment::{HASH, Incoming};
use countersign_onion::OnionMessage;
use lightning::util::ser::Writeable as _;

use crate::case::{Party, parcel, reply_path, with_records};
use crate::measure::Side;
use crate::step::{Size, Step};
use crate::{ldk, ours};

/// The inputs of a step, which they are read from.
pub(crate) struct Supply {
    size: Size,
    secret: [u8; 32],
    relay: [u8; 33],
    message: Vec<u8>,
    request: Vec<u8>,
    reply_path: Vec<u8>,
    payment: Incoming,
}

impl Supply {
    /// What `side` does `step` with.
    pub(crate) fn new(side: Side, step: Step) -> Self {
        let size = step.size();
        let ldk = ldk::Merchant::new(size);
        let payment = ldk.payment();
        // Whose offer it is for does not matter to a parser: both read the request that LDK's
        // merchant gets.
        let theirs = ldk.case.request.clone();
        let case = match side {
            Side::Ours => ours::case(size),
            Side::Ldk => ldk.case,
        };
        let (mut message, mut request, mut layers) = (case.message, case.request, size.layers());
        match step {
            Step::Peel(size) => message = parcel(size, size.message()),
            Step::Payload(payload) => message = parcel(Size::Big, payload),
            Step::Request => request = theirs,
            Step::Records(more) => request = with_records(&theirs, more),
            Step::Layers(count) => layers = count,
            Step::OfferCheck
            | Step::PaymentPath
            | Step::PaymentOnion
            | Step::Claim
            | Step::Invoice
            | Step::Reply(_)
            | Step::Whole(_) => {}
        }
        Self {
            size,
            secret: Party::Merchant.node().secret().secret_bytes(),
            relay: Party::Relay.point().serialize(),
            message: [&OnionMessage::TYPE.to_be_bytes()[..], &message].concat(),
            request,
            reply_path: reply_path(size, layers).encode(),
            payment,
        }
    }

    /// The inputs of a task.
    pub(crate) fn inputs(&self, task: Task) -> Inputs<'_> {
        Inputs {
            task,
            secret: self.secret,
            relay: &self.relay,
            message: &self.message,
            request: &self.request,
            reply_path: &self.reply_path,
            reply_bytes: u32::try_from(self.size.packet()).expect("a size"),
            payment: Payment {
                onion: &self.payment.onion,
                path_key: self.payment.path_key.as_ref().expect("a blinded path"),
                hash: HASH.0,
                amount: self.payment.amount,
                expiry: self.payment.expiry,
            },
        }
    }
}
