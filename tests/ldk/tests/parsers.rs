//! Parsers: the same verdict, the same bytes, the same meaning as LDK 0.2.7.

use countersign_ldk_tests::comparison::{messages, texts};
use countersign_ldk_tests::corpus::Kind;
use countersign_ldk_tests::{ldk, ours};

#[test]
fn offers_are_read_as_ldk_reads_them() {
    messages(Kind::Offer, ldk::offer, ours::offer);
}

#[test]
fn texts_of_offers_are_read_as_ldk_reads_them() {
    texts(Kind::OfferText, "lno", ldk::offer_text, ours::offer_text);
}

#[test]
fn invoice_requests_are_read_as_ldk_reads_them() {
    messages(Kind::Request, ldk::request, ours::request);
}

#[test]
fn refunds_are_read_as_ldk_reads_them() {
    messages(Kind::Refund, ldk::refund, ours::refund);
}

#[test]
fn texts_of_refunds_are_read_as_ldk_reads_them() {
    texts(Kind::RefundText, "lnr", ldk::refund_text, ours::refund_text);
}

#[test]
fn invoices_are_read_as_ldk_reads_them() {
    messages(Kind::Invoice, ldk::invoice, ours::invoice);
}

#[test]
fn invoice_errors_are_read_as_ldk_reads_them() {
    messages(Kind::InvoiceError, ldk::invoice_error, ours::invoice_error);
}
