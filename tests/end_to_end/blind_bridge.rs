//! P6: at default settings the host sees ciphertext, an amount and a payment hash. Every byte on the
//! link, every line of the log and the whole database are searched for what it must not see.

use countersign_end_to_end::{Ldk, Opening, RecordedLine, Shop, verified};
use countersign_tlv::TlvStream;

const NOTE: &str = "leave it with the neighbour";
const DESCRIPTION: &str = "a coffee without sugar";

// BOLT 12's numbers for what only payer and merchant know.
const INVREQ_METADATA: u64 = 0;
const INVREQ_PAYER_ID: u64 = 88;
const INVREQ_PAYER_NOTE: u64 = 89;
const INVOICE_PAYMENT_HASH: u64 = 168;
const SIGNATURE: u64 = 240;

#[test]
fn what_a_payer_says_and_gets_is_nowhere_on_the_host() {
    for ldk in Ldk::ALL {
        let mut shop = Shop::prepare(Opening::default());
        let path = shop.usual_path();
        let offer = shop.merchant.offer(&["--description", DESCRIPTION, "--path", &path]);
        let line = RecordedLine::to(&shop.merchant.device);
        // The record of offers has the merchant's own offer; that of invoices is a fresh one.
        let record = shop.folder().join("invoices.sqlite");
        shop.start_bridge_at(&line.address, &["--records", record.to_str().unwrap()]);
        let answers = shop.ask(ldk, &offer, &["--amount-msat", "1234", "--note", NOTE]);
        let invoice = hex::decode(verified(&answers)["invoice_hex"].as_str().unwrap()).unwrap();
        let invoice = TlvStream::parse(&invoice).unwrap();
        let value = |number| invoice.find(number).unwrap().value;

        let mut seen = line.everything();
        seen.push(shop.bridge_log().into_bytes());
        for file in ["invoices.sqlite", "invoices.sqlite-wal"] {
            seen.extend(std::fs::read(shop.folder().join(file)));
        }
        assert_eq!(value(INVREQ_PAYER_NOTE), NOTE.as_bytes());
        for number in [INVREQ_METADATA, INVREQ_PAYER_ID, INVREQ_PAYER_NOTE, SIGNATURE] {
            for place in &seen {
                assert!(!contains(place, value(number)), "record {number} was seen by the host");
            }
        }
        assert!(seen.iter().all(|place| !contains(place, DESCRIPTION.as_bytes())));
        // The search works: what the host does learn is found on the link, in the log and on disk.
        let hash = value(INVOICE_PAYMENT_HASH);
        let places = seen.iter().filter(|place| contains(place, hash)).count();
        assert!(places >= 2, "the payment hash was found in {places} places");
    }
}

/// Whether bytes occur, as they are or in hexadecimal.
fn contains(place: &[u8], wanted: &[u8]) -> bool {
    let hexadecimal = hex::encode(wanted);
    let has = |wanted: &[u8]| place.windows(wanted.len()).any(|window| window == wanted);
    has(wanted) || has(hexadecimal.as_bytes())
}
