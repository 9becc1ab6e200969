use countersign_tlv::{DecodeError, Full, Reader, Writer, tu64_len};
use countersign_units::Msat;
use countersign_units::wide::{MILLION, product, quotient, quotient_up};

/// What a forwarding hop of a payment path is paid, and how many blocks it needs: `payment_relay`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentRelay {
    /// Blocks between the expiry of what comes in and of what goes out.
    pub cltv_expiry_delta: u16,
    /// Fee for each million millisatoshi.
    pub fee_proportional_millionths: u32,
    /// Fee for each payment, in millisatoshi.
    pub fee_base_msat: u32,
}

/// What payments a hop lets through: `payment_constraints`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentConstraints {
    /// Last block height at which what comes in may expire.
    pub max_cltv_expiry: u32,
    /// Least amount that may come in.
    pub htlc_minimum: Msat,
}

impl PaymentRelay {
    /// What the hop keeps for forwarding `amount`; `None` when that is more money than exists.
    #[must_use]
    pub fn fee(&self, amount: Msat) -> Option<Msat> {
        let rated = product(amount.get().into(), self.fee_proportional_millionths.into());
        msat(quotient(rated, MILLION)?.checked_add(self.fee_base_msat.into())?)
    }

    /// What the hop forwards of an `amount` that comes in: the inverse of adding
    /// [`PaymentRelay::fee`]. `None` when the amount does not pay the base fee.
    ///
    /// (BOLT 4 §Route Blinding: the quotient is rounded up.)
    #[must_use]
    pub fn amount_to_forward(&self, amount: Msat) -> Option<Msat> {
        let divisor = MILLION.checked_add(self.fee_proportional_millionths.into())?;
        let rest = amount.get().checked_sub(self.fee_base_msat.into())?;
        msat(quotient_up(product(rest.into(), MILLION), divisor)?)
    }

    /// The largest amount that, with the fee for it, is at most `total`. It is what the hop would
    /// forward, or 1 msat less where that was rounded up.
    pub(crate) fn largest_paid_by(&self, total: Msat) -> Option<Msat> {
        let forwarded = self.amount_to_forward(total)?;
        let with_fee = self.fee(forwarded).and_then(|fee| forwarded.plus(fee));
        match with_fee {
            Some(with_fee) if with_fee <= total => Some(forwarded),
            Some(_) | None => forwarded.minus(Msat::new(1)?),
        }
    }

    /// The expiry that the hop sets on what it forwards when what comes in expires at
    /// `cltv_expiry`; `None` when that would be before the first block.
    #[must_use]
    pub fn outgoing_cltv_value(&self, cltv_expiry: u32) -> Option<u32> {
        cltv_expiry.checked_sub(self.cltv_expiry_delta.into())
    }

    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            cltv_expiry_delta: reader.u16()?,
            fee_proportional_millionths: reader.u32()?,
            fee_base_msat: reader.tu32()?,
        })
    }

    pub(crate) fn len(&self) -> usize {
        // A u16, a u32 and a tu32.
        6_usize.saturating_add(tu64_len(self.fee_base_msat.into()))
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.bytes(&self.cltv_expiry_delta.to_be_bytes())?;
        writer.bytes(&self.fee_proportional_millionths.to_be_bytes())?;
        writer.truncated(self.fee_base_msat.into())
    }
}

impl PaymentConstraints {
    /// Whether a payment of `amount` that expires at `cltv_expiry` may come in.
    #[must_use]
    pub fn allow(&self, amount: Msat, cltv_expiry: u32) -> bool {
        //= bolt4#payload-format
        //# - If `payment_constraints` is present:
        //#   - MUST return an error if:
        //#     - the expiry is greater than
        //#       `encrypted_recipient_data.payment_constraints.max_cltv_expiry`.
        //#     - the amount is below
        //#       `encrypted_recipient_data.payment_constraints.htlc_minimum_msat`.
        cltv_expiry <= self.max_cltv_expiry && amount >= self.htlc_minimum
    }

    /// The constraints of a hop with `relay` in front of one with these (R-BPP-02); `None` when
    /// the height exceeds 32 bits.
    #[must_use]
    pub fn in_front(&self, relay: &PaymentRelay) -> Option<Self> {
        let max_cltv_expiry = self.max_cltv_expiry.checked_add(relay.cltv_expiry_delta.into())?;
        Some(Self { max_cltv_expiry, ..*self })
    }

    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { max_cltv_expiry: reader.u32()?, htlc_minimum: reader.msat()? })
    }

    pub(crate) const fn len(&self) -> usize {
        // A u32 and a tu64.
        4_usize.saturating_add(tu64_len(self.htlc_minimum.get()))
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        writer.bytes(&self.max_cltv_expiry.to_be_bytes())?;
        writer.truncated(self.htlc_minimum.get())
    }
}

fn msat(amount: u128) -> Option<Msat> {
    u64::try_from(amount).ok().and_then(Msat::new)
}

#[cfg(test)]
mod tests {
    use countersign_units::Msat;
    use proptest::prelude::*;

    use super::{PaymentConstraints, PaymentRelay};

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    fn relay(fee_base_msat: u32, fee_proportional_millionths: u32) -> PaymentRelay {
        PaymentRelay { cltv_expiry_delta: 40, fee_proportional_millionths, fee_base_msat }
    }

    #[test]
    fn every_hop_of_the_specifications_payment_forwards_what_it_says() {
        // bolt04/blinded-payment-onion-test.json: Bob, Carol and Dave; Eve gets 100,000.
        let mut amount = msat(110_125);
        for (relay, forwarded) in
            [(relay(10_000, 0), 100_125), (relay(100, 150), 100_010), (relay(0, 100), 100_000)]
        {
            amount = relay.amount_to_forward(amount).unwrap();
            assert_eq!(amount, msat(forwarded));
        }
    }

    #[test]
    fn what_does_not_pay_the_base_fee_is_not_forwarded() {
        assert_eq!(relay(1000, 0).amount_to_forward(msat(999)), None);
        assert_eq!(relay(1000, 0).amount_to_forward(msat(1000)), Some(Msat::ZERO));
        assert_eq!(relay(1000, 0).amount_to_forward(msat(1001)), Some(msat(1)));
    }

    #[test]
    fn a_fee_that_is_more_money_than_exists_is_none() {
        assert_eq!(relay(0, 1_000_000).fee(Msat::MAX), Some(Msat::MAX));
        assert_eq!(relay(1, 1_000_000).fee(Msat::MAX), None);
        assert_eq!(relay(u32::MAX, u32::MAX).fee(Msat::MAX), None);
    }

    #[test]
    fn an_expiry_does_not_fall_below_the_first_block() {
        assert_eq!(relay(0, 0).outgoing_cltv_value(40), Some(0));
        assert_eq!(relay(0, 0).outgoing_cltv_value(39), None);
    }

    #[test]
    fn both_constraints_are_inclusive() {
        // R-BPP-02
        let limits = PaymentConstraints { max_cltv_expiry: 100, htlc_minimum: msat(50) };
        for (amount, expiry, allowed) in
            [(50, 100, true), (49, 100, false), (50, 101, false), (51, 99, true)]
        {
            assert_eq!(limits.allow(msat(amount), expiry), allowed, "{amount} at {expiry}");
        }
        assert_eq!(limits.in_front(&relay(0, 0)).map(|limits| limits.max_cltv_expiry), Some(140));
        let highest = PaymentConstraints { max_cltv_expiry: u32::MAX - 40, ..limits };
        assert!(highest.in_front(&relay(0, 0)).is_some());
        let higher = PaymentConstraints { max_cltv_expiry: u32::MAX - 39, ..limits };
        assert_eq!(higher.in_front(&relay(0, 0)), None);
    }

    proptest! {
        #[test]
        fn a_hop_forwards_exactly_what_its_fee_was_added_to(base: u32, rate: u32, amount in 0..1_u64 << 40) {
            let relay = relay(base, rate);
            let amount = msat(amount);
            if let Some(total) = relay.fee(amount).and_then(|fee| amount.plus(fee)) {
                prop_assert_eq!(relay.amount_to_forward(total), Some(amount));
                prop_assert!(relay.largest_paid_by(total) >= Some(amount));
            }
        }

        #[test]
        fn no_larger_amount_is_paid_by_a_total(
            base in 0..10_000_u32,
            rate in 0..5_000_000_u32,
            total in 0..=Msat::MAX.get(),
            shift in 0..50_u32,
        ) {
            let relay = relay(base, rate);
            let total = msat(total >> shift);
            let Some(largest) = relay.largest_paid_by(total) else {
                prop_assert!(total < msat(base.into()));
                return Ok(());
            };
            let with_fee = |amount: Msat| amount.plus(relay.fee(amount)?);
            prop_assert!(with_fee(largest).unwrap() <= total);
            let more = largest.plus(msat(1)).and_then(with_fee);
            prop_assert!(more.is_none_or(|more| more > total));
        }
    }
}
