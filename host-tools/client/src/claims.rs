use countersign_link::{Bytes, ClaimRequest, Request};
use zeroize::Zeroizing;

use crate::response::Response;
use crate::{Client, Error};

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

    async fn claim(&mut self, claim: ClaimRequest<'_>) -> Result<Zeroizing<[u8; 32]>, Error> {
        let Response::Claimed(preimage) = self.ask(&[Request::Claim(claim)]).await? else {
            return Err(Error::Unexpected("claim"));
        };
        let bytes = preimage.as_slice().try_into().or(Err(Error::Unexpected("claim")))?;
        Ok(Zeroizing::new(bytes))
    }
}
