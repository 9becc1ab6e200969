//! What is said when there is no invoice, or no payment. BOLT 12 §Invoice Errors.

use countersign_tlv::{Full, Reader, TlvStream, Writer, record_len, tu64_len};

use crate::{Field, Invalid, Rejected, Untrusted};

/// An `invoice_error`: why a request got no invoice, or an invoice no payment.
///
/// It is for a person to read and never to act upon: whoever knows the reply path can send one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceError<'a> {
    /// The field at fault, where there is one.
    pub erroneous: Option<Erroneous<'a>>,
    /// What went wrong, in the sender's words.
    pub error: Untrusted<'a>,
}

/// The field that an [`InvoiceError`] complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erroneous<'a> {
    /// `erroneous_field`.
    pub field: Field,
    /// `suggested_value`: bytes that would have been accepted, as the sender says.
    pub suggested_value: Option<&'a [u8]>,
}

/// How an `invoice_error` is put into its record of the onion message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The TLV stream that the specification defines.
    Specification,
    /// The stream with its length as a `BigSize` in front, which is what LDK writes up to 0.3, and
    /// the only form that it reads.
    Ldk,
}

/// The longest text that is read or written, in bytes.
pub const ERROR_MAX_LEN: usize = 1024;

impl<'a> InvoiceError<'a> {
    /// Reads an error in either form. No bytes are both.
    ///
    /// # Errors
    /// What is wrong in the specification's form, when they are neither: [`Rejected::Malformed`];
    /// [`Invalid::Missing`] without `error`, or with a `suggested_value` for no `erroneous_field`;
    /// [`Invalid::UnknownEven`]; [`Invalid::TooMuch`] above [`ERROR_MAX_LEN`] (R-IE-01, R-IE-03).
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, Form), Rejected> {
        match Self::parse_stream(bytes) {
            Ok(error) => Ok((error, Form::Specification)),
            Err(rejected) => match stream_of_ldk(bytes).map(Self::parse_stream) {
                Some(Ok(error)) => Ok((error, Form::Ldk)),
                Some(Err(_)) | None => Err(rejected),
            },
        }
    }

    /// Writes the error.
    ///
    /// # Errors
    /// [`Full`], also for a text longer than [`ERROR_MAX_LEN`].
    pub fn write(&self, form: Form, writer: &mut Writer<'_>) -> Result<(), Full> {
        if self.error.len() > ERROR_MAX_LEN {
            return Err(Full);
        }
        match form {
            Form::Specification => {}
            Form::Ldk => writer.bigsize(u64::try_from(self.stream_len()).or(Err(Full))?)?,
        }
        if let Some(Erroneous { field, suggested_value }) = self.erroneous {
            writer.truncated_record(Field::ERRONEOUS_FIELD.number(), field.number())?;
            if let Some(value) = suggested_value {
                writer.record(Field::SUGGESTED_VALUE.number(), value)?;
            }
        }
        writer.record(Field::ERROR.number(), self.error.as_written().as_bytes())
    }

    /// Bytes of the error in the specification's form.
    fn stream_len(&self) -> usize {
        let field = self.erroneous.map(|it| (Field::ERRONEOUS_FIELD, tu64_len(it.field.number())));
        let suggested = self.erroneous.and_then(|it| it.suggested_value);
        let suggested = suggested.map(|value| (Field::SUGGESTED_VALUE, value.len()));
        [field, suggested, Some((Field::ERROR, self.error.len()))]
            .into_iter()
            .flatten()
            .map(|(field, len)| record_len(field.number(), len))
            .fold(0, usize::saturating_add)
    }

    fn parse_stream(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let (mut field, mut suggested_value, mut error) = (None, None, None);
        for record in TlvStream::parse(bytes)?.records() {
            let mut reader = record.reader();
            match Field(record.number) {
                Field::ERRONEOUS_FIELD => field = Some(Field(reader.tu64()?)),
                Field::SUGGESTED_VALUE => suggested_value = Some(reader.remaining()),
                Field::ERROR => error = Some(Untrusted::new(reader.utf8()?)),
                number if record.is_even() => return Err(Invalid::UnknownEven { number }.into()),
                _ => {}
            }
        }
        let error = error.ok_or(Invalid::Missing { field: Field::ERROR })?;
        if error.len() > ERROR_MAX_LEN {
            return Err(Invalid::TooMuch { field: Field::ERROR }.into());
        }
        let erroneous = match (field, suggested_value) {
            (None, None) => None,
            (None, Some(_)) => {
                return Err(Invalid::Missing { field: Field::ERRONEOUS_FIELD }.into());
            }
            (Some(field), suggested_value) => Some(Erroneous { field, suggested_value }),
        };
        Ok(Self { erroneous, error })
    }
}

/// The stream behind LDK's length; `None` when the length is not that of the rest.
fn stream_of_ldk(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let len = reader.bigsize().ok()?;
    let stream = reader.bytes(len).ok()?;
    reader.is_empty().then_some(stream)
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;
    use alloc::vec::Vec;

    use countersign_tlv::{DecodeError, Full, Malformed, Writer};

    use super::{ERROR_MAX_LEN, Erroneous, Form, InvoiceError};
    use crate::{Field, Invalid, Rejected, Untrusted};

    fn written(error: &InvoiceError<'_>, form: Form) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let mut writer = Writer::new(&mut buffer);
        error.write(form, &mut writer).unwrap();
        writer.finish().to_vec()
    }

    fn rejected(bytes: &[u8]) -> Rejected {
        InvoiceError::parse(bytes).unwrap_err()
    }

    #[test]
    fn both_forms_are_read_and_written() {
        // R-IE-01, DESIGN §9
        let error = InvoiceError { erroneous: None, error: Untrusted::new("no") };
        assert_eq!(written(&error, Form::Specification), b"\x05\x02no");
        assert_eq!(written(&error, Form::Ldk), b"\x04\x05\x02no");
        let field = Field::INVREQ_AMOUNT;
        for suggested_value in [None, Some(&[][..]), Some(&[0x03, 0xe8])] {
            let erroneous = Some(Erroneous { field, suggested_value });
            for text in ["", "too little", &"x".repeat(252), &"x".repeat(ERROR_MAX_LEN)] {
                let error = InvoiceError { erroneous, error: Untrusted::new(text) };
                for form in [Form::Specification, Form::Ldk] {
                    assert_eq!(InvoiceError::parse(&written(&error, form)), Ok((error, form)));
                }
            }
        }
    }

    #[test]
    fn no_short_bytes_are_both_forms() {
        for number in 0..100_000 {
            let bytes: Vec<u8> = format!("{number:05}0").bytes().map(|digit| digit & 0xf).collect();
            for len in 0..=bytes.len() {
                let bytes = &bytes[..len];
                let ldk = super::stream_of_ldk(bytes).map(InvoiceError::parse_stream);
                let is_both = InvoiceError::parse_stream(bytes).is_ok()
                    && ldk.is_some_and(|error| error.is_ok());
                assert!(!is_both, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_suggestion_is_for_a_field_and_an_error_says_something() {
        // R-IE-01, R-IE-03
        let missing = |field| Rejected::Invalid(Invalid::Missing { field });
        assert_eq!(rejected(&[]), missing(Field::ERROR));
        assert_eq!(rejected(&[1, 1, 82]), missing(Field::ERROR));
        assert_eq!(rejected(b"\x03\x00\x05\x01x"), missing(Field::ERRONEOUS_FIELD));
        let unknown = Invalid::UnknownEven { number: Field(6) };
        assert_eq!(rejected(b"\x05\x01x\x06\x00"), unknown.into());
        assert!(InvoiceError::parse(b"\x05\x01x\x07\x00").is_ok(), "it's ok to be odd");
        let not_utf8 = DecodeError { offset: 2, rule: Malformed::NotUtf8 };
        assert_eq!(rejected(&[5, 1, 0xff]), not_utf8.into());
        let not_minimal = DecodeError { offset: 2, rule: Malformed::NotMinimal };
        assert_eq!(rejected(&[1, 2, 0, 82, 5, 0]), not_minimal.into());
    }

    #[test]
    fn a_text_may_have_its_longest_length_and_no_more() {
        // R-IE-03
        let text = "x".repeat(ERROR_MAX_LEN.checked_add(1).unwrap());
        let error = InvoiceError { erroneous: None, error: Untrusted::new(&text) };
        let mut buffer = [0; 2048];
        assert_eq!(error.write(Form::Specification, &mut Writer::new(&mut buffer)), Err(Full));
        let mut writer = Writer::new(&mut buffer);
        writer.record(Field::ERROR.number(), text.as_bytes()).unwrap();
        let too_much = Invalid::TooMuch { field: Field::ERROR };
        assert_eq!(rejected(writer.written()), too_much.into());
    }

    #[test]
    fn the_words_of_a_stranger_are_shown_escaped() {
        let (error, _) = InvoiceError::parse(b"\x05\x04ok\x0a!").unwrap();
        assert_eq!(format!("{}", error.error), "ok\\u{a}!");
    }
}
