mod fields;
mod writer;

use countersign_tlv::TlvStream;
use countersign_units::UnixTime;

use crate::value::Points;
use crate::{ChainHash, Field, Invalid, Rejected};

pub use fields::{OfferFields, QuantityMax};
pub use writer::OfferTerms;

/// An `offer` whose fields are typed and agree with each other (BOLT 12 §Offers).
///
/// It has passed every requirement on a reader that needs nothing but the offer. Whether it can be
/// paid here and now is another step: [`Offer::check`].
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    records: TlvStream<'a>,
    fields: OfferFields<'a>,
}

impl<'a> Offer<'a> {
    /// Reads an offer (R-OR-01).
    ///
    /// # Errors
    /// [`Rejected::Malformed`] for bytes that are not the encoding of their fields,
    /// [`Rejected::Invalid`] for fields that an offer cannot have, or not together.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let records = TlvStream::parse(bytes)?;
        let mut fields = OfferFields::default();
        for record in records.records() {
            let number = Field(record.number);
            //= bolt12#requirements-for-offers
            //# if the offer contains any TLV fields outside the inclusive ranges: 1 to 79 and
            //# 1000000000 to 1999999999:
            //#   - MUST NOT respond to the offer.
            if !number.is_of_offer() {
                return Err(Invalid::OutOfRange { number }.into());
            }
            if !fields.take(&record, Points::Checked)? && record.is_even() {
                return Err(Invalid::UnknownEven { number }.into());
            }
        }
        fields.check()?;
        Ok(Self { records, fields })
    }

    /// The records as they were received, unknown ones included.
    #[must_use]
    pub const fn records(&self) -> TlvStream<'a> {
        self.records
    }

    /// The fields that the specification names.
    #[must_use]
    pub const fn fields(&self) -> &OfferFields<'a> {
        &self.fields
    }

    /// Checks what depends on the time and on the chain that the reader pays on (R-OR-01).
    ///
    /// # Errors
    /// [`Invalid::Chain`] or [`Invalid::Expired`].
    pub fn check(&self, now: UnixTime, chain: ChainHash) -> Result<PayableOffer<'_>, Invalid> {
        self.fields.supports(chain)?;
        self.fields.unexpired(now)?;
        Ok(PayableOffer(self))
    }
}

/// An [`Offer`] that can be answered: it has not expired, and it is for the reader's chain.
#[derive(Clone, Copy, Debug)]
pub struct PayableOffer<'o>(&'o Offer<'o>);

impl<'o> PayableOffer<'o> {
    /// The offer.
    #[must_use]
    pub const fn offer(self) -> &'o Offer<'o> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_tlv::{Malformed, Writer};
    use countersign_units::{Msat, UnixTime};

    use super::{Offer, QuantityMax};
    use crate::{Amount, ChainHash, Field, Invalid, Rejected};

    /// The generator of the curve, compressed.
    const POINT: [u8; 33] = [
        0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87,
        0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16,
        0xf8, 0x17, 0x98,
    ];

    fn records(records: &[(Field, &[u8])]) -> Vec<u8> {
        let mut buffer = [0; 1000];
        let mut writer = Writer::new(&mut buffer);
        for (field, value) in records {
            writer.record(field.number(), value).unwrap();
        }
        writer.finish().to_vec()
    }

    fn rejected(bytes: &[(Field, &[u8])]) -> Rejected {
        Offer::parse(&records(bytes)).unwrap_err()
    }

    #[test]
    fn every_field_is_read() {
        let bytes = records(&[
            (Field::OFFER_CHAINS, &[ChainHash::SIGNET.0, ChainHash::BITCOIN.0].concat()),
            (Field::OFFER_METADATA, &[7]),
            (Field::OFFER_AMOUNT, &[1, 0]),
            (Field::OFFER_DESCRIPTION, "café".as_bytes()),
            (Field::OFFER_FEATURES, &[0b10]),
            (Field::OFFER_ABSOLUTE_EXPIRY, &[100]),
            (Field::OFFER_PATHS, &[&POINT[..], &POINT, &[1], &POINT, &[0, 1, 9]].concat()),
            (Field::OFFER_ISSUER, b"me"),
            (Field::OFFER_QUANTITY_MAX, &[]),
            (Field::OFFER_ISSUER_ID, &POINT),
            (Field(1_000_000_001), b"odd"),
        ]);
        let offer = Offer::parse(&bytes).unwrap();
        assert_eq!(offer.records().bytes(), bytes);
        let fields = offer.fields();
        assert!(fields.chains.unwrap().contains(ChainHash::SIGNET));
        assert_eq!(fields.metadata, Some(&[7][..]));
        assert_eq!(fields.amount, Msat::new(256).map(Amount::Bitcoin));
        assert_eq!(fields.description.unwrap().len(), 5);
        assert!(fields.features.unwrap().has(1));
        assert_eq!(fields.absolute_expiry, Some(UnixTime(100)));
        assert_eq!(fields.paths.unwrap().len(), 1);
        assert_eq!(fields.issuer.unwrap().len(), 2);
        assert_eq!(fields.quantity_max, QuantityMax::Unlimited);
        assert_eq!(*fields.issuer_id.unwrap(), POINT);
    }

    #[test]
    fn a_value_is_exactly_its_encoding() {
        // R-TLV-02, R-TLV-03, R-TLV-08; one rule broken in each.
        for (field, value, rule) in [
            (Field::OFFER_CHAINS, &[0; 31][..], Malformed::Truncated),
            (Field::OFFER_CHAINS, &[0; 33], Malformed::Truncated),
            (Field::OFFER_AMOUNT, &[0, 1], Malformed::NotMinimal),
            (Field::OFFER_AMOUNT, &[1; 9], Malformed::TrailingBytes),
            (Field::OFFER_AMOUNT, &[0xff; 8], Malformed::AmountTooLarge),
            (Field::OFFER_DESCRIPTION, &[0xc0], Malformed::NotUtf8),
            (Field::OFFER_ABSOLUTE_EXPIRY, &[0], Malformed::NotMinimal),
            (Field::OFFER_PATHS, &[2], Malformed::Truncated),
            (Field::OFFER_PATHS, &[4; 80], Malformed::UnknownVariant),
            (Field::OFFER_ISSUER, &[0xed, 0xa0, 0x80], Malformed::NotUtf8),
            (Field::OFFER_QUANTITY_MAX, &[0], Malformed::NotMinimal),
            (Field::OFFER_ISSUER_ID, &POINT[1..], Malformed::Truncated),
            (Field::OFFER_ISSUER_ID, &[2; 34], Malformed::TrailingBytes),
            (Field::OFFER_ISSUER_ID, &[5; 33], Malformed::NotAPoint),
        ] {
            let Rejected::Malformed(error) = rejected(&[(field, value)]) else {
                panic!("{field}: {value:?}")
            };
            assert_eq!(error.rule, rule, "{field}: {value:?}");
        }
    }

    #[test]
    fn an_offer_for_another_chain_or_another_time_cannot_be_paid() {
        // R-OR-01
        let bytes = records(&[
            (Field::OFFER_CHAINS, &ChainHash::SIGNET.0),
            (Field::OFFER_ABSOLUTE_EXPIRY, &[100]),
            (Field::OFFER_ISSUER_ID, &POINT),
        ]);
        let check = |now, chain| {
            let offer = Offer::parse(&bytes).unwrap();
            let checked = offer.check(UnixTime(now), chain);
            checked.map(|payable| payable.offer().records().bytes() == bytes)
        };
        assert_eq!(check(100, ChainHash::SIGNET), Ok(true));
        assert_eq!(
            check(101, ChainHash::SIGNET),
            Err(Invalid::Expired { field: Field::OFFER_ABSOLUTE_EXPIRY })
        );
        assert_eq!(
            check(100, ChainHash::BITCOIN),
            Err(Invalid::Chain { field: Field::OFFER_CHAINS })
        );
    }
}
