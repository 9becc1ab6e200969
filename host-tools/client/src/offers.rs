use countersign_link::{
    Bytes, MAX_BODY, MessageHop, NewOffer, OfferEntry, OfferRequest, Packed, Packer, Padding, Part,
    Price, Request,
};

use crate::operation::{Call, Operation};
use crate::response::Response;
use crate::{Client, Error};

/// What a new offer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferTerms {
    /// The price of one item.
    pub price: Price,
    /// What it is for; needed with a price.
    pub description: Option<String>,
    /// Who sells.
    pub issuer: Option<String>,
    /// The most that can be had at once; 0 is as many as one likes.
    pub quantity_max: Option<u64>,
    /// Until when, in seconds since 1970.
    pub expiry: Option<u64>,
    /// Whether it has an `offer_issuer_id`.
    pub issuer_id: bool,
    /// The ways to the device, the best first.
    pub paths: Vec<OfferPath>,
}

/// One way to the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferPath {
    /// The nodes before the device, the first first.
    pub hops: Vec<MessageHop>,
    /// Whether their data are of equal length.
    pub padding: Padding,
}

/// An offer or a refund that was made just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its name: of an offer among the device's, of a refund its SHA-256.
    pub offer: [u8; 32],
    /// Its text, `lno1…` or `lnr1…`.
    pub text: String,
}

struct Creation<'t>(&'t OfferTerms);

impl Operation for Creation<'_> {
    type Outcome = Issued;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Issued, Error> {
        let terms = self.0;
        let new = NewOffer {
            price: terms.price,
            description: terms.description.as_deref(),
            issuer: terms.issuer.as_deref(),
            quantity_max: terms.quantity_max,
            expiry: terms.expiry,
            issuer_id: terms.issuer_id,
        };
        call.send(&Request::Offer(OfferRequest::Create(new))).await?;
        for path in &terms.paths {
            let mut space = [0; MAX_BODY];
            let request =
                OfferRequest::Path { hops: path.pack(&mut space)?, padding: path.padding };
            call.send(&Request::Offer(request)).await?;
        }
        created(call, &Request::Offer(OfferRequest::End), "offer-end").await
    }
}

impl OfferPath {
    pub(crate) fn pack<'s>(&self, space: &'s mut [u8]) -> Result<Packed<'s, MessageHop>, Error> {
        let mut hops = Packer::new(space);
        for hop in &self.hops {
            hops.push(hop).ok_or(Error::TooLong("a path"))?;
        }
        Ok(hops.finish())
    }
}

/// Ends what was begun with `end`, whose name is `name`, and pulls its text.
pub(crate) async fn created(
    call: &mut Call<'_>,
    end: &Request<'_>,
    name: &'static str,
) -> Result<Issued, Error> {
    match call.conclude(end).await? {
        Response::Created(offer, length) => {
            let text = call.pull(Part::Text, length.into()).await?;
            let text = String::from_utf8(text).or(Err(Error::Unexpected("pull")))?;
            Ok(Issued { offer: offer.0, text })
        }
        _ => Err(Error::Unexpected(name)),
    }
}

/// Offers. Every method fails when the device refuses, or cannot be reached any more.
#[expect(clippy::missing_errors_doc, reason = "they all fail alike, as said above")]
impl Client {
    /// Makes an offer.
    pub async fn create_offer(&mut self, terms: &OfferTerms) -> Result<Issued, Error> {
        self.run(Creation(terms)).await
    }

    /// The offers that the device remembers.
    pub async fn offers(&mut self) -> Result<Vec<OfferEntry>, Error> {
        let mut offers = Vec::new();
        loop {
            let from = u16::try_from(offers.len()).unwrap_or(u16::MAX);
            match self.ask(&[Request::Offer(OfferRequest::List { from })]).await? {
                Response::Offers(more) if more.is_empty() => return Ok(offers),
                Response::Offers(more) => offers.extend(more),
                _ => return Err(Error::Unexpected("offer-list")),
            }
        }
    }

    /// How one offer stands.
    pub async fn offer(&mut self, offer: [u8; 32]) -> Result<OfferEntry, Error> {
        let request = Request::Offer(OfferRequest::Show { offer: Bytes(offer) });
        match self.ask(&[request]).await? {
            Response::Offer(entry) => Ok(entry),
            _ => Err(Error::Unexpected("offer-show")),
        }
    }

    /// Has the device answer this offer no more.
    pub async fn revoke_offer(&mut self, offer: [u8; 32]) -> Result<(), Error> {
        let request = Request::Offer(OfferRequest::Revoke { offer: Bytes(offer) });
        self.tell("offer-revoke", &[request]).await
    }

    /// Has the device answer no offer made up to now any more.
    pub async fn revoke_epoch(&mut self) -> Result<(), Error> {
        self.tell("offer-revoke-epoch", &[Request::Offer(OfferRequest::RevokeEpoch)]).await
    }
}
