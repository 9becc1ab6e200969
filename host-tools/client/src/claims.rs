use countersign_link::{Bytes, ClaimRequest, Request};
use zeroize::Zeroizing;

use crate::operation::{Call, Operation};
use crate::response::Response;
use crate::{Client, Error};

/// A part of a payment that ends at the device itself, behind the node that is paid: the HTLC that
/// this node would pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentPart<'p> {
    /// `path_key`.
    pub path_key: &'p [u8; 33],
    /// `onion_routing_packet`.
    pub packet: &'p [u8],
    /// `amount_msat`.
    pub amount_msat: u64,
    /// `cltv_expiry`.
    pub cltv_expiry: u32,
}

/// What comes of a part of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// The payment is complete: this settles every part of it.
    Preimage(Zeroizing<[u8; 32]>),
    /// The part is good, and so many msat are missing: hold it until the others have come.
    Missing(u64),
}

/// A claim by one payment onion.
struct PartClaim<'p> {
    receipt: &'p [u8],
    part: PaymentPart<'p>,
}

impl Operation for PartClaim<'_> {
    type Outcome = Collected;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Collected, Error> {
        let Self { receipt, part } = *self;
        let PaymentPart { path_key, packet, amount_msat, cltv_expiry } = part;
        let path_key = Bytes(*path_key);
        let begin = ClaimRequest::Onion { receipt, path_key, amount_msat, cltv_expiry };
        let Response::Credits(credits) = call.first_reply(&Request::Claim(begin)).await? else {
            return Err(Error::Unexpected(CLAIM));
        };
        let frame = |chunk| Request::Claim(ClaimRequest::OnionChunk(chunk));
        if call.upload(packet, credits, frame).await?.is_some() {
            return Err(Error::Unexpected(CLAIM));
        }
        match call.conclude(&Request::Claim(ClaimRequest::OnionEnd)).await? {
            Response::Claimed(preimage) => Ok(Collected::Preimage(whole(&preimage)?)),
            Response::PartClaimed(missing_msat) => Ok(Collected::Missing(missing_msat)),
            _ => Err(Error::Unexpected(CLAIM)),
        }
    }
}

/// The name of the request.
const CLAIM: &str = "claim";

fn whole(preimage: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let bytes = preimage.try_into().or(Err(Error::Unexpected(CLAIM)))?;
    Ok(Zeroizing::new(bytes))
}

/// Claims for preimages. `receipt` is what [`Outgoing`](crate::Outgoing) gave for the invoice. Every
/// method fails when the evidence is not what the merchant's rules ask for, or the device cannot be
/// reached any more.
#[expect(clippy::missing_errors_doc, reason = "they fail alike, as said above")]
impl Client {
    /// With the path key of the recipient's `update_add_htlc`.
    pub async fn claim_with_path_key(
        &mut self,
        receipt: &[u8],
        path_key: [u8; 33],
    ) -> Result<Zeroizing<[u8; 32]>, Error> {
        let claim = ClaimRequest::PathKey { receipt, path_key: Bytes(path_key) };
        self.claim(claim).await
    }

    /// With the host's word for what was received, in msat, when the invoice expires, and the
    /// payment's `path_id`.
    pub async fn claim_with_facts(
        &mut self,
        receipt: &[u8],
        amount_msat: u64,
        expiry: u64,
        path_id: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Error> {
        self.claim(ClaimRequest::Facts { receipt, amount_msat, expiry, path_id }).await
    }

    /// With one part of the payment, as it reaches the device behind the node that is paid. Parts
    /// that the device has, of a payment that is not complete, it forgets after 50 seconds.
    pub async fn claim_with_onion(
        &mut self,
        receipt: &[u8],
        part: PaymentPart<'_>,
    ) -> Result<Collected, Error> {
        self.run(PartClaim { receipt, part }).await
    }

    async fn claim(&mut self, claim: ClaimRequest<'_>) -> Result<Zeroizing<[u8; 32]>, Error> {
        match self.ask(&[Request::Claim(claim)]).await? {
            Response::Claimed(preimage) => whole(&preimage),
            _ => Err(Error::Unexpected(CLAIM)),
        }
    }
}
