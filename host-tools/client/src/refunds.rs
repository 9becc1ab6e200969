use countersign_link::{Bytes, MAX_BODY, NodeId, RefundRequest, Request};

use crate::answer::settle;
use crate::offers::created;
use crate::operation::{Call, Concluded, FIRST_CREDITS, Operation};
use crate::response::Response;
use crate::{Client, Error, Issued, OfferPath, Outcome, Outgoing, PaymentPathsSource, Waiting};

struct Acceptance<'a, S> {
    refund: &'a [u8],
    skip: u8,
    source: &'a mut S,
}

/// What comes of somebody's refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The onion with the invoice.
    Invoice(Box<Outgoing>),
    /// The merchant is being asked, and the device goes on meanwhile: the same refund gets its
    /// invoice once they have decided.
    WithMerchant(Waiting),
}

impl<S: PaymentPathsSource> Operation for Acceptance<'_, S> {
    type Outcome = Accepted;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Accepted, Error> {
        let total = u32::try_from(self.refund.len()).or(Err(Error::TooLong("the refund")))?;
        let frame = |chunk| Request::Refund(RefundRequest::Answer { total, chunk });
        let end = match self.skip {
            0 => RefundRequest::AnswerEnd,
            skip => RefundRequest::AnswerVia { skip },
        };
        let concluded = match call.upload(self.refund, FIRST_CREDITS, frame).await? {
            Some(early) => Concluded::Answered(early),
            None => call.conclude_or_park(&Request::Refund(end)).await?,
        };
        let reply = match concluded {
            Concluded::Answered(reply) => reply,
            Concluded::WithMerchant(prompt) => {
                let waiting = prompt.map_or(Waiting::Turn, Waiting::Prompt);
                return Ok(Accepted::WithMerchant(waiting));
            }
        };
        match settle(call, reply, self.source, "refund-answer-end").await? {
            Outcome::Outgoing(outgoing) => Ok(Accepted::Invoice(outgoing)),
            Outcome::Silence | Outcome::WithMerchant(_) | Outcome::Pay { .. } => {
                Err(Error::Unexpected("refund-answer-end"))
            }
        }
    }
}

/// What a refund of the merchant's says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundTerms {
    /// What is paid, once.
    pub amount_msat: u64,
    /// What for.
    pub description: String,
    /// Who pays.
    pub issuer: Option<String>,
    /// Until when, in seconds since 1970.
    pub expiry: Option<u64>,
    /// The ways to the device, the best first.
    pub paths: Vec<OfferPath>,
}

struct Creation<'t>(&'t RefundTerms);

impl Operation for Creation<'_> {
    type Outcome = Issued;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Issued, Error> {
        let RefundTerms { amount_msat, description, issuer, expiry, paths } = self.0;
        let new = RefundRequest::Create {
            amount_msat: *amount_msat,
            description,
            issuer: issuer.as_deref(),
            expiry: *expiry,
        };
        call.send(&Request::Refund(new)).await?;
        for path in paths {
            let mut space = [0; MAX_BODY];
            let request =
                RefundRequest::Path { hops: path.pack(&mut space)?, padding: path.padding };
            call.send(&Request::Refund(request)).await?;
        }
        created(call, &Request::Refund(RefundRequest::End), "refund-end").await
    }
}

impl Client {
    /// Makes a refund of the merchant's: whoever has its text may ask for the money, once.
    ///
    /// # Errors
    ///
    /// When the merchant or their rules refuse, when too many refunds are open, or when the device
    /// cannot be reached any more.
    pub async fn create_refund(&mut self, terms: &RefundTerms) -> Result<Issued, Error> {
        self.run(Creation(terms)).await
    }

    /// Has the device sign an invoice for somebody's refund or withdrawal, the TLV stream of an
    /// `lnr…`, and seal it for its payer. When it asks for payment paths, `source` is asked. The
    /// first `skip` of the refund's own paths are passed over.
    ///
    /// # Errors
    ///
    /// When the merchant or their rules refuse, when the refund is none or cannot be answered, or
    /// when the device cannot be reached any more.
    pub async fn accept_refund<S: PaymentPathsSource>(
        &mut self,
        refund: &[u8],
        skip: u8,
        source: &mut S,
    ) -> Result<Accepted, Error> {
        self.run(Acceptance { refund, skip, source }).await
    }

    /// Who signs invoices for the refund of somebody's with that SHA-256.
    ///
    /// # Errors
    ///
    /// When the device has no seed yet, or cannot be reached any more.
    pub async fn refund_signer(&mut self, refund: [u8; 32]) -> Result<NodeId, Error> {
        let ask = Request::Refund(RefundRequest::Signer { refund: Bytes(refund) });
        match self.ask(&[ask]).await? {
            Response::Signer(node) => Ok(node),
            _ => Err(Error::Unexpected("refund-signer")),
        }
    }

    /// Takes back a refund of the merchant's: no invoice for it is authorised any more.
    ///
    /// # Errors
    ///
    /// When no refund with that SHA-256 is open, or the device cannot be reached any more.
    pub async fn revoke_refund(&mut self, refund: [u8; 32]) -> Result<(), Error> {
        let ask = Request::Refund(RefundRequest::Revoke { refund: Bytes(refund) });
        match self.ask(&[ask]).await? {
            Response::Done => Ok(()),
            _ => Err(Error::Unexpected("refund-revoke")),
        }
    }
}
