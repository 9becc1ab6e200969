//! TLV records as a test wants them: free to be wrong.

/// A BigSize, minimally encoded.
#[must_use]
pub fn bigsize(value: u64) -> Vec<u8> {
    match value {
        0..=0xfc => value.to_be_bytes()[7..].to_vec(),
        0xfd..=0xffff => [&[0xfd], &value.to_be_bytes()[6..]].concat(),
        0x1_0000..=0xffff_ffff => [&[0xfe], &value.to_be_bytes()[4..]].concat(),
        _ => [&[0xff], &value.to_be_bytes()[..]].concat(),
    }
}

/// A truncated integer: big-endian without leading zero bytes.
#[must_use]
pub fn truncated(value: u64) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// How the type and the length of a record are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// As BOLT 1 asks.
    Minimal,
    /// The type in three bytes although one is enough.
    WideNumber,
    /// The length in three bytes although one is enough.
    WideLength,
    /// The length one more than the value has.
    LengthTooLong,
    /// The length one less than the value has.
    LengthTooShort,
}

/// One record: a type, a value, and how the two are framed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The type.
    pub number: u64,
    /// The value.
    pub value: Vec<u8>,
    /// The framing.
    pub framing: Framing,
}

impl Record {
    /// A well-framed record.
    #[must_use]
    pub fn new(number: u64, value: Vec<u8>) -> Self {
        Self { number, value, framing: Framing::Minimal }
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let length = self.value.len() as u64;
        let wide = |value: u64| match u16::try_from(value) {
            Ok(small) => [&[0xfd], &small.to_be_bytes()[..]].concat(),
            Err(_) => [&[0xff], &value.to_be_bytes()[..]].concat(),
        };
        let (number, length) = match self.framing {
            Framing::Minimal => (bigsize(self.number), bigsize(length)),
            Framing::WideNumber => (wide(self.number), bigsize(length)),
            Framing::WideLength => (bigsize(self.number), wide(length)),
            Framing::LengthTooLong => (bigsize(self.number), bigsize(length + 1)),
            Framing::LengthTooShort => (bigsize(self.number), bigsize(length.saturating_sub(1))),
        };
        [number, length, self.value.clone()].concat()
    }
}

/// A message as its records, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(pub Vec<Record>);

impl Records {
    /// Puts a record where its type belongs, in place of one with the same type.
    pub fn set(&mut self, number: u64, value: Vec<u8>) {
        let record = Record::new(number, value);
        match self.0.iter().position(|other| other.number >= number) {
            Some(at) if self.0[at].number == number => self.0[at] = record,
            Some(at) => self.0.insert(at, record),
            None => self.0.push(record),
        }
    }

    /// The value of the first record of a type.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&[u8]> {
        self.0.iter().find(|record| record.number == number).map(|record| &record.value[..])
    }

    /// Takes every record of a type out.
    pub fn remove(&mut self, number: u64) {
        self.0.retain(|record| record.number != number);
    }

    /// The records of the types in `numbers`.
    #[must_use]
    pub fn range(&self, numbers: impl core::ops::RangeBounds<u64>) -> Self {
        Self(self.0.iter().filter(|record| numbers.contains(&record.number)).cloned().collect())
    }

    /// The bytes of all records.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(Record::encode).collect()
    }

    /// The records of well-formed bytes, in ascending order or not.
    #[must_use]
    pub fn split(mut bytes: &[u8]) -> Option<Self> {
        let mut records = Self::default();
        while !bytes.is_empty() {
            let number = take_bigsize(&mut bytes)?;
            let length = usize::try_from(take_bigsize(&mut bytes)?).ok()?;
            let (value, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            records.0.push(Record::new(number, value.to_vec()));
        }
        Some(records)
    }
}

fn take_bigsize(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    let width = match first {
        0xfd => 2,
        0xfe => 4,
        0xff => 8,
        small => {
            *bytes = rest;
            return Some(u64::from(small));
        }
    };
    let (digits, rest) = rest.split_at_checked(width)?;
    *bytes = rest;
    let value = digits.iter().fold(0, |value, digit| (value << 8) | u64::from(*digit));
    (bigsize(value).len() == width + 1).then_some(value)
}
