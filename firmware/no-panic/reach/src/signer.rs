use core::fmt::{Debug, Display};
use core::hint::black_box;

use countersign_signer::build::{commit, version};
use countersign_signer::conversation::{Conversation, next_look};
use countersign_signer::{
    About, Counters, Desk, Device, OfferId, Payouts, Scratch, Settings, Unreadable,
};

/// `countersign-signer`.
pub fn signer() {
    build();
    conversation();
    counters();
    device();
    settings();
    store();
    prompts();
}

fn build() {
    crate::keep([version as *const (), commit as *const ()]);
}

fn conversation() {
    crate::keep([
        Conversation::origin as *const (),
        Conversation::heard as *const (),
        Conversation::is_occupied as *const (),
        Conversation::due as *const (),
        next_look as *const (),
    ]);
}

fn counters() {
    crate::keep([
        Counters::next_invoice as *const (),
        Counters::released as *const (),
        Counters::latest_time as *const (),
        Counters::count_release as *const (),
        Counters::must_be_stored as *const (),
        Counters::write as *const (),
        Counters::stored as *const (),
        Counters::count_invoice as *const (),
        Counters::parse as *const (),
    ]);
}

fn device() {
    crate::keep([
        Desk::new as *const (),
        Scratch::new as *const (),
        <Scratch as Debug>::fmt as *const (),
        Device::boot as *const (),
        Device::unread as *const (),
        Device::read as *const (),
        Device::handle as *const (),
        About::hello as *const (),
        Device::created_text as *const (),
        Device::hang_up as *const (),
    ]);
}

fn settings() {
    crate::keep([
        OfferId::of as *const (),
        Settings::is_revoked as *const (),
        Settings::write as *const (),
        Settings::parse as *const (),
        Payouts::write as *const (),
        Payouts::parse as *const (),
    ]);
}

fn store() {
    crate::keep([<Unreadable as Display>::fmt as *const ()]);
}

fn prompts() {
    crate::keep([show_prompt as *const ()]);
}

fn show_prompt(device: &Device<'_>) {
    // What a line shows is formatted through addresses that it holds: they escape with it.
    device.prompt(&mut |line| {
        black_box(line);
    });
}
