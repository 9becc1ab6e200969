//! What the protocol needs for each step: the table behind the floor.

use countersign_ldk_tests::payment::{AMOUNT, HEIGHT};
use countersign_ldk_tests::records::{Records, bigsize};
use lightning::blinded_path::message::BlindedMessagePath;
use lightning::util::ser::Writeable;

use crate::case::{reply_path, with_records};
use crate::claim;
use crate::floor::Work;
use crate::ldk::Merchant;
use crate::step::{Size, Step};

/// Bytes of Poly1305's tag.
const TAG: usize = 16;
/// Bytes of the HMAC after every payload in a packet.
const HMAC: usize = 32;

/// What a step needs, counted on the bytes that LDK's merchant sees and writes: ours differ by the
/// few bytes of what each side keeps in its own paths.
pub(crate) fn of(step: Step) -> Work {
    let merchant = Merchant::new(step.size());
    let request = &merchant.case.request;
    match step {
        Step::Peel(size) => peel_parcel(size, size.message()),
        Step::Payload(payload) => peel_parcel(Size::Big, payload),
        Step::Request => Work::verify(&lengths(request)),
        Step::Records(more) => Work::verify(&lengths(&with_records(request, more))),
        Step::OfferCheck => Work::offer_check(offer_bytes(request)),
        Step::PaymentPath => Work::path(&merchant.payment_path_lengths()),
        Step::PaymentOnion => payment_onion(&merchant),
        Step::Claim => Work::claim(bytes(claim::receipt_len())),
        Step::Invoice => Work::sign(&lengths(&merchant.invoice_bytes())),
        Step::Reply(size) => reply(&merchant, size, size.layers()),
        Step::Layers(layers) => reply(&merchant, Size::Big, layers),
        Step::Whole(size) => whole(&merchant, size),
    }
}

fn whole(merchant: &Merchant, size: Size) -> Work {
    let request = &merchant.case.request;
    let way_back = merchant.case.reply_path.encode().len();
    let data = merchant.case.data;
    let payload = record(2, way_back) + record(4, data) + record(64, request.len());
    Work::peel(bytes(size.payloads()), bytes(layer(payload)), bytes(data - TAG))
        .and(Work::verify(&lengths(request)))
        .and(Work::offer_check(offer_bytes(request)))
        .and(Work::path(&merchant.payment_path_lengths()))
        .and(sign_around(request, &merchant.invoice_bytes()))
        .and(reply(merchant, size, size.layers()))
}

/// Signing an invoice whose request was hashed already: its records are the first of the invoice's.
fn sign_around(request: &[u8], invoice: &[u8]) -> Work {
    let (request, invoice) = (lengths(request), lengths(invoice));
    let own = invoice.strip_prefix(&request[..]).expect("the request's records, and then its own");
    Work::sign_on(request.len(), own)
}

fn payment_onion(merchant: &Merchant) -> Work {
    let data = merchant.payment_path_lengths().pop().expect("a hop");
    // Amount, expiry and total, as short as they go.
    let numbers =
        record(2, tu64(AMOUNT)) + record(4, tu64(HEIGHT.into())) + record(18, tu64(AMOUNT));
    let sealed = usize::try_from(data).expect("short") + TAG;
    Work::peel_payment(bytes(layer(numbers + record(10, sealed))), data)
}

/// The bytes of an integer without its leading zeros.
fn tu64(number: u64) -> usize {
    number.to_be_bytes().iter().skip_while(|byte| **byte == 0).count()
}

fn peel_parcel(size: Size, message: usize) -> Work {
    let payload = record(4, TAG) + record(77, message);
    Work::peel(bytes(size.payloads()), bytes(layer(payload)), 0)
}

fn reply(merchant: &Merchant, size: Size, layers: usize) -> Work {
    let invoice = record(66, merchant.invoice_bytes().len());
    let path = reply_path(size, layers);
    let layers: Vec<u64> = data_lengths(&path)
        .enumerate()
        .map(|(hop, data)| record(4, data) + if hop + 1 == layers { invoice } else { 0 })
        .map(|payload| bytes(layer(payload)))
        .collect();
    Work::build(bytes(size.payloads()), &layers)
}

fn data_lengths(path: &BlindedMessagePath) -> impl Iterator<Item = usize> + '_ {
    path.blinded_hops().iter().map(|hop| hop.encrypted_payload.len())
}

/// The bytes of a layer whose payload has this many.
fn layer(payload: usize) -> usize {
    bigsize(bytes(payload)).len() + payload + HMAC
}

/// The bytes of a record whose value has this many.
fn record(number: u64, value: usize) -> usize {
    bigsize(number).len() + bigsize(bytes(value)).len() + value
}

/// The bytes of each record that a signature covers.
fn lengths(message: &[u8]) -> Vec<u64> {
    let records = Records::split(message).expect("a message").0;
    let signed = records.iter().filter(|record| !(240..=1000).contains(&record.number));
    signed.map(|record| bytes(record.encode().len())).collect()
}

/// The bytes of the offer's records in a request.
fn offer_bytes(request: &[u8]) -> u64 {
    bytes(Records::split(request).expect("a request").range(1..=79).encode().len())
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).expect("a length fits 64 bits")
}
