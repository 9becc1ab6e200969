use countersign_offers::InvoiceError;
use countersign_offers::invoice_error::Form;
use countersign_tlv::{TlvStream, Writer};

/// Bytes are an error in at most one form; the same error in the other form reads the same; and what
/// is written reads back (R-IE-01, R-IE-03).
pub fn invoice_error(data: &[u8]) {
    let parsed = InvoiceError::parse(data);
    let with_length = {
        let mut buffer = vec![0; data.len() + 9];
        let mut writer = Writer::new(&mut buffer);
        writer.bigsize(data.len() as u64).expect("a BigSize takes at most 9 bytes");
        writer.bytes(data).expect("the rest is for the data");
        writer.finish().to_vec()
    };
    if let Ok((error, Form::Specification)) = parsed {
        assert_eq!(InvoiceError::parse(&with_length), Ok((error, Form::Ldk)));
    }
    let Ok((error, form)) = parsed else { return };

    // Unknown odd records are not kept, so the bytes are the same only without them.
    let stream = TlvStream::parse(data).ok().filter(|_| form == Form::Specification);
    let is_known = |number| matches!(number, 1 | 3 | 5);
    let all_known = stream.is_some_and(|it| it.records().all(|record| is_known(record.number)));
    for form in [Form::Specification, Form::Ldk] {
        let mut buffer = vec![0; data.len() + 9];
        let mut writer = Writer::new(&mut buffer);
        error.write(form, &mut writer).expect("it was read from no more bytes");
        assert_eq!(InvoiceError::parse(writer.written()), Ok((error, form)));
        if all_known && form == Form::Specification {
            assert_eq!(writer.written(), data);
        }
    }
}
