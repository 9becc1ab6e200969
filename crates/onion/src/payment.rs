use countersign_crypto::PublicKey;
use countersign_tlv::{Full, Malformed, Reader, TlvStream, Writer, tu64_len};
use countersign_units::Msat;

use crate::PaymentError;

/// The `payload` of one hop of a payment onion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentPayload<'a> {
    /// What the hop is to pass on, or to receive.
    pub amt_to_forward: Option<Msat>,
    /// The block height at which the outgoing HTLC expires.
    pub outgoing_cltv_value: Option<u32>,
    /// The channel to pass on through.
    pub short_channel_id: Option<u64>,
    /// The receiver's secret and the whole amount.
    pub payment_data: Option<PaymentData<'a>>,
    /// What the maker of a blinded path gave for this hop.
    pub encrypted_recipient_data: Option<&'a [u8]>,
    /// The key with which the introduction node of a blinded path unblinds itself.
    #[doc(alias = "current_blinding_point")]
    pub current_path_key: Option<PublicKey>,
    /// What the invoice asked the payer to send along.
    pub payment_metadata: Option<&'a [u8]>,
    /// The whole amount of a payment over a blinded path, of which this HTLC may be a part.
    pub total_amount_msat: Option<Msat>,
}

/// The `payment_data` of a payment's last hop outside blinded paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentData<'a> {
    /// What the invoice gave to the payer alone.
    pub payment_secret: &'a [u8; 32],
    /// The whole amount, of which this HTLC may be a part.
    pub total_msat: Msat,
}

const AMT_TO_FORWARD: u64 = 2;
const OUTGOING_CLTV_VALUE: u64 = 4;
const SHORT_CHANNEL_ID: u64 = 6;
const PAYMENT_DATA: u64 = 8;
const ENCRYPTED_RECIPIENT_DATA: u64 = 10;
const CURRENT_PATH_KEY: u64 = 12;
const PAYMENT_METADATA: u64 = 16;
const TOTAL_AMOUNT_MSAT: u64 = 18;

impl<'a> PaymentPayload<'a> {
    /// Reads a payload. Which fields a hop must have depends on the hop and is not judged here.
    ///
    /// # Errors
    /// [`PaymentError`]. Unknown odd records are skipped.
    pub fn parse(payload: &'a [u8]) -> Result<Self, PaymentError> {
        let mut fields = Self::default();
        for record in TlvStream::parse(payload)?.records() {
            let mut reader = record.reader();
            match record.number {
                AMT_TO_FORWARD => fields.amt_to_forward = Some(reader.msat()?),
                OUTGOING_CLTV_VALUE => fields.outgoing_cltv_value = Some(reader.tu32()?),
                SHORT_CHANNEL_ID => fields.short_channel_id = Some(reader.u64()?),
                PAYMENT_DATA => fields.payment_data = Some(PaymentData::read(&mut reader)?),
                ENCRYPTED_RECIPIENT_DATA => {
                    fields.encrypted_recipient_data = Some(reader.remaining());
                }
                CURRENT_PATH_KEY => {
                    let start = reader;
                    let key = PublicKey::parse(reader.array()?);
                    fields.current_path_key = Some(key.or(Err(start.error(Malformed::NotAPoint)))?);
                }
                PAYMENT_METADATA => fields.payment_metadata = Some(reader.remaining()),
                TOTAL_AMOUNT_MSAT => fields.total_amount_msat = Some(reader.msat()?),
                number if record.is_even() => return Err(PaymentError::UnknownEven { number }),
                _ => {
                    reader.remaining();
                }
            }
            reader.end()?;
        }
        Ok(fields)
    }

    /// Writes the payload, without the length that precedes it in the onion.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        if let Some(amount) = self.amt_to_forward {
            writer.msat_record(AMT_TO_FORWARD, amount)?;
        }
        if let Some(height) = self.outgoing_cltv_value {
            writer.truncated_record(OUTGOING_CLTV_VALUE, u64::from(height))?;
        }
        if let Some(channel) = self.short_channel_id {
            writer.record(SHORT_CHANNEL_ID, &channel.to_be_bytes())?;
        }
        if let Some(data) = self.payment_data {
            let total = data.total_msat.get();
            let len = data.payment_secret.len().saturating_add(tu64_len(total));
            writer.header(PAYMENT_DATA, len)?;
            writer.bytes(data.payment_secret)?;
            writer.truncated(total)?;
        }
        if let Some(data) = self.encrypted_recipient_data {
            writer.record(ENCRYPTED_RECIPIENT_DATA, data)?;
        }
        if let Some(key) = self.current_path_key {
            writer.record(CURRENT_PATH_KEY, &key.serialize())?;
        }
        if let Some(metadata) = self.payment_metadata {
            writer.record(PAYMENT_METADATA, metadata)?;
        }
        if let Some(total) = self.total_amount_msat {
            writer.msat_record(TOTAL_AMOUNT_MSAT, total)?;
        }
        Ok(())
    }
}

impl<'a> PaymentData<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, PaymentError> {
        Ok(Self { payment_secret: reader.array()?, total_msat: reader.msat()? })
    }
}

#[cfg(test)]
mod tests {
    use countersign_tlv::{DecodeError, Malformed, Writer};
    use countersign_units::Msat;

    use super::{PaymentData, PaymentPayload};
    use crate::PaymentError;
    use crate::testing::key;

    fn malformed(offset: u32, rule: Malformed) -> PaymentError {
        PaymentError::Malformed(DecodeError { offset, rule })
    }

    #[test]
    fn every_field_reads_back_as_written() {
        let fields = PaymentPayload {
            amt_to_forward: Msat::new(100_000),
            outgoing_cltv_value: Some(749_000),
            short_channel_id: Some(0x0102_0304_0506_0708),
            payment_data: Some(PaymentData {
                payment_secret: &[3; 32],
                total_msat: Msat::new(150_000).unwrap(),
            }),
            encrypted_recipient_data: Some(&[1, 2, 3]),
            current_path_key: Some(key(5)),
            payment_metadata: Some(&[]),
            total_amount_msat: Some(Msat::ZERO),
        };
        let mut buffer = [0; 256];
        let mut writer = Writer::new(&mut buffer);
        fields.write(&mut writer).unwrap();
        assert_eq!(PaymentPayload::parse(writer.written()), Ok(fields));
        assert_eq!(PaymentPayload::parse(&[]), Ok(PaymentPayload::default()));
    }

    #[test]
    fn a_value_is_exactly_its_encoding() {
        // R-TLV-02, R-TLV-03
        for (bytes, offset, rule) in [
            (&[2, 1, 0][..], 2, Malformed::NotMinimal),
            (&[4, 5, 1, 2, 3, 4, 5], 2, Malformed::TrailingBytes),
            (&[6, 7, 1, 2, 3, 4, 5, 6, 7], 2, Malformed::Truncated),
            (&[6, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10, Malformed::TrailingBytes),
            (&[8, 1, 0], 2, Malformed::Truncated),
            (&[18, 8, 0xff, 0, 0, 0, 0, 0, 0, 0], 2, Malformed::AmountTooLarge),
            (&[4, 0, 2, 0], 2, Malformed::OutOfOrder),
        ] {
            assert_eq!(PaymentPayload::parse(bytes), Err(malformed(offset, rule)), "{bytes:?}");
        }
        let mut point = [12, 33].to_vec();
        point.extend([4; 33]);
        assert_eq!(PaymentPayload::parse(&point), Err(malformed(2, Malformed::NotAPoint)));
    }

    #[test]
    fn an_unknown_even_record_is_refused_and_an_odd_one_skipped() {
        // R-TLV-04
        let odd = PaymentPayload::parse(&[2, 0, 3, 2, 9, 9]).unwrap();
        assert_eq!(odd.amt_to_forward, Some(Msat::ZERO));
        assert_eq!(
            PaymentPayload::parse(&[2, 0, 14, 0]),
            Err(PaymentError::UnknownEven { number: 14 })
        );
    }
}
