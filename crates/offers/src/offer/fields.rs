use core::num::NonZeroU64;

use countersign_blinding::BlindedPaths;
use countersign_tlv::Record;
use countersign_units::UnixTime;

use crate::value::Points;
use crate::{
    Amount, ChainHash, Chains, Currency, Features, Field, Invalid, Rejected, Untrusted, value,
};

/// The fields of an offer, as an offer, a request for it and its invoice all repeat them.
///
/// Each is named as in the specification, without the prefix `offer_`.
#[derive(Clone, Debug, Default)]
pub struct OfferFields<'a> {
    /// `offer_chains`: where the offer can be paid; bitcoin alone when absent.
    pub chains: Option<Chains<'a>>,
    /// `offer_metadata`: the merchant's own cookie.
    pub metadata: Option<&'a [u8]>,
    /// `offer_currency`: already part of `amount`, if there is one.
    pub currency: Option<Currency>,
    /// `offer_amount`: the price of one item.
    pub amount: Option<Amount>,
    /// `offer_description`: what is paid for, in the words of whoever wrote the offer.
    pub description: Option<Untrusted<'a>>,
    /// `offer_features`: no bit is defined.
    pub features: Option<Features<'a>>,
    /// `offer_absolute_expiry`: the last moment at which the offer holds.
    pub absolute_expiry: Option<UnixTime>,
    /// `offer_paths`: ways to the merchant, at least one.
    pub paths: Option<BlindedPaths<'a>>,
    /// `offer_issuer`: who says that they made the offer.
    pub issuer: Option<Untrusted<'a>>,
    /// `offer_quantity_max`: how many items one invoice can be for.
    pub quantity_max: QuantityMax,
    /// `offer_issuer_id`: the key that signs the invoices, compressed.
    pub issuer_id: Option<&'a [u8; 33]>,
}

impl<'a> OfferFields<'a> {
    /// Reads `record` if it is a field of an offer that the specification names, and says whether
    /// it is. Records come in ascending order of their types.
    pub(crate) fn take(&mut self, record: &Record<'a>, points: Points) -> Result<bool, Rejected> {
        match Field(record.number) {
            Field::OFFER_CHAINS => self.chains = Some(Chains::new(value::hashes(record)?)),
            Field::OFFER_METADATA => self.metadata = Some(record.value),
            Field::OFFER_CURRENCY => self.currency = Some(Currency::parse(&mut record.reader())?),
            Field::OFFER_AMOUNT => {
                let mut reader = record.reader();
                // The currency's number is the lower one, so it has been read.
                self.amount = Some(match self.currency {
                    None => Amount::Bitcoin(reader.msat()?),
                    Some(currency) => Amount::Currency { currency, amount: reader.tu64()? },
                });
            }
            Field::OFFER_DESCRIPTION => {
                self.description = Some(Untrusted::new(record.reader().utf8()?));
            }
            Field::OFFER_FEATURES => self.features = Some(Features::new(record.value)),
            Field::OFFER_ABSOLUTE_EXPIRY => {
                self.absolute_expiry = Some(UnixTime(record.reader().tu64()?));
            }
            Field::OFFER_PATHS => self.paths = Some(value::paths(record, points)?),
            Field::OFFER_ISSUER => self.issuer = Some(Untrusted::new(record.reader().utf8()?)),
            Field::OFFER_QUANTITY_MAX => {
                self.quantity_max = QuantityMax::of(record.reader().tu64()?);
            }
            Field::OFFER_ISSUER_ID => {
                self.issuer_id = Some(value::compressed_point(record, points)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks what BOLT 12 §Requirements For Offers demands of the fields of every offer (R-OR-01).
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.features.is_some_and(|features| features.requires_other_than(&[])) {
            return Err(Invalid::UnknownFeature { field: Field::OFFER_FEATURES });
        }
        if self.chains.is_some_and(|chains| chains.is_empty()) {
            return Err(Invalid::Empty { field: Field::OFFER_CHAINS });
        }
        if self.amount.is_some_and(Amount::is_zero) {
            return Err(Invalid::Zero { field: Field::OFFER_AMOUNT });
        }
        //= bolt12#requirements-for-offers
        //# if `offer_amount` is set and `offer_description` is not set:
        //#   - MUST NOT respond to the offer.
        if self.amount.is_some() && self.description.is_none() {
            return Err(Invalid::Missing { field: Field::OFFER_DESCRIPTION });
        }
        //= bolt12#requirements-for-offers
        //# if `offer_currency` is set and `offer_amount` is not set:
        //#   - MUST NOT respond to the offer.
        if self.currency.is_some() && self.amount.is_none() {
            return Err(Invalid::Missing { field: Field::OFFER_AMOUNT });
        }
        //= bolt12#requirements-for-offers
        //# if neither `offer_issuer_id` nor `offer_paths` are set:
        //#   - MUST NOT respond to the offer.
        if !self.names_a_merchant() {
            return Err(Invalid::Missing { field: Field::OFFER_ISSUER_ID });
        }
        Ok(())
    }

    /// Whether there is a way to a merchant: without one, a request answers no offer.
    pub(crate) const fn names_a_merchant(&self) -> bool {
        self.issuer_id.is_some() || self.paths.is_some()
    }

    /// Checks that the offer can be paid on `chain`.
    pub(crate) fn supports(&self, chain: ChainHash) -> Result<(), Invalid> {
        let supported =
            self.chains.map_or(chain == ChainHash::BITCOIN, |chains| chains.contains(chain));
        if supported { Ok(()) } else { Err(Invalid::Chain { field: Field::OFFER_CHAINS }) }
    }

    /// Checks that the offer has not expired at the moment `now`.
    pub(crate) fn unexpired(&self, now: UnixTime) -> Result<(), Invalid> {
        //= bolt12#requirements-for-offers
        //# if the current time is after `offer_absolute_expiry`:
        //#   - MUST NOT respond to the offer.
        if self.absolute_expiry.is_some_and(|expiry| now > expiry) {
            return Err(Invalid::Expired { field: Field::OFFER_ABSOLUTE_EXPIRY });
        }
        Ok(())
    }

    /// Checks the number of items of a request and returns it, one when it names none (R-IR-10).
    pub(crate) fn quantity(&self, invreq_quantity: Option<u64>) -> Result<u64, Invalid> {
        let field = Field::INVREQ_QUANTITY;
        match (self.quantity_max, invreq_quantity) {
            (QuantityMax::One, None) => Ok(1),
            (QuantityMax::One, Some(_)) => Err(Invalid::Unexpected { field }),
            (QuantityMax::Limited(_) | QuantityMax::Unlimited, None) => {
                Err(Invalid::Missing { field })
            }
            // Of an unlimited offer too, though the specification is silent: it would be free.
            (QuantityMax::Limited(_) | QuantityMax::Unlimited, Some(0)) => {
                Err(Invalid::Zero { field })
            }
            (QuantityMax::Limited(max), Some(quantity)) if quantity > max.get() => {
                Err(Invalid::TooMuch { field })
            }
            (QuantityMax::Limited(_) | QuantityMax::Unlimited, Some(quantity)) => Ok(quantity),
        }
    }
}

/// How many items one invoice can be for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuantityMax {
    /// One: `offer_quantity_max` is absent, and a request must not name a number.
    #[default]
    One,
    /// As many as this, which can be 1.
    Limited(NonZeroU64),
    /// Any number: `offer_quantity_max` is zero.
    Unlimited,
}

impl QuantityMax {
    fn of(offer_quantity_max: u64) -> Self {
        NonZeroU64::new(offer_quantity_max).map_or(Self::Unlimited, Self::Limited)
    }

    /// The value of `offer_quantity_max`, if it is to be written.
    pub(crate) const fn to_write(self) -> Option<u64> {
        match self {
            Self::One => None,
            Self::Limited(max) => Some(max.get()),
            Self::Unlimited => Some(0),
        }
    }
}
