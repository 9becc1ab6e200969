use countersign_link::{RefundRequest, Request};

use crate::answer::settle;
use crate::operation::{Call, FIRST_CREDITS, Operation};
use crate::{Client, Error, Outcome, Outgoing, PaymentPathsSource};

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

impl Client {
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
