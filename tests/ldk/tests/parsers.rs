//! Parsers: the same verdict, the same bytes, the same meaning.

use countersign_ldk_tests::corpus::{Corpus, Kind, seed};
use countersign_ldk_tests::ldk;

#[test]
fn rates() {
    for (kind, judge) in [
        (Kind::Offer, ldk::offer as fn(&[u8]) -> _),
        (Kind::Request, ldk::request),
        (Kind::Refund, ldk::refund),
        (Kind::Invoice, ldk::invoice),
        (Kind::InvoiceError, ldk::invoice_error),
    ] {
        let mut corpus = Corpus::new(seed());
        let n = 10_000;
        let t = std::time::Instant::now();
        let ok = (0..n).filter(|_| judge(&corpus.case(kind)).is_accepted()).count();
        let valid = (0..n).filter(|_| judge(&corpus.valid(kind).encode()).is_accepted()).count();
        println!("{kind:?} {ok} {valid} {:?}", t.elapsed());
        let mut why = std::collections::BTreeMap::new();
        for _ in 0..n {
            if let countersign_ldk_tests::verdict::Verdict::Rejected(w) =
                judge(&corpus.valid(kind).encode())
            {
                *why.entry(w).or_insert(0) += 1;
            }
        }
        println!("{why:?}");
    }
}
