use countersign_link::{Code, ResetReason};

/// Something that the log is told: a state or a code. There is no room in it for a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The application started.
    Started(ResetReason),
    /// The random source passed its tests, and the cryptography its own.
    SelfTested,
    /// The device is out of order.
    Refusing(Code),
    /// A host said hello.
    Greeted,
    /// A host hung up.
    HungUp,
    /// A prompt waits for a button.
    Asked,
    /// The merchant pressed a button.
    Pressed,
    /// A request ended with an error.
    Failed(Code),
    /// An item was written to flash.
    Stored,
    /// An item could not be written to flash.
    StoreFailed,
    /// Flash was wiped.
    Erased,
}

impl Event {
    /// What happened, for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::SelfTested => "self-tested",
            Self::Refusing(_) => "refusing",
            Self::Greeted => "greeted",
            Self::HungUp => "hung up",
            Self::Asked => "asked",
            Self::Pressed => "pressed",
            Self::Failed(_) => "failed",
            Self::Stored => "stored",
            Self::StoreFailed => "store failed",
            Self::Erased => "erased",
        }
    }

    /// The error's number or the reset's reason; zero where there is neither.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Started(ResetReason::PowerOn)
            | Self::SelfTested
            | Self::Greeted
            | Self::HungUp
            | Self::Asked
            | Self::Pressed
            | Self::Stored
            | Self::StoreFailed
            | Self::Erased => 0,
            Self::Started(ResetReason::Requested) => 1,
            Self::Started(ResetReason::Watchdog) => 2,
            Self::Started(ResetReason::Fault) => 3,
            Self::Refusing(Code(number)) | Self::Failed(Code(number)) => number,
        }
    }
}
