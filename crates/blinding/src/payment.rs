use core::fmt;

use countersign_crypto::PublicKey;
use countersign_units::Msat;
use countersign_units::wide::{MILLION, product, quotient_up};

use crate::{
    BlindedPayInfo, EncryptedDataTlv, Hop, PaymentConstraints, PaymentRelay, Sealing,
    ShortChannelId,
};

/// A node of a payment path that forwards, with what it wants for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardingNode {
    /// The node.
    pub node_id: PublicKey,
    /// The channel over which it goes on to the next node of the path.
    pub short_channel_id: ShortChannelId,
    /// What it is paid.
    pub relay: PaymentRelay,
    /// Least amount that it lets in.
    pub htlc_minimum: Msat,
    /// Greatest amount that it lets in.
    pub htlc_maximum: Msat,
}

/// The end of a payment path.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// The node that is paid.
    pub node_id: PublicKey,
    /// What its own hop is to say. Without `payment_constraints` it is told [`Self::constraints`].
    pub data: EncryptedDataTlv<'a>,
    /// How its hop is sealed.
    pub sealing: Sealing<'a>,
    /// Blocks that it wants between a payment's arrival and its expiry.
    pub min_final_cltv_expiry_delta: u16,
    /// What it lets in. The constraints of the nodes in front follow from it.
    pub constraints: PaymentConstraints,
    /// Greatest amount that it lets in.
    pub htlc_maximum: Msat,
}

/// A payment path before it is blinded: forwarding nodes in the order of the payment, and the end.
#[derive(Clone, Copy, Debug)]
pub struct PaymentPath<'a> {
    /// The nodes that forward. There may be none: the recipient is then its own introduction node.
    pub forwarding: &'a [ForwardingNode],
    /// The end.
    pub recipient: &'a Recipient<'a>,
}

/// Why there can be no payment path like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// The base fees add up to more than `fee_base_msat` holds.
    FeeBase,
    /// The proportional fees add up to more than `fee_proportional_millionths` holds.
    FeeProportional,
    /// The deltas add up to more than `cltv_expiry_delta` holds, or the heights than 32 bits.
    CltvDelta,
    /// No amount is at once above the path's minimum and below its maximum.
    NoAmountFits,
}

impl<'a> PaymentPath<'a> {
    /// What the path costs and carries as a whole (R-BPP-04).
    ///
    /// Fees are rounded as the specification rounds them, which is in the nodes' favour.
    /// `htlc_minimum_msat` is the largest minimum of all, and `htlc_maximum_msat` what the
    /// recipient still gets of the smallest maximum.
    ///
    /// # Errors
    /// [`PathError`].
    pub fn payinfo(&self) -> Result<BlindedPayInfo<'static>, PathError> {
        let mut total = Total::of(self.recipient);
        for node in self.forwarding.iter().rev() {
            total = total.behind(node)?;
        }
        let minimum = self.htlc_minimum();
        if total.htlc_maximum < minimum || total.htlc_maximum.is_zero() {
            return Err(PathError::NoAmountFits);
        }
        Ok(BlindedPayInfo {
            fee_base_msat: total.relay.fee_base_msat,
            fee_proportional_millionths: total.relay.fee_proportional_millionths,
            cltv_expiry_delta: total.relay.cltv_expiry_delta,
            htlc_minimum_msat: minimum.get(),
            htlc_maximum_msat: total.htlc_maximum.get(),
            features: &[],
        })
    }

    /// The largest minimum of all nodes: every hop is held to it (R-BPP-02).
    #[must_use]
    pub fn htlc_minimum(&self) -> Msat {
        let minima = self.forwarding.iter().map(|node| node.htlc_minimum);
        minima.fold(self.recipient.constraints.htlc_minimum, Msat::max)
    }

    /// The hops to blind: relay, channel and constraints for each forwarding node, and the
    /// recipient's own data, to which its constraints are added if it set none.
    ///
    /// # Errors
    /// [`PathError::CltvDelta`] when a height exceeds 32 bits.
    pub fn hops(&self) -> Result<impl Iterator<Item = Hop<'a>> + Clone + use<'a>, PathError> {
        let Self { forwarding, recipient } = *self;
        let limits =
            PaymentConstraints { htlc_minimum: self.htlc_minimum(), ..recipient.constraints };
        let mut first = limits;
        for node in forwarding {
            first = first.in_front(&node.relay).ok_or(PathError::CltvDelta)?;
        }
        let forwards = forwarding.iter().scan(first.max_cltv_expiry, move |height, node| {
            let constraints = PaymentConstraints { max_cltv_expiry: *height, ..limits };
            // The height is the sum of what is taken off it, so this never ends early.
            *height = node.relay.outgoing_cltv_value(*height)?;
            Some(node.hop(constraints))
        });
        // Made when it is looked at: a hop is large, and whoever has the iterator would have it thrice.
        let end = move || Hop {
            node_id: recipient.node_id,
            data: EncryptedDataTlv {
                payment_constraints: recipient.data.payment_constraints.or(Some(limits)),
                ..recipient.data
            },
            sealing: recipient.sealing,
        };
        Ok(forwards.chain(core::iter::once_with(end)))
    }
}

impl ForwardingNode {
    fn hop<'a>(&self, constraints: PaymentConstraints) -> Hop<'a> {
        Hop::plain(
            self.node_id,
            EncryptedDataTlv {
                // Not the node's id, which the specification allows too: LND fails such payments.
                short_channel_id: Some(self.short_channel_id),
                payment_relay: Some(self.relay),
                payment_constraints: Some(constraints),
                ..EncryptedDataTlv::default()
            },
        )
    }
}

/// The last part of a path, taken together.
#[derive(Clone, Copy)]
struct Total {
    relay: PaymentRelay,
    htlc_maximum: Msat,
}

impl Total {
    fn of(recipient: &Recipient<'_>) -> Self {
        let relay = PaymentRelay {
            cltv_expiry_delta: recipient.min_final_cltv_expiry_delta,
            ..PaymentRelay::default()
        };
        Self { relay, htlc_maximum: recipient.htlc_maximum }
    }

    /// The same with `node` in front.
    fn behind(self, node: &ForwardingNode) -> Result<Self, PathError> {
        let (front, delta) = (&node.relay, self.relay.cltv_expiry_delta);
        let relay = PaymentRelay {
            fee_base_msat: self.fee_base_behind(front).ok_or(PathError::FeeBase)?,
            fee_proportional_millionths: self
                .fee_proportional_behind(front)
                .ok_or(PathError::FeeProportional)?,
            cltv_expiry_delta: delta
                .checked_add(front.cltv_expiry_delta)
                .ok_or(PathError::CltvDelta)?,
        };
        // What does not even pay the fees leaves nothing.
        let left = relay.largest_paid_by(node.htlc_maximum).unwrap_or(Msat::ZERO);
        Ok(Self { relay, htlc_maximum: self.htlc_maximum.min(left) })
    }

    /// The base fee with `front` in front, which is also paid for forwarding the fees behind it.
    fn fee_base_behind(&self, front: &PaymentRelay) -> Option<u32> {
        let rate = MILLION.checked_add(front.fee_proportional_millionths.into())?;
        let behind = quotient_up(product(self.relay.fee_base_msat.into(), rate), MILLION)?;
        u32::try_from(behind).ok()?.checked_add(front.fee_base_msat)
    }

    /// The proportional fee with `front` in front, likewise.
    fn fee_proportional_behind(&self, front: &PaymentRelay) -> Option<u32> {
        let rate = MILLION.checked_add(front.fee_proportional_millionths.into())?;
        let behind = product(self.relay.fee_proportional_millionths.into(), rate);
        let behind = quotient_up(behind, MILLION)?;
        u32::try_from(behind).ok()?.checked_add(front.fee_proportional_millionths)
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FeeBase => "the base fees add up to more than their field holds",
            Self::FeeProportional => "the proportional fees add up to more than their field holds",
            Self::CltvDelta => "blocks or heights add up to more than their fields hold",
            Self::NoAmountFits => "no amount is within the limits of every node",
        })
    }
}

impl core::error::Error for PathError {}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]
mod tests;
