use countersign_tlv::TlvStream;

use crate::Ignored;

/// `reply_path` in `onionmsg_tlv`.
pub(crate) const REPLY_PATH: u64 = 2;

/// `encrypted_recipient_data` in `onionmsg_tlv`.
pub(crate) const ENCRYPTED_RECIPIENT_DATA: u64 = 4;

/// From here on the types of `onionmsg_tlv` are contents, of which a message has one at most.
const FIRST_CONTENT: u64 = 64;

/// The `onionmsg_tlv` of a message's last hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Where an answer may be sent: an encoded `blinded_path`, not read here.
    pub reply_path: Option<&'a [u8]>,
    /// What we gave for the last hop when we made the path.
    pub encrypted_recipient_data: &'a [u8],
    /// What the message says, if it says anything.
    pub content: Option<Content<'a>>,
}

/// The one field of an `onionmsg_tlv` that is not about its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// What it is.
    pub content_type: ContentType,
    /// Its encoding.
    pub value: &'a [u8],
}

/// The type of a [`Content`]: a number from 64 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType(u64);

impl ContentType {
    /// An `invoice_request`.
    pub const INVOICE_REQUEST: Self = Self(64);
    /// An `invoice`.
    pub const INVOICE: Self = Self(66);
    /// An `invoice_error`.
    pub const INVOICE_ERROR: Self = Self(68);

    /// Takes a number of the specification's or of somebody's own; `None` below 64.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number < FIRST_CONTENT { None } else { Some(Self(number)) }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether a receiver that does not know the type must ignore the message (R-OM-02).
    #[must_use]
    pub const fn is_even(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

impl<'a> Message<'a> {
    /// Reads the payload of a message that ends here.
    ///
    /// # Errors
    /// [`Ignored`] unless it is an `onionmsg_tlv` with `encrypted_recipient_data`, at most one
    /// content, and otherwise nothing but odd types (R-OM-02, R-OM-06). Whether a content of an even
    /// type is known is for the caller to say.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Ignored> {
        let stream = TlvStream::parse(payload).or(Err(Ignored))?;
        let mut reply_path = None;
        let mut encrypted_recipient_data = None;
        let mut content = None;
        for record in stream.records() {
            match record.number {
                REPLY_PATH => reply_path = Some(record.value),
                ENCRYPTED_RECIPIENT_DATA => encrypted_recipient_data = Some(record.value),
                number @ FIRST_CONTENT.. => {
                    let content_type = ContentType(number);
                    //= bolt4#onion-messages
                    //# if the `onionmsg_tlv` contains more than one payload field:
                    //#   - MUST ignore the message.
                    if content.replace(Content { content_type, value: record.value }).is_some() {
                        return Err(Ignored);
                    }
                }
                0..FIRST_CONTENT if record.is_even() => return Err(Ignored),
                0..FIRST_CONTENT => {}
            }
        }
        let encrypted_recipient_data = encrypted_recipient_data.ok_or(Ignored)?;
        Ok(Self { reply_path, encrypted_recipient_data, content })
    }

    /// Reads the payload of a message that goes on, and returns its `encrypted_recipient_data`.
    ///
    /// # Errors
    /// [`Ignored`] when it holds anything else (R-OM-04).
    pub fn parse_forward(payload: &'a [u8]) -> Result<&'a [u8], Ignored> {
        let stream = TlvStream::parse(payload).or(Err(Ignored))?;
        let mut records = stream.records();
        //= bolt4#onion-messages
        //# if the `onionmsg_tlv` contains other tlv fields than `encrypted_recipient_data`:
        //#   - MUST ignore the message.
        match (records.next(), records.next()) {
            (Some(record), None) if record.number == ENCRYPTED_RECIPIENT_DATA => Ok(record.value),
            (Some(_) | None, _) => Err(Ignored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, ContentType, Message};
    use crate::Ignored;

    fn content(number: u64, value: &[u8]) -> Content<'_> {
        Content { content_type: ContentType::new(number).unwrap(), value }
    }

    #[test]
    fn a_message_has_a_way_and_at_most_one_content() {
        // R-OM-06
        let message = Message::parse(&[2, 1, 7, 4, 2, 8, 9, 64, 3, 1, 2, 3]).unwrap();
        assert_eq!(message.reply_path, Some(&[7][..]));
        assert_eq!(message.encrypted_recipient_data, [8, 9]);
        assert_eq!(message.content, Some(content(64, &[1, 2, 3])));
        assert_eq!(Message::parse(&[4, 0]).unwrap().content, None);

        for two in [&[4, 0, 64, 0, 66, 0][..], &[4, 0, 64, 0, 65, 0], &[4, 0, 67, 0, 0xfd, 1, 1, 0]]
        {
            assert_eq!(Message::parse(two), Err(Ignored), "{two:?}");
        }
    }

    #[test]
    fn contents_of_every_type_are_kept() {
        // R-OM-02: even or odd, the caller knows which it understands.
        assert_eq!(ContentType::new(63), None);
        for (bytes, number, is_even) in [
            (&[4, 0, 66, 1, 5][..], 66, true),
            (&[4, 0, 68, 1, 5], 68, true),
            (&[4, 0, 70, 1, 5], 70, true),
            (&[4, 0, 0xfe, 0, 1, 0, 0, 1, 5], 65_536, true),
            (&[4, 0, 0xfe, 0, 1, 0, 1, 1, 5], 65_537, false),
        ] {
            let message = Message::parse(bytes).unwrap();
            assert_eq!(message.content, Some(content(number, &[5])));
            assert_eq!(message.content.unwrap().content_type.is_even(), is_even);
        }
    }

    #[test]
    fn an_unknown_even_type_below_64_is_ignored_and_an_odd_one_is_skipped() {
        // R-OM-02, R-TLV-04
        assert_eq!(Message::parse(&[4, 0, 62, 0]), Err(Ignored));
        assert_eq!(Message::parse(&[0, 0, 4, 0]), Err(Ignored));
        assert_eq!(Message::parse(&[1, 1, 9, 4, 0, 63, 0]), Message::parse(&[4, 0]));
    }

    #[test]
    fn what_is_no_onionmsg_tlv_is_ignored() {
        // R-OM-02, R-BE-01
        for bytes in [&[][..], &[64, 0], &[2, 0, 64, 0], &[4, 0, 2, 0], &[4, 1], &[4, 0, 4, 0]] {
            assert_eq!(Message::parse(bytes), Err(Ignored), "{bytes:?}");
        }
    }

    #[test]
    fn a_forwarded_payload_holds_nothing_but_type_4() {
        // R-OM-04
        assert_eq!(Message::parse_forward(&[4, 2, 8, 9]), Ok(&[8, 9][..]));
        for more in
            [&[][..], &[2, 0, 4, 0], &[4, 0, 64, 0], &[1, 0, 4, 0], &[4, 0, 5, 0], &[6, 0], &[4, 1]]
        {
            assert_eq!(Message::parse_forward(more), Err(Ignored), "{more:?}");
        }
    }
}
