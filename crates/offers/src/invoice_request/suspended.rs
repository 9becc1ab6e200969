use countersign_crypto::{KeyPair, PublicKey, sha256};
use countersign_tlv::TlvStream;
use countersign_units::Msat;

use super::{CheckedRequest, OurRequest, Price};
use crate::merkle::Trunk;
use crate::{Answerable, CheckedRefund, Invalid, Rejected, field};

/// A [`CheckedRequest`] or a [`CheckedRefund`] that has let go of its bytes, for a device that has
/// to wait for payment paths and has nowhere but one buffer to keep the request in.
///
/// It is still the proof that the request was checked, and of which bytes: [`Suspended::resume`]
/// takes no others.
#[derive(Debug)]
pub struct Suspended {
    digest: [u8; 32],
    trunk: Option<Trunk>,
    price: Price,
    key: KeyPair,
}

impl CheckedRequest<'_> {
    /// Lets go of the request's bytes.
    #[must_use]
    pub fn suspend(self) -> Suspended {
        let digest = sha256(&[self.ours.request.records.bytes()]);
        let OurRequest { trunk, key, .. } = self.ours;
        Suspended { digest, trunk, price: self.price, key }
    }
}

impl CheckedRefund<'_> {
    /// Lets go of the refund's bytes. The invoice will be signed with `key`, best one that nothing
    /// else is signed with (R-RF-04).
    #[must_use]
    pub fn suspend(self, key: KeyPair) -> Suspended {
        let refund = self.refund();
        let digest = sha256(&[refund.records().bytes()]);
        let price = Price { quantity: 1, expected: None, amount: refund.amount() };
        Suspended { digest, trunk: None, price, key }
    }
}

impl Suspended {
    /// SHA-256 of the request.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// What the request is about, in numbers.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.price
    }

    /// What the invoice will be about.
    #[must_use]
    pub const fn amount(&self) -> Msat {
        self.price.amount
    }

    /// The key that will sign the invoice.
    #[must_use]
    pub fn signing_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Goes on with the request that was checked.
    ///
    /// # Errors
    /// [`Invalid::Mismatch`] when `request` is not the same, byte for byte.
    pub fn resume<'a>(&'a self, request: &'a [u8]) -> Result<Answerable<'a>, Rejected> {
        if sha256(&[request]) != self.digest {
            return Err(Invalid::Mismatch { field: crate::Field::INVREQ_METADATA }.into());
        }
        let records = TlvStream::parse(request)?;
        Ok(Answerable::new(records, self.trunk.as_ref(), self.price.amount, &self.key))
    }

    /// The pieces of `request` between which an invoice's own records stand: those before the
    /// signature, and those behind it.
    ///
    /// # Errors
    /// As [`countersign_tlv::TlvStream::parse`].
    pub fn mirrored(request: &[u8]) -> Result<[&[u8]; 2], Rejected> {
        let [before, after] = field::around_signatures(&TlvStream::parse(request)?);
        Ok([before.bytes(), after.bytes()])
    }
}
