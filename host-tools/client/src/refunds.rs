use countersign_link::{MAX_BODY, RefundRequest, Request};

use crate::answer::settle;
use crate::offers::created;
use crate::operation::{Call, FIRST_CREDITS, Operation};
use crate::{Client, Error, Issued, OfferPath, Outcome, Outgoing, PaymentPathsSource};

struct Acceptance<'a, S> {
    refund: &'a [u8],
    source: &'a mut S,
}

impl<S: PaymentPathsSource> Operation for Acceptance<'_, S> {
    type Outcome = Box<Outgoing>;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Box<Outgoing>, Error> {
        let total = u32::try_from(self.refund.len()).or(Err(Error::TooLong("the refund")))?;
        let frame = |chunk| Request::Refund(RefundRequest::Answer { total, chunk });
        let reply = match call.upload(self.refund, FIRST_CREDITS, frame).await? {
            Some(early) => early,
            None => call.conclude(&Request::Refund(RefundRequest::AnswerEnd)).await?,
        };
        match settle(call, reply, self.source, "refund-answer-end").await? {
            Outcome::Outgoing(outgoing) => Ok(outgoing),
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
    /// `lnr…`, and seal it for its payer. When it asks for payment paths, `source` is asked.
    ///
    /// # Errors
    ///
    /// When the merchant or their rules refuse, when the refund is none or cannot be answered, or
    /// when the device cannot be reached any more.
    pub async fn accept_refund<S: PaymentPathsSource>(
        &mut self,
        refund: &[u8],
        source: &mut S,
    ) -> Result<Box<Outgoing>, Error> {
        self.run(Acceptance { refund, source }).await
    }
}
