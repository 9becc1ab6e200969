use countersign_blinding::{BlindedPayInfo, ForwardingNode};
use countersign_offers::capacity::INVOICE_PATHS;
use countersign_onion::Build;
use heapless::Vec;

use crate::capacity::PATH_HOPS;
use crate::task::Matter;
use crate::vault::End;
use crate::{Payouts, Settings};

/// What the device works with beside the request: one thing at a time, in the same memory.
#[expect(clippy::large_enum_variant, reason = "there is one, in static memory, and no heap")]
pub(crate) enum Sheet {
    Blank,
    /// What was ours in an onion message, and is being judged.
    Opened(Matter),
    /// The payment paths of the invoice that is being written.
    Paths(Paths),
    /// The answer's onion.
    Onion(Build),
    /// The settings that are before the merchant, or on their way to flash.
    Wanted(Settings),
    /// The table of refunds that is on its way to flash.
    Payouts(Payouts),
}

impl Sheet {
    pub(crate) const fn paths(&mut self) -> Option<&mut Paths> {
        if let Self::Paths(paths) = self { Some(paths) } else { None }
    }

    pub(crate) const fn onion(&mut self) -> Option<&mut Build> {
        if let Self::Onion(build) = self { Some(build) } else { None }
    }

    pub(crate) const fn wanted(&self) -> Option<&Settings> {
        if let Self::Wanted(settings) = self { Some(settings) } else { None }
    }

    pub(crate) const fn payouts(&self) -> Option<&Payouts> {
        if let Self::Payouts(table) = self { Some(table) } else { None }
    }

    /// Takes the sheet away, and leaves a blank one.
    pub(crate) const fn take(&mut self) -> Self {
        core::mem::replace(self, Self::Blank)
    }
}

/// What a payment over each path of an invoice shows.
pub(crate) type Ends = Vec<End, INVOICE_PATHS>;

/// The payment paths that there are so far.
#[derive(Debug)]
pub(crate) struct Paths {
    /// The hops of the path whose recipient is still to come.
    pub(crate) forwarding: Vec<ForwardingNode, PATH_HOPS>,
    pub(crate) payinfos: Vec<BlindedPayInfo<'static>, INVOICE_PATHS>,
    pub(crate) ends: Ends,
    /// How much of the memory behind the request is in use.
    pub(crate) written: usize,
    /// A digest of all that the host has said about them: the keys of each path depend on it, so
    /// that no key ever seals two different paths.
    pub(crate) heard: [u8; 32],
}

impl Paths {
    pub(crate) const fn new() -> Self {
        Self {
            forwarding: Vec::new(),
            payinfos: Vec::new(),
            ends: Vec::new(),
            written: 0,
            heard: [0; 32],
        }
    }
}
