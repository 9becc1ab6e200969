use core::future::Future;

use countersign_link::{
    Bytes, Code, Destination, ErrorForm, MAX_BODY, NeedPaymentPaths, NodeId, OnionRequest, Packer,
    Part, PathsRequest, PaymentHop, Request, Seal, Summary,
};

use crate::operation::{Call, Concluded, Operation};
use crate::response::Response;
use crate::{Client, Error};

/// An onion message that arrived for the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onion<'o> {
    /// `path_key`.
    pub path_key: &'o [u8; 33],
    /// `onion_message_packet`.
    pub packet: &'o [u8],
}

/// What the device does about an onion message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing, for one of many reasons that nobody is told.
    Silence,
    /// It has an onion message to send.
    Outgoing(Box<Outgoing>),
    /// The merchant is being asked, and the device goes on meanwhile: the same onion gets its answer
    /// once they have decided.
    WithMerchant(Waiting),
    /// An invoice that the device asked for was approved: it is to be paid.
    Pay {
        /// `invoice_payment_hash`.
        payment_hash: [u8; 32],
        /// `invoice_amount`.
        amount_msat: u64,
        /// The invoice, a TLV stream.
        invoice: Vec<u8>,
    },
}

/// What an onion message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// This prompt.
    Prompt(u32),
    /// Another customer's, which came first.
    Turn,
}

/// An onion message of the device's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where it goes first.
    pub destination: Destination,
    /// `path_key`.
    pub path_key: [u8; 33],
    /// `onion_message_packet`.
    pub packet: Vec<u8>,
    /// For an invoice: what a claim has to show.
    pub receipt: Option<Vec<u8>>,
    /// For an invoice: what the merchant's rules disclose.
    pub summary: Option<Summary>,
}

/// An onion message that the device has ready to be pulled.
#[derive(Debug)]
pub(crate) struct Announced {
    outgoing: Box<Outgoing>,
    length: usize,
}

impl From<countersign_link::Outgoing<'_>> for Announced {
    fn from(announced: countersign_link::Outgoing<'_>) -> Self {
        let outgoing = Box::new(Outgoing {
            destination: announced.destination,
            path_key: announced.path_key.0,
            packet: Vec::new(),
            receipt: announced.receipt.map(<[u8]>::to_owned),
            summary: announced.summary,
        });
        Self { outgoing, length: announced.length.into() }
    }
}

/// Whoever knows how money reaches the merchant's node.
pub trait PaymentPathsSource: Send {
    /// Ways for the payment of an invoice; `None` when there is none, and the payer is told so.
    fn payment_paths(
        &mut self,
        need: NeedPaymentPaths,
    ) -> impl Future<Output = Option<PaymentPaths>> + Send;
}

/// Nobody knows a way: every invoice that needs one becomes an `invoice_error`.
#[derive(Clone, Copy, Debug)]
pub struct NoPaths;

impl PaymentPathsSource for NoPaths {
    async fn payment_paths(&mut self, _need: NeedPaymentPaths) -> Option<PaymentPaths> {
        None
    }
}

/// The same ways for every invoice.
impl PaymentPathsSource for PaymentPaths {
    async fn payment_paths(&mut self, _need: NeedPaymentPaths) -> Option<PaymentPaths> {
        Some(self.clone())
    }
}

/// Ways for one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentPaths {
    /// The paths, the best first.
    pub paths: Vec<PaymentPath>,
    /// Whether the recipient takes the payment in several parts.
    pub multipart: bool,
}

/// One way for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentPath {
    /// The hops before the recipient, the introduction node first.
    pub hops: Vec<PaymentHop>,
    /// The merchant's node.
    pub recipient: RecipientHop,
}

/// The end of a payment path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientHop {
    /// The recipient.
    pub node: NodeId,
    /// Its own records, a TLV stream.
    pub records: Vec<u8>,
    /// How they are sealed.
    pub seal: Seal,
    /// The recipient's `min_final_cltv_expiry_delta`.
    pub min_final_cltv_expiry_delta: u16,
    /// The last block in which the recipient takes the HTLC.
    pub max_cltv_expiry: u32,
    /// `htlc_minimum_msat` of the recipient.
    pub htlc_minimum_msat: u64,
    /// `htlc_maximum_msat` of the recipient.
    pub htlc_maximum_msat: u64,
}

struct Answer<'a, S> {
    onion: Onion<'a>,
    invoice_error: ErrorForm,
    source: &'a mut S,
}

impl<S: PaymentPathsSource> Operation for Answer<'_, S> {
    type Outcome = Outcome;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Outcome, Error> {
        let reply = match self.upload(call).await? {
            Concluded::Answered(reply) => reply,
            Concluded::WithMerchant(prompt) => {
                return Ok(Outcome::WithMerchant(prompt.map_or(Waiting::Turn, Waiting::Prompt)));
            }
        };
        settle(call, reply, self.source, "onion-end").await
    }
}

/// Gives payment paths if the device wants some, and pulls what it has ready in the end. `name` is
/// that of the request that `reply` is for.
pub(crate) async fn settle<S: PaymentPathsSource>(
    call: &mut Call<'_>,
    reply: Response,
    source: &mut S,
    name: &'static str,
) -> Result<Outcome, Error> {
    let reply = match reply {
        Response::NeedPaymentPaths(need) => match source.payment_paths(need).await {
            Some(paths) => propose(call, &paths).await.map_err(Error::about_paths)?,
            None => call.conclude(&Request::Paths(PathsRequest::None)).await?,
        },
        reply => reply,
    };
    match reply {
        Response::Ignored => Ok(Outcome::Silence),
        Response::Outgoing(Announced { mut outgoing, length }) => {
            outgoing.packet = call.pull(Part::Onion, length).await?;
            Ok(Outcome::Outgoing(outgoing))
        }
        Response::Pay(pay) => Ok(Outcome::Pay {
            payment_hash: pay.payment_hash.0,
            amount_msat: pay.amount_msat,
            invoice: call.pull(Part::Invoice, pay.length.into()).await?,
        }),
        _ => Err(Error::Unexpected(name)),
    }
}

impl<S> Answer<'_, S> {
    /// Sends the onion, and waits for what the device makes of it.
    async fn upload(&mut self, call: &mut Call<'_>) -> Result<Concluded, Error> {
        let Onion { path_key, packet } = self.onion;
        let length = u16::try_from(packet.len()).or(Err(Error::TooLong("the onion")))?;
        let begin = OnionRequest::Begin { path_key: Bytes(*path_key), length };
        let credits = match call.first_reply(&Request::Onion(begin)).await? {
            Response::Credits(window) => window,
            reply => return Ok(Concluded::Answered(reply)),
        };
        let frame = |chunk| Request::Onion(OnionRequest::Chunk(chunk));
        if let Some(reply) = call.upload(packet, credits, frame).await? {
            return Ok(Concluded::Answered(reply));
        }
        let end = OnionRequest::End { invoice_error: self.invoice_error };
        call.conclude_or_park(&Request::Onion(end)).await
    }
}

async fn propose(call: &mut Call<'_>, proposed: &PaymentPaths) -> Result<Response, Error> {
    for PaymentPath { hops, recipient } in &proposed.paths {
        let mut space = [0; MAX_BODY];
        let mut list = Packer::new(&mut space);
        for hop in hops.iter().take(ENOUGH_HOPS) {
            list.push(hop).ok_or(Error::TooLong("a payment path"))?;
        }
        call.send(&Request::Paths(PathsRequest::Path { hops: list.finish() })).await?;
        let recipient = PathsRequest::Recipient {
            node: recipient.node,
            records: &recipient.records,
            seal: recipient.seal,
            min_final_cltv_expiry_delta: recipient.min_final_cltv_expiry_delta,
            max_cltv_expiry: recipient.max_cltv_expiry,
            htlc_minimum_msat: recipient.htlc_minimum_msat,
            htlc_maximum_msat: recipient.htlc_maximum_msat,
        };
        call.send(&Request::Paths(recipient)).await?;
    }
    call.conclude(&Request::Paths(PathsRequest::End { multipart: proposed.multipart })).await
}

/// More hops before the recipient than a device takes (rule 49): it refuses them for being so many.
/// All of a longer path would not fit a frame.
const ENOUGH_HOPS: usize = 8;

impl Client {
    /// Has the device answer an onion message. When it asks for payment paths, `source` is asked.
    ///
    /// Whatever happens to the connection meanwhile, the same onion is answered with the same bytes
    /// and counted once.
    ///
    /// # Errors
    ///
    /// When the device cannot be reached any more, or the merchant's rules refuse the payment paths.
    pub async fn answer<S: PaymentPathsSource>(
        &mut self,
        onion: Onion<'_>,
        invoice_error: ErrorForm,
        source: &mut S,
    ) -> Result<Outcome, Error> {
        self.run(Answer { onion, invoice_error, source }).await
    }

    /// Whether the merchant still has that prompt before them.
    ///
    /// # Errors
    ///
    /// When the device cannot be reached any more.
    pub async fn is_with_merchant(&mut self, prompt: u32) -> Result<bool, Error> {
        // The lines are not wanted, and past the last one there are none.
        match self.ask(&[Request::Prompt { prompt, from: u8::MAX }]).await {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                Some(Code::NOT_DISCLOSED) => Ok(true),
                Some(Code::NOT_FOUND) => Ok(false),
                _ => Err(error),
            },
        }
    }
}
