use countersign_tlv::{DecodeError, Reader};

/// An address on the chain: a `fallback_address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FallbackAddress<'a> {
    /// The witness version.
    pub version: u8,
    /// The witness program.
    pub address: &'a [u8],
}

/// The value of `invoice_fallbacks`: addresses in the order of the merchant's preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallbacks<'a>(&'a [u8]);

impl<'a> Fallbacks<'a> {
    /// Reads addresses until `reader` is empty.
    ///
    /// # Errors
    /// [`Malformed::Truncated`](countersign_tlv::Malformed::Truncated).
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let fallbacks = Self(reader.rest());
        while !reader.is_empty() {
            FallbackAddress::parse(reader)?;
        }
        Ok(fallbacks)
    }

    /// The addresses, usable or not.
    pub fn iter(&self) -> impl Iterator<Item = FallbackAddress<'a>> + use<'a> {
        let mut reader = Reader::new(self.0);
        // The value was walked when it was parsed, so this never ends early.
        core::iter::from_fn(move || FallbackAddress::parse(&mut reader).ok())
    }

    /// The addresses that a reader for bitcoin may use (R-VR-05).
    pub fn usable(&self) -> impl Iterator<Item = FallbackAddress<'a>> + use<'a> {
        self.iter().filter(FallbackAddress::is_usable)
    }
}

impl<'a> FallbackAddress<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let version = reader.u8()?;
        let len = reader.u16()?;
        Ok(Self { version, address: reader.bytes(len.into())? })
    }

    /// Whether it is a witness program as BIP 141 and BIP 341 know them.
    fn is_usable(&self) -> bool {
        //= bolt12#requirements-1
        //# MUST ignore any `fallback_address` for which `version` is greater than 16.
        //# MUST ignore any `fallback_address` for which `address` is less than 2 or greater than 40
        //# bytes.
        //# MUST ignore any `fallback_address` for which `address` does not meet known requirements
        //# for the given `version`
        match self.version {
            0 => matches!(self.address.len(), 20 | 32),
            1..=16 => matches!(self.address.len(), 2..=40),
            17.. => false,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_tlv::Reader;

    use super::{FallbackAddress, Fallbacks};

    #[test]
    fn only_witness_programs_are_usable() {
        // R-VR-05, R-IW-09
        for (version, len, usable) in [
            (0, 20, true),
            (0, 32, true),
            (0, 21, false),
            (1, 32, true),
            (1, 2, true),
            (1, 1, false),
            (16, 40, true),
            (16, 41, false),
            (17, 32, false),
        ] {
            let address = FallbackAddress { version, address: &[7; 41][..len] };
            assert_eq!(address.is_usable(), usable, "version {version}, {len} bytes");
        }
    }

    #[test]
    fn addresses_follow_each_other_to_the_end() {
        let bytes = [1, 0, 2, 8, 9, 17, 0, 0];
        let fallbacks = Fallbacks::parse(&mut Reader::new(&bytes)).unwrap();
        let all: Vec<_> = fallbacks.iter().collect();
        assert_eq!(all[0], FallbackAddress { version: 1, address: &[8, 9] });
        assert_eq!(all[1], FallbackAddress { version: 17, address: &[] });
        assert_eq!(fallbacks.usable().count(), 1);
        assert!(Fallbacks::parse(&mut Reader::new(&bytes[..7])).is_err());
    }
}
