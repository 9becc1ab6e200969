use countersign_tlv::{DecodeError, Full, Reader, Writer};

use crate::path::{counted, framed};

/// What a blinded payment path costs and carries as a whole: a `blinded_payinfo` (BOLT 12 §Invoices).
///
/// On the wire it takes 28 bytes and the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlindedPayInfo<'a> {
    /// Fee for each payment, in millisatoshi.
    pub fee_base_msat: u32,
    /// Fee for each million millisatoshi.
    pub fee_proportional_millionths: u32,
    /// Blocks that the path needs, the recipient's own included.
    pub cltv_expiry_delta: u16,
    /// Least amount that can pass, in millisatoshi.
    pub htlc_minimum_msat: u64,
    /// Greatest amount that can pass, in millisatoshi.
    pub htlc_maximum_msat: u64,
    /// Features that the path needs.
    pub features: &'a [u8],
}

impl<'a> BlindedPayInfo<'a> {
    /// Reads one from the front of `reader`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`](countersign_tlv::Malformed::Truncated).
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut ahead = *reader;
        let payinfo = Self {
            fee_base_msat: ahead.u32()?,
            fee_proportional_millionths: ahead.u32()?,
            cltv_expiry_delta: ahead.u16()?,
            htlc_minimum_msat: ahead.u64()?,
            htlc_maximum_msat: ahead.u64()?,
            features: {
                let len = ahead.u16()?;
                ahead.bytes(len.into())?
            },
        };
        *reader = ahead;
        Ok(payinfo)
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`Full`], also when the features are longer than their 16-bit length can say.
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        let len = u16::try_from(self.features.len()).or(Err(Full))?;
        writer.bytes(&self.fee_base_msat.to_be_bytes())?;
        writer.bytes(&self.fee_proportional_millionths.to_be_bytes())?;
        writer.bytes(&self.cltv_expiry_delta.to_be_bytes())?;
        writer.bytes(&self.htlc_minimum_msat.to_be_bytes())?;
        writer.bytes(&self.htlc_maximum_msat.to_be_bytes())?;
        writer.bytes(&len.to_be_bytes())?;
        writer.bytes(self.features)
    }
}

/// The payinfos of a record that holds one after the other, in the order of the paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlindedPayInfos<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl<'a> BlindedPayInfos<'a> {
    /// Reads payinfos until `reader` is empty; there may be none.
    ///
    /// # Errors
    /// As [`BlindedPayInfo::parse`].
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let (bytes, len) = counted(reader, BlindedPayInfo::parse)?;
        Ok(Self { bytes, len })
    }

    /// The payinfos as they were received.
    #[must_use]
    pub const fn encoded(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many payinfos there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no payinfo.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The payinfos, in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = BlindedPayInfo<'a>> + Clone + use<'a> {
        framed(self.bytes, BlindedPayInfo::parse)
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_tlv::{Full, Malformed, Reader, Writer};

    use super::{BlindedPayInfo, BlindedPayInfos};

    const PAYINFO: BlindedPayInfo<'_> = BlindedPayInfo {
        fee_base_msat: 1,
        fee_proportional_millionths: 2,
        cltv_expiry_delta: 3,
        htlc_minimum_msat: 4,
        htlc_maximum_msat: u64::MAX,
        features: &[0x80, 0],
    };

    #[test]
    fn a_payinfo_reads_back_as_written_in_28_bytes_and_its_features() {
        let mut buffer = [0; 30];
        let mut writer = Writer::new(&mut buffer);
        PAYINFO.write(&mut writer).unwrap();
        assert_eq!(
            hex::encode(writer.written()),
            "000000010000000200030000000000000004ffffffffffffffff00028000"
        );
        assert_eq!(PAYINFO.write(&mut writer), Err(Full));
        let mut reader = Reader::new(&buffer);
        assert_eq!(BlindedPayInfo::parse(&mut reader), Ok(PAYINFO));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_payinfo_that_ends_early_is_truncated_and_consumes_nothing() {
        let mut buffer = [0; 30];
        PAYINFO.write(&mut Writer::new(&mut buffer)).unwrap();
        for len in 0..buffer.len() {
            let mut reader = Reader::new(&buffer[..len]);
            let error = BlindedPayInfo::parse(&mut reader).unwrap_err();
            assert_eq!((error.rule, reader.offset()), (Malformed::Truncated, 0));
        }
    }

    #[test]
    fn a_record_of_payinfos_keeps_their_order() {
        let mut buffer = [0; 58];
        let mut writer = Writer::new(&mut buffer);
        let bare = BlindedPayInfo { features: &[], ..PAYINFO };
        PAYINFO.write(&mut writer).unwrap();
        bare.write(&mut writer).unwrap();
        let payinfos = BlindedPayInfos::parse(&mut Reader::new(&buffer)).unwrap();
        assert_eq!((payinfos.len(), payinfos.encoded()), (2, &buffer[..]));
        assert_eq!(payinfos.iter().collect::<Vec<_>>(), [PAYINFO, bare]);
        assert!(BlindedPayInfos::parse(&mut Reader::new(&[])).unwrap().is_empty());
        let error = BlindedPayInfos::parse(&mut Reader::new(&buffer[..57])).unwrap_err();
        assert_eq!(error.rule, Malformed::Truncated);
    }

    #[test]
    fn features_longer_than_16_bits_can_say_do_not_fit() {
        let features = alloc::vec![0; 0x1_0000];
        let mut buffer = alloc::vec![0; 0x2_0000];
        let too_long = BlindedPayInfo { features: &features, ..PAYINFO };
        assert_eq!(too_long.write(&mut Writer::new(&mut buffer)), Err(Full));
        let longest = BlindedPayInfo { features: &features[1..], ..PAYINFO };
        assert_eq!(longest.write(&mut Writer::new(&mut buffer)), Ok(()));
    }
}
