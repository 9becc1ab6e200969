use countersign_tlv::{DecodeError, Full, Reader, Writer, tu64_len};
use countersign_units::Msat;

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
        let rate = u128::from(self.fee_proportional_millionths);
        let proportional = u128::from(amount.get()).checked_mul(rate)?.checked_div(MILLION)?;
        msat(proportional.checked_add(self.fee_base_msat.into())?)
    }

    /// What the hop forwards of an `amount` that comes in: the inverse of adding
    /// [`PaymentRelay::fee`]. `None` when the amount does not pay the base fee.
    ///
    /// (BOLT 4 §Route Blinding: the quotient is rounded up.)
    #[must_use]
    pub fn amount_to_forward(&self, amount: Msat) -> Option<Msat> {
        let divisor = MILLION.checked_add(self.fee_proportional_millionths.into())?;
        let rest = u128::from(amount.get()).checked_sub(self.fee_base_msat.into())?;
        msat(rest.checked_mul(MILLION)?.div_ceil(divisor))
    }

    /// The largest amount that, with the fee for it, is at most `total`. It is what the hop would
    /// forward, or 1 msat less where that was rounded up.
    pub(crate) fn largest_paid_by(&self, total: Msat) -> Option<Msat> {
        let forwarded = self.amount_to_forward(total)?;
        let with_fee = forwarded.plus(self.fee(forwarded)?)?;
        if with_fee <= total { Some(forwarded) } else { forwarded.minus(Msat::new(1)?) }
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

/// Proportional fees are per million.
pub(crate) const MILLION: u128 = 1_000_000;
