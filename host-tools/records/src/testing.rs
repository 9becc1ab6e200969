use crate::Issued;

/// An invoice that expires at 200.
pub(crate) fn issued(number: u8) -> Issued {
    Issued {
        payment_hash: [number; 32],
        offer: [9; 32],
        amount_msat: 1_000,
        created_at: 100 + u64::from(number),
        expires_at: 200,
        receipt: vec![number; 40],
    }
}
