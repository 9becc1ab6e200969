use core::fmt::{Debug, Display};

use countersign_units::wide::{product, quotient, quotient_up};
use countersign_units::{Msat, Seconds, UnixTime};

/// `countersign-units`.
pub fn units() {
    crate::keep([
        Msat::new as *const (),
        Msat::get as *const (),
        Msat::is_zero as *const (),
        Msat::plus as *const (),
        Msat::minus as *const (),
        Msat::times as *const (),
        <Msat as Display>::fmt as *const (),
        <Msat as Debug>::fmt as *const (),
        UnixTime::after as *const (),
        UnixTime::since as *const (),
        <UnixTime as Debug>::fmt as *const (),
        <Seconds as Debug>::fmt as *const (),
        product as *const (),
        quotient as *const (),
        quotient_up as *const (),
    ]);
}
