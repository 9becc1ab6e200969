//! What only 0.2.7 says in this way.

use core::ops::Deref;

use countersign_link::Seal;
use lightning::blinded_path::payment::{
    Bolt12RefundContext, PaymentConstraints, PaymentContext, UnauthenticatedReceiveTlvs,
};
use lightning::ln::channelmanager::{AChannelManager, RecipientOnionFields};
use lightning::offers::nonce::Nonce;
use lightning::sign::{EntropySource, NodeSigner};
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning::util::ser::Writeable as _;

pub(crate) use lightning::ln::channelmanager::{Retry, RetryableSendFailure};

/// How the device seals the records: 0.2.7 finds its own by an HMAC inside of them.
pub(crate) const SEAL: Seal = Seal::Plain;

/// The records that the node finds in its own hop: a secret of its own for this payment, and
/// nothing about the customer.
pub(crate) fn records<K>(
    keys: &K,
    secret: PaymentSecret,
    constraints: PaymentConstraints,
) -> Vec<u8>
where
    K: Deref<Target: NodeSigner + EntropySource>,
{
    let records = UnauthenticatedReceiveTlvs {
        payment_secret: secret,
        payment_constraints: constraints,
        payment_context: PaymentContext::Bolt12Refund(Bolt12RefundContext {}),
    };
    let nonce = Nonce::from_entropy_source(&**keys);
    records.authenticate(nonce, &keys.get_expanded_key()).encode()
}

/// Has the node expect a payment whose preimage it does not know.
pub(crate) fn expect<M: AChannelManager + ?Sized>(
    manager: &M,
    hash: PaymentHash,
    least_msat: u64,
    seconds: u32,
) -> Result<PaymentSecret, ()> {
    manager.get_cm().create_inbound_payment_for_hash(hash, Some(least_msat), seconds, None)
}

/// What a recipient of a BOLT 12 payment is told beside what it has sealed for itself: nothing.
pub(crate) fn recipient_fields(_amount_msat: u64) -> RecipientOnionFields {
    RecipientOnionFields::spontaneous_empty()
}
