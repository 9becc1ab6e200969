use core::fmt::{Debug, Display, Write};
use core::hint::black_box;

use countersign_offers::text::{self, BadText, Case, Prefix, TextError};
use countersign_offers::{
    Amount, Authentic, Bip353Name, Chains, CheckedInvoice, CheckedRefund, CheckedRequest, Currency,
    Excerpt, Fallbacks, Features, Field, Invalid, Invoice, InvoiceError, InvoiceFields,
    InvoiceRequest, InvoiceRequestFields, InvoiceWriter, MerkleRoot, MerkleTree, NotOurs, Offer,
    OfferKeys, OfferTerms, OurRequest, PayableOffer, PayerProof, Refund, RefundTerms, Rejected,
    RequestTerms, SignedInvoice, Suspended, UnsignedInvoice, Untrusted, Unwritable, capacity,
};

/// `countersign-offers`.
pub fn offers() {
    amount();
    bip353();
    capacity();
    chain();
    error();
    escape();
    features();
    field();
    invoice();
    invoice_error();
    invoice_fallback();
    invoice_fields();
    invoice_request();
    invoice_request_contents();
    invoice_request_suspended();
    invoice_request_writer();
    invoice_writer();
    keys();
    merkle();
    offer();
    offer_writer();
    payer_proof();
    refund();
    refund_writer();
    text();
    walked();
}

fn amount() {
    crate::keep([
        Amount::is_zero as *const (),
        Amount::times as *const (),
        Currency::new as *const (),
        Currency::code as *const (),
        <Currency as Display>::fmt as *const (),
        <Currency as Debug>::fmt as *const (),
    ]);
}

fn bip353() {
    crate::keep([Bip353Name::parse as *const (), <Bip353Name<'_> as Display>::fmt as *const ()]);
}

fn capacity() {
    crate::keep([capacity::holds_reply_path as *const ()]);
}

fn chain() {
    crate::keep([
        Chains::iter as *const (),
        Chains::contains as *const (),
        Chains::is_empty as *const (),
    ]);
}

fn error() {
    crate::keep([
        Invalid::field as *const (),
        <Invalid as Display>::fmt as *const (),
        <Rejected as Display>::fmt as *const (),
        <Unwritable as Display>::fmt as *const (),
    ]);
}

fn escape() {
    crate::keep([
        Untrusted::new as *const (),
        Untrusted::is_empty as *const (),
        Untrusted::len as *const (),
        Untrusted::is_plain as *const (),
        Untrusted::excerpt as *const (),
        <Untrusted<'_> as Display>::fmt as *const (),
        <Untrusted<'_> as Debug>::fmt as *const (),
        <Excerpt<'_> as Display>::fmt as *const (),
        <Excerpt<'_> as Debug>::fmt as *const (),
    ]);
}

fn features() {
    crate::keep([
        Features::new as *const (),
        Features::bytes as *const (),
        Features::bits as *const (),
        Features::has as *const (),
        Features::requires_other_than as *const (),
    ]);
}

fn field() {
    crate::keep([
        Field::number as *const (),
        Field::name as *const (),
        Field::is_of_offer as *const (),
        Field::is_of_invoice_request as *const (),
        Field::is_of_invoice as *const (),
        Field::is_of_payer_proof as *const (),
        Field::is_signature as *const (),
        <Field as Display>::fmt as *const (),
        <Field as Debug>::fmt as *const (),
    ]);
}

fn invoice() {
    crate::keep([
        Invoice::parse as *const (),
        Invoice::parse_bounded as *const (),
        Invoice::records as *const (),
        Invoice::offer as *const (),
        Invoice::request as *const (),
        Invoice::is_for_refund as *const (),
        Invoice::metadata as *const (),
        Invoice::payer_id as *const (),
        Invoice::fields as *const (),
        Invoice::signature as *const (),
        Invoice::usable_paths as *const (),
        Invoice::verify_signature as *const (),
        Authentic::check as *const (),
        CheckedInvoice::invoice as *const (),
    ]);
}

fn invoice_error() {
    crate::keep([InvoiceError::parse as *const (), InvoiceError::write as *const ()]);
}

fn invoice_fallback() {
    crate::keep([
        Fallbacks::parse as *const (),
        Fallbacks::iter as *const (),
        Fallbacks::usable as *const (),
    ]);
}

fn invoice_fields() {
    crate::keep([InvoiceFields::expiry as *const ()]);
}

fn invoice_request() {
    crate::keep([
        InvoiceRequest::parse as *const (),
        InvoiceRequest::parse_bounded as *const (),
        InvoiceRequest::records as *const (),
        InvoiceRequest::offer as *const (),
        InvoiceRequest::fields as *const (),
        InvoiceRequest::metadata as *const (),
        InvoiceRequest::payer_id as *const (),
        InvoiceRequest::signature as *const (),
        InvoiceRequest::verify_signature as *const (),
        OurRequest::request as *const (),
        OurRequest::nonce as *const (),
        OurRequest::check as *const (),
        CheckedRequest::request as *const (),
        CheckedRequest::nonce as *const (),
        CheckedRequest::price as *const (),
        CheckedRequest::answerable as *const (),
    ]);
}

fn invoice_request_contents() {
    crate::keep([InvoiceRequestFields::chain as *const ()]);
}

fn invoice_request_suspended() {
    crate::keep([
        CheckedRequest::suspend as *const (),
        CheckedRefund::suspend as *const (),
        Suspended::digest as *const (),
        Suspended::price as *const (),
        Suspended::amount as *const (),
        Suspended::signing_key as *const (),
        Suspended::resume as *const (),
        Suspended::mirrored as *const (),
    ]);
}

fn invoice_request_writer() {
    crate::keep([RequestTerms::write as *const ()]);
}

fn invoice_writer() {
    crate::keep([
        InvoiceWriter::new as *const (),
        InvoiceWriter::resume as *const (),
        InvoiceWriter::len as *const (),
        InvoiceWriter::paths as *const (),
        InvoiceWriter::finish as *const (),
        UnsignedInvoice::sign as *const (),
        SignedInvoice::segments as *const (),
        SignedInvoice::own_range as *const (),
        SignedInvoice::total_len as *const (),
        SignedInvoice::write as *const (),
    ]);
}

fn keys() {
    crate::keep([
        OfferKeys::new as *const (),
        OfferKeys::path_id as *const (),
        OfferKeys::open_path_id as *const (),
        OfferKeys::issue as *const (),
        OfferKeys::recognise as *const (),
        <NotOurs as Display>::fmt as *const (),
    ]);
}

fn merkle() {
    crate::keep([
        MerkleTree::new as *const (),
        MerkleTree::push as *const (),
        MerkleTree::extend as *const (),
        MerkleTree::root as *const (),
        <MerkleTree as Default>::default as *const (),
        MerkleRoot::of as *const (),
        MerkleRoot::of_parts as *const (),
        MerkleRoot::digest as *const (),
    ]);
}

fn offer() {
    crate::keep([
        Offer::parse as *const (),
        Offer::records as *const (),
        Offer::fields as *const (),
        Offer::check as *const (),
        PayableOffer::offer as *const (),
    ]);
}

fn offer_writer() {
    crate::keep([OfferTerms::write as *const ()]);
}

fn payer_proof() {
    crate::keep([
        PayerProof::parse as *const (),
        PayerProof::records as *const (),
        PayerProof::fields as *const (),
        PayerProof::invoice_root as *const (),
    ]);
}

fn refund() {
    crate::keep([
        Refund::parse as *const (),
        Refund::parse_bounded as *const (),
        Refund::records as *const (),
        Refund::offer as *const (),
        Refund::fields as *const (),
        Refund::description as *const (),
        Refund::amount as *const (),
        Refund::metadata as *const (),
        Refund::payer_id as *const (),
        Refund::check as *const (),
        CheckedRefund::refund as *const (),
        CheckedRefund::answerable as *const (),
    ]);
}

fn refund_writer() {
    crate::keep([RefundTerms::write as *const ()]);
}

fn text() {
    crate::keep([
        Prefix::text as *const (),
        text::decode as *const (),
        text::encoded_len as *const (),
        <BadText as Display>::fmt as *const (),
        <TextError as Display>::fmt as *const (),
    ]);
}

fn walked() {
    crate::keep([
        Authentic::<InvoiceRequest<'_>>::message as *const (),
        Authentic::<Invoice<'_>>::message as *const (),
        encode_text as *const (),
        walk_chains as *const (),
        walk_features as *const (),
        walk_fallbacks as *const (),
        walk_usable_paths as *const (),
    ]);
}

fn encode_text(prefix: Prefix, case: Case, message: &[u8], out: &mut dyn Write) {
    let mut out = out;
    black_box(text::encode(prefix, case, message, &mut out).is_ok());
}

fn walk_chains(chains: &Chains<'_>) {
    crate::walk(chains.iter());
}

fn walk_features(features: &Features<'_>) {
    crate::walk(features.bits());
}

fn walk_fallbacks(fallbacks: &Fallbacks<'_>) {
    crate::walk(fallbacks.iter());
    crate::walk(fallbacks.usable());
}

fn walk_usable_paths(invoice: &Invoice<'_>) {
    crate::walk(invoice.usable_paths());
}
