//! What only 0.3.0-rc3 says in this way.

use core::ops::Deref;

use countersign_link::Seal;
use lightning::blinded_path::payment::{
    Bolt12RefundContext, PaymentConstraints, PaymentContext, ReceiveTlvs,
};
use lightning::ln::channelmanager::AChannelManager;
use lightning::ln::outbound_payment::RecipientOnionFields;
use lightning::sign::{EntropySource, NodeSigner};
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning::util::ser::Writeable as _;

pub(crate) use lightning::ln::outbound_payment::{Retry, RetryableSendFailure};

/// How the device seals the records: with the node's receive-auth key, pinned at pairing.
pub(crate) const SEAL: Seal = Seal::ReceiveAuth;

/// The records that the node finds in its own hop: a secret of its own for this payment, and
/// nothing about the customer.
pub(crate) fn records<K>(
    _keys: &K,
    secret: PaymentSecret,
    constraints: PaymentConstraints,
) -> Vec<u8>
where
    K: Deref<Target: NodeSigner + EntropySource>,
{
    let records = ReceiveTlvs {
        payment_secret: secret,
        payment_constraints: constraints,
        payment_context: PaymentContext::Bolt12Refund(Bolt12RefundContext {
            payment_metadata: None,
        }),
    };
    records.encode()
}

/// Has the node expect a payment whose preimage it does not know.
pub(crate) fn expect<M: AChannelManager + ?Sized>(
    manager: &M,
    hash: PaymentHash,
    least_msat: u64,
    seconds: u32,
) -> Result<PaymentSecret, ()> {
    let manager = manager.get_cm();
    let (secret, _metadata) =
        manager.create_inbound_payment_for_hash(hash, Some(least_msat), seconds, None, None)?;
    Ok(secret)
}

/// What a recipient of a BOLT 12 payment is told beside what it has sealed for itself: nothing.
pub(crate) fn recipient_fields(amount_msat: u64) -> RecipientOnionFields {
    RecipientOnionFields::spontaneous_empty(amount_msat)
}
