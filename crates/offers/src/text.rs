//! Messages as strings: `lno1…`, `lnr1…`, `lni1…`, `lnp1…`.
//!
//! The alphabet is bech32's, without its checksum and without its limit on the length. A string may
//! be continued after a `+` and white space. BOLT 12 §Encoding; R-ST-01 to R-ST-05.

use core::fmt::{self, Write};
use core::str::CharIndices;

use bech32::Fe32;
use countersign_tlv::Writer;

/// The human-readable part of a string, which says what kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `lno`: an offer.
    Offer,
    /// `lnr`: an `invoice_request`; as a string normally one that answers no offer, a refund.
    InvoiceRequest,
    /// `lni`: an invoice. By convention only; the specification has no string for one.
    Invoice,
    /// `lnp`: a payer proof.
    PayerProof,
}

/// Lower or upper case, never both in one string (R-ST-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// For everything that is copied.
    Lower,
    /// For QR codes, which store it in fewer dots.
    Upper,
}

/// A text that is not a message's string: where, and which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Offset of the offending character, in bytes of the text; its length where something is
    /// missing at the end.
    pub offset: u32,
    /// The rule that the text breaks.
    pub rule: BadText,
}

const _: () = assert!(size_of::<TextError>() == 8);

/// The rules of BOLT 12 §Encoding that a text can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadText {
    /// It does not begin with `lno1`, `lnr1`, `lni1` or `lnp1`.
    Prefix,
    /// A character is not one of the alphabet.
    Character,
    /// Lower and upper case letters are mixed.
    MixedCase,
    /// A `+` does not stand between two characters of the string.
    Continuation,
    /// The bits that are left over at the end are five or more, or not zero.
    Padding,
    /// The message is longer than the buffer for it.
    TooLong,
}

impl Prefix {
    /// Every prefix.
    pub const ALL: [Self; 4] = [Self::Offer, Self::InvoiceRequest, Self::Invoice, Self::PayerProof];

    /// The human-readable part, without the `1` that follows it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Offer => "lno",
            Self::InvoiceRequest => "lnr",
            Self::Invoice => "lni",
            Self::PayerProof => "lnp",
        }
    }
}

/// Decodes a string into the caller's buffer, of which 5/8 of the text's length always suffices.
///
/// # Errors
/// [`TextError`], at the first character that breaks a rule.
pub fn decode<'b>(text: &str, buffer: &'b mut [u8]) -> Result<(Prefix, &'b [u8]), TextError> {
    let mut characters = Characters::new(text);
    let prefix = prefix(&mut characters)?;
    let mut writer = Writer::new(buffer);
    while let Some(group) = Group::read(&mut characters)? {
        let too_long = characters.error(BadText::TooLong);
        writer.bytes(group.bytes()).or(Err(too_long))?;
        if group.len < WHOLE_GROUP {
            break;
        }
    }
    Ok((prefix, writer.finish()))
}

/// Writes the string of a message.
///
/// # Errors
/// Those of `out` only.
pub fn encode(prefix: Prefix, case: Case, message: &[u8], out: &mut impl Write) -> fmt::Result {
    let mut write = |character: char| {
        out.write_char(match case {
            Case::Lower => character,
            Case::Upper => character.to_ascii_uppercase(),
        })
    };
    prefix.text().chars().try_for_each(&mut write)?;
    write(SEPARATOR)?;
    let (groups, rest) = message.as_chunks();
    for &group in groups {
        symbols(group).try_for_each(|symbol| write(symbol.to_char()))?;
    }
    let mut padded = [0; 5];
    for (byte, &last) in padded.iter_mut().zip(rest) {
        *byte = last;
    }
    symbols(padded).take(symbols_of(rest.len())).try_for_each(|symbol| write(symbol.to_char()))
}

/// The characters that [`encode`] writes for a message of `len` bytes.
#[must_use]
pub const fn encoded_len(len: usize) -> usize {
    let prefix_and_separator = 4_usize;
    prefix_and_separator.saturating_add(symbols_of(len))
}

/// The symbols of five bits that hold `len` bytes.
const fn symbols_of(len: usize) -> usize {
    len.saturating_mul(8).div_ceil(5)
}

fn prefix(characters: &mut Characters<'_>) -> Result<Prefix, TextError> {
    let mut read = [SEPARATOR; 4];
    for place in &mut read {
        let error = characters.error(BadText::Prefix);
        *place = characters.next()?.ok_or(error)?.1;
    }
    let ['l', 'n', kind, SEPARATOR] = read else {
        return Err(TextError { offset: 0, rule: BadText::Prefix });
    };
    match kind {
        'o' => Ok(Prefix::Offer),
        'r' => Ok(Prefix::InvoiceRequest),
        'i' => Ok(Prefix::Invoice),
        'p' => Ok(Prefix::PayerProof),
        _ => Err(TextError { offset: 0, rule: BadText::Prefix }),
    }
}

/// Five bytes as eight symbols.
fn symbols(group: [u8; 5]) -> impl Iterator<Item = Fe32> {
    // The first symbol in the five highest bits.
    let mut bits = group.iter().fold(0, |bits, &byte| bits << 8 | u64::from(byte)) << 24;
    core::iter::repeat_with(move || {
        let symbol = bits >> 59;
        bits <<= 5;
        Fe32::try_from(symbol).unwrap_or(Fe32::Q)
    })
    .take(WHOLE_GROUP)
}

/// Stands between the prefix and the message.
const SEPARATOR: char = '1';

/// Symbols that fill whole bytes, five of them.
const WHOLE_GROUP: usize = 8;

/// Up to eight symbols.
struct Group {
    /// The bytes that they fill, the rest being zero.
    bytes: [u8; 5],
    /// How many symbols there were.
    len: usize,
}

impl Group {
    /// Reads the next symbols; `None` at the end.
    fn read(characters: &mut Characters<'_>) -> Result<Option<Self>, TextError> {
        let mut bits = 0_u64;
        let mut len = 0_usize;
        let mut last = characters.offset();
        for _ in 0..WHOLE_GROUP {
            bits <<= 5;
            if let Some((offset, character)) = characters.next()? {
                let symbol = Fe32::from_char(character)
                    .or(Err(TextError { offset, rule: BadText::Character }))?;
                bits |= u64::from(symbol.to_u8());
                len = len.saturating_add(1);
                last = offset;
            }
        }
        if len == 0 {
            return Ok(None);
        }
        let [_, _, _, bytes @ ..] = bits.to_be_bytes();
        let group = Self { bytes, len };
        //= bolt12#encoding
        //# MUST NOT use more than 4 bits of padding, which MUST be zero.
        let is_padded = !matches!(len, 1 | 3 | 6) && group.padding().iter().all(|&byte| byte == 0);
        if is_padded {
            Ok(Some(group))
        } else {
            Err(TextError { offset: last, rule: BadText::Padding })
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.whole_bytes()).unwrap_or(&[])
    }

    /// What is left of a byte that is not whole, and the zero bytes after it.
    fn padding(&self) -> &[u8] {
        self.bytes.get(self.whole_bytes()..).unwrap_or(&[])
    }

    const fn whole_bytes(&self) -> usize {
        self.len.saturating_mul(5) / 8
    }
}

/// The characters of a string in lower case, without what continues it.
struct Characters<'t> {
    text: CharIndices<'t>,
    /// The case of the first letter.
    case: Option<Case>,
    /// The character before the next one is one of the string, so that it can be continued.
    may_continue: bool,
}

impl<'t> Characters<'t> {
    fn new(text: &'t str) -> Self {
        Self { text: text.char_indices(), case: None, may_continue: false }
    }

    fn offset(&self) -> u32 {
        u32::try_from(self.text.offset()).unwrap_or(u32::MAX)
    }

    fn error(&self, rule: BadText) -> TextError {
        TextError { offset: self.offset(), rule }
    }

    /// The next character and its offset; `None` at the end.
    fn next(&mut self) -> Result<Option<(u32, char)>, TextError> {
        let start = self.error(BadText::Continuation);
        let mut is_continued = false;
        loop {
            let here = self.error(BadText::Character);
            let Some((_, character)) = self.text.next() else {
                return if is_continued { Err(start) } else { Ok(None) };
            };
            //= bolt12#encoding
            //# if it encounters a `+` followed by zero or more whitespace characters between two
            //# bech32 characters:
            //#   - MUST remove the `+` and whitespace.
            if character == '+' {
                if is_continued || !self.may_continue {
                    return Err(TextError { rule: BadText::Continuation, ..here });
                }
                is_continued = true;
            } else if !(is_continued && character.is_whitespace()) {
                self.check(character, here)?;
                self.may_continue = true;
                return Ok(Some((here.offset, character.to_ascii_lowercase())));
            }
        }
    }

    fn check(&mut self, character: char, here: TextError) -> Result<(), TextError> {
        if !character.is_ascii_alphanumeric() {
            return Err(here);
        }
        let case = match character {
            'a'..='z' => Case::Lower,
            'A'..='Z' => Case::Upper,
            _ => return Ok(()),
        };
        if *self.case.get_or_insert(case) == case {
            Ok(())
        } else {
            Err(TextError { rule: BadText::MixedCase, ..here })
        }
    }
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "it does not begin with lno1, lnr1, lni1 or lnp1",
            Self::Character => "the character is not one of bech32's",
            Self::MixedCase => "lower and upper case are mixed",
            Self::Continuation => "a '+' does not stand between two characters of the string",
            Self::Padding => "the last character has bits that belong to no byte",
            Self::TooLong => "the message is too long",
        })
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.rule)
    }
}

impl core::error::Error for TextError {}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::{BadText, Case, Prefix, TextError, decode, encode, encoded_len};

    fn encoded(prefix: Prefix, case: Case, message: &[u8]) -> String {
        let mut text = String::new();
        encode(prefix, case, message, &mut text).unwrap();
        text
    }

    fn rejected(text: &str) -> (u32, BadText) {
        let TextError { offset, rule } = decode(text, &mut [0; 100]).unwrap_err();
        (offset, rule)
    }

    #[test]
    fn every_kind_of_message_has_its_prefix() {
        // R-ST-05
        for prefix in Prefix::ALL {
            let text = encoded(prefix, Case::Lower, &[1, 2, 3]);
            assert!(text.starts_with(prefix.text()), "{text}");
            assert_eq!(decode(&text, &mut [0; 3]), Ok((prefix, &[1, 2, 3][..])));
        }
        for other in ["", "l", "lno", "lnx1qq", "lnbc1", "lno2qq", "bc1qq", "1lno", "LNX1QQ"] {
            assert_eq!(rejected(other).1, BadText::Prefix, "{other}");
        }
    }

    #[test]
    fn both_cases_are_read_and_a_mixture_is_not() {
        // R-ST-01, R-ST-02
        let upper = encoded(Prefix::Offer, Case::Upper, &[0xff, 0x5a]);
        assert_eq!(upper, encoded(Prefix::Offer, Case::Lower, &[0xff, 0x5a]).to_uppercase());
        assert_eq!(decode(&upper, &mut [0; 2]), Ok((Prefix::Offer, &[0xff, 0x5a][..])));
        assert_eq!(rejected("lno1Qqqqqqqq"), (4, BadText::MixedCase));
        assert_eq!(rejected("LNO1qqqqqqqq"), (4, BadText::MixedCase));
        assert_eq!(rejected("lNo1qq"), (1, BadText::MixedCase));
        assert_eq!(rejected("lno1222q2+Q"), (10, BadText::MixedCase));
    }

    #[test]
    fn a_plus_continues_between_two_characters_only() {
        // R-ST-03, in every prefix
        for prefix in Prefix::ALL.map(Prefix::text) {
            for text in ["+1qq", "1+qq", "1q+q", "1q+ \t\r\n\u{3000}q", "+ 1+ q+ q"] {
                let text = format!("{prefix}{text}");
                assert_eq!(decode(&text, &mut [0; 1]).unwrap().1, &[0], "{text}");
            }
        }
        for (text, offset) in [
            ("+lno1qq", 0),
            ("l++no1qq", 2),
            ("l+ +no1qq", 3),
            ("lno1qq+", 6),
            ("lno1qq+ ", 6),
            ("+", 0),
        ] {
            assert_eq!(rejected(text), (offset, BadText::Continuation), "{text}");
        }
        for text in ["lno1 qq", "lno1q q+q", " lno1qq", "lno1qq "] {
            let space = u32::try_from(text.find(' ').unwrap()).unwrap();
            assert_eq!(rejected(text), (space, BadText::Character), "no white space without a +");
        }
    }

    #[test]
    fn left_over_bits_are_fewer_than_five_and_zero() {
        // R-ST-04
        for text in ["q", "qqq", "qqqqqq"] {
            let last = u32::try_from(text.len()).unwrap().saturating_add(3);
            assert_eq!(rejected(&format!("lno1{text}")), (last, BadText::Padding));
        }
        for (symbols, len) in [("", 0), ("qq", 1), ("qqqq", 2), ("qqqqq", 3), ("qqqqqqq", 4)] {
            let text = format!("lno1{symbols}");
            assert_eq!(decode(&text, &mut [9; 4]).unwrap().1, &[0, 0, 0, 0][..len]);
            if len > 0 {
                let text = format!("lno1{}", symbols.replacen('q', "", 1) + "p");
                assert_eq!(rejected(&text).1, BadText::Padding, "{text}");
            }
        }
    }

    #[test]
    fn a_character_outside_the_alphabet_is_named_by_its_offset() {
        for character in ['b', 'i', 'o', '1', '-', 'é', '\0', '🦀'] {
            let text = format!("lno1qq{character}q");
            assert_eq!(rejected(&text), (6, BadText::Character), "{character}");
        }
    }

    #[test]
    fn a_message_fills_the_buffer_to_its_last_byte() {
        let text = encoded(Prefix::Invoice, Case::Lower, &[7; 11]);
        assert!(decode(&text, &mut [0; 11]).is_ok());
        let error = decode(&text, &mut [0; 10]).unwrap_err();
        assert_eq!(error.rule, BadText::TooLong);
    }

    proptest! {
        #[test]
        fn a_message_reads_back_as_written(message in prop::collection::vec(any::<u8>(), 0..60)) {
            for case in [Case::Lower, Case::Upper] {
                let text = encoded(Prefix::PayerProof, case, &message);
                prop_assert_eq!(text.len(), encoded_len(message.len()));
                let decoded = decode(&text, &mut [0; 60]).map(|(prefix, read)| (prefix, read == message));
                prop_assert_eq!(decoded, Ok((Prefix::PayerProof, true)));
            }
        }
    }
}
