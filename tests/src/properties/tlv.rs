use countersign_tlv::{Malformed, Reader, TlvStream, Writer};

/// A stream is accepted or refused, at the same byte and by the same rule, as a reader written
/// naively with indexes says (R-TLV-01).
pub fn tlv_stream(data: &[u8]) {
    match (TlvStream::parse(data), naive_stream(data)) {
        (Ok(stream), Ok(expected)) => {
            let records: Vec<_> = stream
                .records()
                .map(|record| {
                    let start = record.offset as usize;
                    assert_eq!(record.encoded, &data[start..start + record.encoded.len()]);
                    assert!(record.encoded.starts_with(record.encoded_number()));
                    let value_start = record.reader().offset() as usize;
                    assert_eq!(record.value, &data[value_start..value_start + record.value.len()]);
                    assert_eq!(stream.find(record.number), Some(record));
                    (record.number, record.value.to_vec())
                })
                .collect();
            assert_eq!(records, expected);
            assert_eq!(write(&expected), data, "an accepted stream is its own only encoding");
            ranges(&stream, &expected);
        }
        (Err(error), Err((offset, rule))) => {
            assert_eq!((error.offset as usize, error.rule), (offset, rule));
        }
        (ours, naive) => panic!("we say {ours:?}, the naive reader says {naive:?}"),
    }
}

/// Records that were written read back as they were, and so do integers in every form.
pub fn tlv_round_trip(data: &[u8]) {
    let records = records(data);
    for (number, value) in &records {
        integers(*number, value);
    }
    let written = write(&records);
    let stream = TlvStream::parse(&written).expect("what was written in order is a stream");
    let read: Vec<_> =
        stream.records().map(|record| (record.number, record.value.to_vec())).collect();
    assert_eq!(read, records);
    tlv_stream(&written);
}

/// Any bytes as records of ascending types: for each, one byte that says by how many bits its type
/// is above the last, one byte of length, the value.
pub(crate) fn records(data: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut rest = data;
    let mut number = 0_u64;
    let mut records = Vec::new();
    while let [step, len, tail @ ..] = rest {
        let Some(next) = number.checked_add(1 << (step % 64)) else { break };
        let (value, tail) = tail.split_at_checked(usize::from(*len)).unwrap_or((tail, &[]));
        number = next;
        rest = tail;
        records.push((number, value.to_vec()));
    }
    records
}

fn integers(number: u64, value: &[u8]) {
    let mut buffer = [0; 9];
    let mut writer = Writer::new(&mut buffer);
    writer.truncated(number).expect("a truncated integer fits nine bytes");
    assert_eq!(Reader::new(writer.written()).tu64(), Ok(number));
    assert_eq!(Reader::new(writer.written()).tu32().ok(), u32::try_from(number).ok());
    assert_eq!(Reader::new(writer.written()).tu16().ok(), u16::try_from(number).ok());

    let read = Reader::new(value).tu64();
    let minimal = value.len() <= 8 && value.first() != Some(&0);
    assert_eq!(read.is_ok(), minimal);
    if let Ok(read) = read {
        let naive = value.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        assert_eq!(read, naive);
    }
}

fn ranges(stream: &TlvStream<'_>, records: &[(u64, Vec<u8>)]) {
    let Some((middle, _)) = records.get(records.len() / 2) else { return };
    for (first, last) in [(0, *middle), (*middle, u64::MAX), (*middle, *middle), (1, 0)] {
        let inside: Vec<_> =
            records.iter().filter(|(number, _)| (first..=last).contains(number)).cloned().collect();
        assert_eq!(stream.range(first, last).bytes(), write(&inside));
    }
}

/// Records as a TLV stream.
pub(crate) fn write(records: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let size = records.iter().map(|(_, value)| value.len() + 18).sum();
    let mut buffer = vec![0; size];
    let mut writer = Writer::new(&mut buffer);
    for (number, value) in records {
        writer.record(*number, value).expect("two integers take at most 18 bytes");
    }
    writer.finish().to_vec()
}

type NaiveStream = Result<Vec<(u64, Vec<u8>)>, (usize, Malformed)>;

pub(crate) fn naive_stream(data: &[u8]) -> NaiveStream {
    let mut records = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let start = at;
        let number = naive_bigsize(data, &mut at)?;
        let len = naive_bigsize(data, &mut at)?;
        if len > (data.len() - at) as u64 {
            return Err((at, Malformed::Truncated));
        }
        let end = at + len as usize;
        let value = data[at..end].to_vec();
        at = end;
        if records.last().is_some_and(|(last, _)| number <= *last) {
            return Err((start, Malformed::OutOfOrder));
        }
        records.push((number, value));
    }
    Ok(records)
}

fn naive_bigsize(data: &[u8], at: &mut usize) -> Result<u64, (usize, Malformed)> {
    let start = *at;
    let Some(&first) = data.get(start) else { return Err((start, Malformed::Truncated)) };
    let digits = match first {
        0xff => 8,
        0xfe => 4,
        0xfd => 2,
        _ => {
            *at = start + 1;
            return Ok(first.into());
        }
    };
    if data.len() < start + 1 + digits {
        return Err((start + 1, Malformed::Truncated));
    }
    let value =
        data[start + 1..start + 1 + digits].iter().fold(0, |sum, &d| sum << 8 | u64::from(d));
    let shorter_would_do = match digits {
        2 => value < 0xfd,
        4 => value <= 0xffff,
        _ => value <= 0xffff_ffff,
    };
    if shorter_would_do {
        return Err((start, Malformed::NotMinimal));
    }
    *at = start + 1 + digits;
    Ok(value)
}
