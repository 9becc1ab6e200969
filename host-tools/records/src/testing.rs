use crate::{Authorised, Issued, Offered};

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

/// A refund that holds until 200.
pub(crate) fn refund(number: u8) -> Offered {
    Offered {
        id: [number; 32],
        text: format!("lnr{number}"),
        description: "too much was paid".to_owned(),
        amount_msat: 7_000,
        created_at: 100 + u64::from(number),
        expires_at: Some(200),
    }
}

/// An invoice for that refund.
pub(crate) fn authorised(number: u8) -> Authorised {
    Authorised {
        payment_hash: [!number; 32],
        refund: [number; 32],
        amount_msat: 7_000,
        invoice: vec![number; 40],
        at: 120,
        expires_at: 180,
    }
}
