use core::future::{Future, ready};

use bitcoin::secp256k1::PublicKey;

use crate::{Destination, Onion};

/// Whatever answers the onion messages that are addressed to the merchant.
///
/// The bridge asks one question at a time. An implementation that lost its board waits for it, or
/// answers with silence: the bridge's queue is bounded either way.
pub trait Device: Send + 'static {
    /// Answers one onion message.
    fn answer(&mut self, onion: &Onion) -> impl Future<Output = Outcome> + Send;

    /// Whether the merchant has decided since an answer was [`Outcome::Later`], and the device is back
    /// since one was [`Outcome::Unheard`], as far as anybody knows. Asked about once a second, and only
    /// while something waits.
    fn has_merchant_decided(&mut self) -> impl Future<Output = bool> + Send {
        ready(true)
    }

    /// What was handed over before this program began, and may have an outcome that nobody knows:
    /// it is answered before anything else.
    fn left_over(&mut self) -> impl Future<Output = Vec<Onion>> + Send {
        ready(Vec::new())
    }

    /// An onion that was to be put to the device again is not.
    fn given_up(&mut self, _onion: &Onion) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// What a device does about an onion message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing, for one of many reasons that nobody is told.
    Silence,
    /// The merchant is being asked, about this request or about one before it: the same onion is put
    /// to the device again once they have decided.
    Later,
    /// The device was lost, and nobody knows what it has said: the same onion is put to it again once
    /// it is back, however long that takes.
    Unheard,
    /// An onion to send on: a reply along the request's reply path, or the rest of a path that
    /// leads through the device.
    Send(Box<Outgoing>),
}

/// An onion with the node that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The first node of its path: a reply path's introduction node.
    pub destination: Destination,
    /// What that node gets.
    pub onion: Onion,
}

/// How the network addresses the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceAddress {
    /// The node id that offers' paths end at.
    pub node_id: PublicKey,
    /// The short channel id that stands for it in compact paths: known to the bridge alone.
    pub virtual_channel: Option<u64>,
}
