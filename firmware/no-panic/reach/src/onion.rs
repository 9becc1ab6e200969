use core::fmt::{Debug, Display};
use core::ptr::drop_in_place;

use countersign_onion::{
    Build, BuildError, ContentType, Forward, Ignored, Message, OnionMessage, Packet, Payload,
    PayloadsLen, PaymentError, PaymentPayload, Peel,
};
use countersign_tlv::Full;

/// `countersign-onion`.
pub fn onion() {
    build();
    error();
    forward();
    message();
    packet();
    payload();
    payment();
    peel();
}

fn build() {
    crate::keep([
        Build::new as *const (),
        Build::begin as *const (),
        Build::layer as *const (),
        Build::work as *const (),
        Build::chunk as *const (),
        Build::build_into as *const (),
        Build::wipe as *const (),
        <Build as Debug>::fmt as *const (),
    ]);
}

fn error() {
    crate::keep([
        <Ignored as Display>::fmt as *const (),
        <BuildError as Display>::fmt as *const (),
        <PaymentError as Display>::fmt as *const (),
    ]);
}

fn forward() {
    crate::keep([
        Forward::header as *const (),
        Forward::chunk as *const (),
        Forward::tail as *const (),
        Forward::finish as *const (),
        <Forward as Debug>::fmt as *const (),
    ]);
}

fn message() {
    crate::keep([
        ContentType::new as *const (),
        ContentType::number as *const (),
        ContentType::is_even as *const (),
        Message::parse as *const (),
        Message::parse_forward as *const (),
    ]);
}

fn packet() {
    crate::keep([
        PayloadsLen::new as *const (),
        PayloadsLen::of_packet as *const (),
        PayloadsLen::smallest_for as *const (),
        PayloadsLen::get as *const (),
        PayloadsLen::packet_len as *const (),
        Packet::parse as *const (),
        OnionMessage::parse as *const (),
        OnionMessage::write_header as *const (),
    ]);
}

fn payload() {
    crate::keep([
        Payload::len as *const (),
        Payload::layer_len as *const (),
        Payload::write as *const (),
    ]);
}

fn payment() {
    crate::keep([PaymentPayload::parse as *const (), PaymentPayload::write as *const ()]);
}

fn peel() {
    crate::keep([
        Peel::new as *const (),
        Peel::begin as *const (),
        Peel::chunk as *const (),
        Peel::finish as *const (),
        Peel::payload as *const (),
        Peel::free as *const (),
        Peel::free_mut as *const (),
        compose as *const (),
        Peel::forward as *const (),
        Peel::wipe as *const (),
        drop_in_place::<Peel> as *const (),
        <Peel as Debug>::fmt as *const (),
    ]);
}

fn compose(peel: &mut Peel, front: &[u8], len: usize) -> Result<(), Full> {
    Peel::compose(peel, front.len(), len, |writer, _| writer.bytes(front))
}
