use core::fmt;

use countersign_tlv::{Malformed, Reader};

use crate::{Field, Invalid, Rejected};

/// The name under which a payer found an offer in the DNS: `name@domain`, BIP 353.
///
/// Both parts consist of `0-9 a-z A-Z - _ .` only, so they can be shown as they are. That a name
/// stands in a request says nothing about whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bip353Name<'a> {
    /// The part before the `@`, at most 255 bytes.
    pub name: &'a str,
    /// The part after the `@`, at most 255 bytes.
    pub domain: &'a str,
}

impl<'a> Bip353Name<'a> {
    /// Reads the value of `invreq_bip_353_name`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] or [`Malformed::TrailingBytes`] when the lengths do not fill the
    /// value exactly, [`Invalid::Alphabet`] (R-IR-14).
    pub fn parse(mut value: Reader<'a>) -> Result<Self, Rejected> {
        let name = part(&mut value)?;
        let domain = part(&mut value)?;
        value.end()?;
        Ok(Self { name, domain })
    }
}

impl fmt::Display for Bip353Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.domain)
    }
}

fn part<'a>(value: &mut Reader<'a>) -> Result<&'a str, Rejected> {
    let len = value.u8()?;
    let start = *value;
    let bytes = value.bytes(len.into())?;
    //= bolt12#requirements-for-invoice-requests
    //# MUST reject the invoice request if `name` or `domain` contain any bytes which are not
    //# `0`-`9`, `a`-`z`, `A`-`Z`, `-`, `_` or `.`.
    if !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)) {
        return Err(Invalid::Alphabet { field: Field::INVREQ_BIP_353_NAME }.into());
    }
    Ok(core::str::from_utf8(bytes).or(Err(start.error(Malformed::NotUtf8)))?)
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::vec::Vec;

    use countersign_tlv::{DecodeError, Malformed, Reader};

    use super::Bip353Name;
    use crate::{Field, Invalid, Rejected};

    fn parse(bytes: &[u8]) -> Result<Bip353Name<'_>, Rejected> {
        Bip353Name::parse(Reader::at(bytes, 10))
    }

    #[test]
    fn a_name_is_shown_as_an_address() {
        let name = parse(b"\x04Bob_\x0dexample-1.com").unwrap();
        assert_eq!((name.name, name.domain), ("Bob_", "example-1.com"));
        assert_eq!(format!("{name}"), "Bob_@example-1.com");
        let longest = [&[255][..], &[b'a'; 255], &[255], &[b'b'; 255]].concat();
        assert_eq!(parse(&longest).unwrap().domain.len(), 255);
    }

    #[test]
    fn the_lengths_fill_the_value_exactly() {
        // R-IR-14, R-TLV-02
        let malformed = |offset, rule| Err(Rejected::Malformed(DecodeError { offset, rule }));
        assert_eq!(parse(b""), malformed(10, Malformed::Truncated));
        assert_eq!(parse(b"\x01a"), malformed(12, Malformed::Truncated));
        assert_eq!(parse(b"\x03a\x01"), malformed(11, Malformed::Truncated));
        assert_eq!(parse(b"\x01a\x01bc"), malformed(14, Malformed::TrailingBytes));
    }

    #[test]
    fn no_byte_but_those_of_the_alphabet_is_accepted() {
        // R-IR-14
        for byte in u8::MIN..=u8::MAX {
            let allowed = char::from(byte).is_ascii_alphanumeric() || b"-_.".contains(&byte);
            for value in [[1, byte, 1, b'x'], [1, b'x', 1, byte]].map(Vec::from) {
                let alphabet = Invalid::Alphabet { field: Field::INVREQ_BIP_353_NAME };
                assert_eq!(parse(&value).err(), (!allowed).then_some(alphabet.into()), "{byte}");
            }
        }
    }
}
