//! What is measured: the steps from a request's bytes to a reply's, and how some of them grow.

use countersign_bench_steps::Task;

/// One thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Peeling our layer of a packet of one of the two sizes.
    Peel(Size),
    /// Parsing an `invoice_request` and verifying its signature.
    Request,
    /// Deriving the offer's key again from the request's records.
    OfferCheck,
    /// Blinding a payment path of two hops.
    PaymentPath,
    /// Peeling the recipient's layer of a payment onion that came over a blinded path, and opening
    /// what the path holds for them.
    PaymentOnion,
    /// Recognising a payment by its path key, and handing out its preimage. LDK derives a preimage
    /// or is given one; nobody has to show it anything for that.
    Claim,
    /// Writing an invoice, signing it, and verifying the signature.
    Invoice,
    /// Building the onion of a reply of one of the two sizes.
    Reply(Size),
    /// All of it, from the bytes of a request to the bytes of a reply.
    Whole(Size),
    /// Peeling a big packet whose payload holds this many bytes.
    Payload(usize),
    /// Building a big packet of this many layers.
    Layers(usize),
    /// Parsing and verifying a request with this many records that nobody knows.
    Records(usize),
}

/// The two sizes of a packet that BOLT 4 recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// 1,366 bytes, of which 1,300 are payloads.
    Small,
    /// 32,834 bytes, of which 32,768 are payloads.
    Big,
}

impl Step {
    /// The steps of the table, in its order.
    pub(crate) const TABLE: [Self; 12] = [
        Self::Peel(Size::Small),
        Self::Peel(Size::Big),
        Self::Request,
        Self::OfferCheck,
        Self::PaymentPath,
        Self::PaymentOnion,
        Self::Claim,
        Self::Invoice,
        Self::Reply(Size::Small),
        Self::Reply(Size::Big),
        Self::Whole(Size::Small),
        Self::Whole(Size::Big),
    ];

    /// The tables of growth.
    pub(crate) const GROWTH: [(&'static str, &'static [Self]); 3] = [
        (
            "peeling a 32,834-byte packet, by the bytes of its payload",
            &[
                Self::Payload(2_000),
                Self::Payload(4_000),
                Self::Payload(6_000),
                Self::Payload(8_000),
            ],
        ),
        (
            "building a 32,834-byte reply, by its layers",
            &[Self::Layers(2), Self::Layers(3), Self::Layers(4), Self::Layers(6), Self::Layers(8)],
        ),
        (
            "parsing and verifying a request, by its records beyond the usual",
            &[Self::Records(0), Self::Records(10), Self::Records(25), Self::Records(50)],
        ),
    ];

    /// Its name in the table and in JSON.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Peel(size) => format!("peel-{}", size.payloads()),
            Self::Request => "request".into(),
            Self::OfferCheck => "offer-check".into(),
            Self::PaymentPath => "payment-path".into(),
            Self::PaymentOnion => "payment-onion".into(),
            Self::Claim => "claim".into(),
            Self::Invoice => "invoice".into(),
            Self::Reply(size) => format!("reply-{}", size.packet()),
            Self::Whole(Size::Small) => "whole-small".into(),
            Self::Whole(Size::Big) => "whole".into(),
            Self::Payload(bytes) => format!("payload-{bytes}"),
            Self::Layers(layers) => format!("layers-{layers}"),
            Self::Records(records) => format!("records-{records}"),
        }
    }

    /// What is done in it by either side; `None` for what only a whole device does.
    pub(crate) const fn task(self) -> Option<Task> {
        Some(match self {
            Self::Claim => return None,
            Self::Peel(_) | Self::Payload(_) => Task::Peel,
            Self::Request | Self::Records(_) => Task::Request,
            Self::OfferCheck => Task::OfferCheck,
            Self::PaymentPath => Task::PaymentPath,
            Self::PaymentOnion => Task::PaymentOnion,
            Self::Invoice => Task::Invoice,
            Self::Reply(_) | Self::Layers(_) => Task::Reply,
            Self::Whole(_) => Task::Whole,
        })
    }

    /// The step of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let growth = Self::GROWTH.iter().flat_map(|(_, steps)| steps.iter());
        Self::TABLE.iter().chain(growth).copied().find(|step| step.name() == name)
    }

    /// The reference case that it is a step of: the big one, unless the step says otherwise.
    pub(crate) const fn size(self) -> Size {
        match self {
            Self::Peel(size) | Self::Reply(size) | Self::Whole(size) => size,
            Self::PaymentOnion => Size::Small,
            _ => Size::Big,
        }
    }
}

impl Size {
    /// The bytes of a whole packet.
    pub(crate) const fn packet(self) -> usize {
        self.payloads() + 66
    }

    /// The bytes of its payloads.
    pub(crate) const fn payloads(self) -> usize {
        match self {
            Self::Small => 1_300,
            Self::Big => 32_768,
        }
    }

    /// The layers of the reply in the reference case of this size.
    pub(crate) const fn layers(self) -> usize {
        match self {
            Self::Small => 2,
            Self::Big => 4,
        }
    }

    /// The bytes of the message in a packet that is peeled by itself.
    pub(crate) const fn message(self) -> usize {
        match self {
            Self::Small => 900,
            Self::Big => 1_500,
        }
    }
}
