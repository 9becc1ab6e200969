//! BOLT 1, Appendices A to C.

use countersign_crypto::PublicKey;
use countersign_tlv::{Reader, Record, TlvStream, Writer};

use crate::answer::Answer;
use crate::question::Question;

/// A number from bytes that are all of it.
pub(crate) fn bigsize(question: &Question, answer: &mut Answer) -> Option<()> {
    let mut reader = Reader::new(question.part(0)?);
    let value = reader.bigsize().ok().filter(|_| reader.is_empty())?;
    answer.part(&value.to_be_bytes())
}

/// The bytes of a number, which comes as eight.
pub(crate) fn write_bigsize(question: &Question, answer: &mut Answer) -> Option<()> {
    let mut buffer = [0; 9];
    let mut writer = Writer::new(&mut buffer);
    writer.bigsize(u64::from_be_bytes(*question.array(0)?)).ok()?;
    answer.part(writer.written())
}

/// Whether a stream is one of namespace `n1`.
pub(crate) fn n1(question: &Question) -> Option<()> {
    every(question.part(0)?, |record, value| {
        match record.number {
            1 => value.tu64().ok().map(drop)?,
            2 => value.u64().ok().map(drop)?,
            3 => {
                PublicKey::parse(value.array().ok()?).ok()?;
                value.u64().ok()?;
                value.u64().ok()?;
            }
            254 => value.u16().ok().map(drop)?,
            _ => return unknown(record),
        }
        value.end().ok()
    })
}

/// Whether a stream is one of namespace `n2`.
pub(crate) fn n2(question: &Question) -> Option<()> {
    every(question.part(0)?, |record, value| {
        match record.number {
            0 => value.tu64().ok().map(drop)?,
            11 => value.tu32().ok().map(drop)?,
            _ => return unknown(record),
        }
        value.end().ok()
    })
}

/// Whether a message's extension is one that nobody need know.
pub(crate) fn extension(question: &Question) -> Option<()> {
    every(question.part(0)?, |record, _| unknown(record))
}

fn every(bytes: &[u8], judge: impl Fn(&Record<'_>, &mut Reader<'_>) -> Option<()>) -> Option<()> {
    let stream = TlvStream::parse(bytes).ok()?;
    stream.records().try_for_each(|record| judge(&record, &mut record.reader()))
}

fn unknown(record: &Record<'_>) -> Option<()> {
    (!record.is_even()).then_some(())
}
