use core::fmt::Display;
use core::hint::black_box;
use core::iter::Copied;
use core::slice::Iter;

use countersign_blinding::{
    BlindedHop, BlindedPath, BlindedPaths, BlindedPayInfo, BlindedPayInfos, CreateError,
    EncryptedDataTlv, Field, Hop, Invalid, LastHop, Padding, PathError, PaymentConstraints,
    PaymentPath, PaymentRelay, Purpose, Route, Start, Unblinding, UnknownRecords,
};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_tlv::{Reader, Writer};

/// `countersign-blinding`.
pub fn blinding() {
    create();
    field();
    open();
    path();
    payinfo();
    payment();
    recipient();
    relay();
    walked();
}

fn create() {
    crate::keep([
        Hop::plain as *const (),
        LastHop::path_key as *const (),
        LastHop::into_secret as *const (),
        <CreateError as Display>::fmt as *const (),
    ]);
}

fn field() {
    crate::keep([
        Field::number as *const (),
        Field::of as *const (),
        <Field as Display>::fmt as *const (),
    ]);
}

fn open() {
    crate::keep([
        Unblinding::new as *const (),
        Unblinding::blinded_key as *const (),
        Unblinding::open as *const (),
        Unblinding::decrypt as *const (),
        Unblinding::next_path_key as *const (),
    ]);
}

fn path() {
    crate::keep([
        BlindedPath::parse as *const (),
        BlindedPath::encoded as *const (),
        BlindedPath::introduction as *const (),
        BlindedPath::first_path_key as *const (),
        BlindedPath::num_hops as *const (),
        BlindedPath::hops as *const (),
        BlindedPath::write_head as *const (),
        BlindedHop::write as *const (),
        BlindedPaths::parse as *const (),
        BlindedPaths::frame as *const (),
        BlindedPaths::encoded as *const (),
        BlindedPaths::len as *const (),
        BlindedPaths::is_empty as *const (),
        BlindedPaths::iter as *const (),
    ]);
}

fn payinfo() {
    crate::keep([
        BlindedPayInfo::parse as *const (),
        BlindedPayInfo::write as *const (),
        BlindedPayInfos::parse as *const (),
        BlindedPayInfos::encoded as *const (),
        BlindedPayInfos::len as *const (),
        BlindedPayInfos::is_empty as *const (),
        BlindedPayInfos::iter as *const (),
    ]);
}

fn payment() {
    crate::keep([
        PaymentPath::payinfo as *const (),
        PaymentPath::htlc_minimum as *const (),
        PaymentPath::hops as *const (),
        <PathError as Display>::fmt as *const (),
    ]);
}

fn recipient() {
    crate::keep([
        EncryptedDataTlv::parse as *const (),
        EncryptedDataTlv::parse_foreign_recipient as *const (),
        EncryptedDataTlv::next_hop as *const (),
        EncryptedDataTlv::has as *const (),
        EncryptedDataTlv::len as *const (),
        EncryptedDataTlv::is_empty as *const (),
        EncryptedDataTlv::write as *const (),
        UnknownRecords::of as *const (),
        UnknownRecords::iter as *const (),
        <Invalid as Display>::fmt as *const (),
    ]);
}

fn relay() {
    crate::keep([
        PaymentRelay::fee as *const (),
        PaymentRelay::amount_to_forward as *const (),
        PaymentRelay::outgoing_cltv_value as *const (),
        PaymentConstraints::allow as *const (),
        PaymentConstraints::in_front as *const (),
    ]);
}

fn walked() {
    crate::keep([
        Route::<Copied<Iter<'_, Hop<'_>>>>::blind as *const (),
        blind_for_payment as *const (),
        find_last_hop as *const (),
        parse_path_with as *const (),
        walk_path as *const (),
        walk_paths as *const (),
        walk_payinfos as *const (),
        walk_records as *const (),
    ]);
}

fn blind_for_payment(
    path: &PaymentPath<'_>,
    start: Start,
    curve: &Curve<'_>,
    session_key: &Secret<32>,
    writer: &mut Writer<'_>,
) -> Option<LastHop> {
    let hops = path.hops().ok()?;
    let (purpose, padding) = black_box((Purpose::Payment, Padding::Equal));
    let route = Route { purpose, start, hops, dummy_hops: black_box(0), padding };
    route.blind(curve, session_key, writer).ok()
}

fn find_last_hop(curve: &Curve<'_>, session_key: &Secret<32>, nodes: &[PublicKey]) {
    black_box(LastHop::find(curve, session_key, nodes.iter().copied()).is_ok());
}

fn parse_path_with(reader: &mut Reader<'_>) {
    let path = BlindedPath::parse_with(reader, |key| {
        black_box(key);
    });
    black_box(path.is_ok());
}

fn walk_path(path: &BlindedPath<'_>) {
    crate::walk(path.hops());
}

fn walk_paths(paths: &BlindedPaths<'_>) {
    crate::walk(paths.iter());
}

fn walk_payinfos(payinfos: &BlindedPayInfos<'_>) {
    crate::walk(payinfos.iter());
}

fn walk_records(records: &UnknownRecords<'_>) {
    crate::walk(records.iter());
}
