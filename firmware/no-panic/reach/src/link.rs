use core::fmt::{Debug, Display};

use countersign_link::{
    Assembler, AssemblyError, BodyError, Bytes, Code, EncodeError, Frame, FrameDecoder,
    FrameEncoder, FrameError, LogRecord, Malformed, MessageHop, NodeId, OfferEntry, Packed, Packer,
    PaymentHop, PromptLine, Reply, Request, RuleChange, RuleValue, Secret, Urgent,
};
use serde::Deserialize;

/// `countersign-link`.
pub fn link() {
    assembler();
    bytes();
    code();
    decoder();
    encoder();
    frame();
    message();
    packed();
    messages();
    lists();
}

fn assembler() {
    crate::keep([
        <AssemblyError as Display>::fmt as *const (),
        Assembler::new as *const (),
        Assembler::received as *const (),
        Assembler::missing as *const (),
        Assembler::place as *const (),
        Assembler::finish as *const (),
    ]);
}

fn bytes() {
    crate::keep([
        Secret::new as *const (),
        Secret::reveal as *const (),
        <Secret<'_> as Debug>::fmt as *const (),
    ]);
}

fn code() {
    crate::keep([
        Code::policy as *const (),
        Code::rule as *const (),
        Code::meaning as *const (),
        <Code as Display>::fmt as *const (),
    ]);
}

fn decoder() {
    crate::keep([
        <FrameDecoder as Default>::default as *const (),
        FrameDecoder::new as *const (),
        FrameDecoder::short as *const (),
        <FrameDecoder>::next as *const (),
        <FrameDecoder>::reset as *const (),
        <FrameDecoder as Debug>::fmt as *const (),
    ]);
}

fn encoder() {
    crate::keep([
        <EncodeError as Display>::fmt as *const (),
        <FrameEncoder as Default>::default as *const (),
        FrameEncoder::new as *const (),
        FrameEncoder::short as *const (),
        <FrameEncoder>::buffer_mut as *const (),
        <FrameEncoder as Debug>::fmt as *const (),
    ]);
}

fn frame() {
    crate::keep([<FrameError as Display>::fmt as *const ()]);
}

fn message() {
    crate::keep([<BodyError as Display>::fmt as *const ()]);
}

fn packed() {
    crate::keep([<Malformed as Display>::fmt as *const ()]);
}

fn messages() {
    crate::keep([
        <FrameEncoder>::encode::<Request<'_>> as *const (),
        <FrameEncoder>::encode::<Reply<'_>> as *const (),
        Frame::message::<Request<'_>> as *const (),
        Frame::message::<Reply<'_>> as *const (),
        Frame::message::<Urgent> as *const (),
        <Bytes<32> as Debug>::fmt as *const (),
        Request::is_aside as *const (),
        Request::leaves_open as *const (),
    ]);
}

fn lists() {
    crate::keep([
        walk_packed::<NodeId> as *const (),
        walk_packed::<MessageHop> as *const (),
        walk_packed::<PaymentHop> as *const (),
        walk_packed::<RuleValue> as *const (),
        walk_packed::<OfferEntry> as *const (),
        walk_packed::<LogRecord> as *const (),
        walk_packed::<RuleChange> as *const (),
        walk_packed::<PromptLine<'_>> as *const (),
        Packed::<NodeId>::empty as *const (),
        Packer::<OfferEntry>::new as *const (),
        Packer::<OfferEntry>::push as *const (),
        Packer::<OfferEntry>::finish as *const (),
        Packer::<LogRecord>::push as *const (),
        Packer::<RuleChange>::push as *const (),
        Packer::<PromptLine<'_>>::push as *const (),
    ]);
}

fn walk_packed<'a, T: Deserialize<'a>>(list: &Packed<'a, T>) {
    crate::walk(list.iter());
}
