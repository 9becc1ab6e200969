//! Where we differ from LDK 0.2.7, and the sentence of the specification that decides it.

use crate::corpus::Kind;
use crate::records::Records;

/// Whose verdict is the stricter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stricter {
    /// LDK accepts what we reject.
    Ours,
    /// We accept what LDK rejects.
    Ldk,
}

/// One known difference.
#[derive(Debug)]
pub struct Deviation {
    /// The requirement, as the project numbers them.
    pub rule: &'static str,
    /// The sentence of the specification that decides it, or why we go beyond it.
    pub sentence: &'static str,
    /// Whose verdict is the stricter one.
    pub stricter: Stricter,
    /// The messages that it is about.
    pub kinds: &'static [Kind],
    /// Whether it is about these records.
    pub holds: fn(&Records) -> bool,
}

/// Every known difference.
pub const DEVIATIONS: &[Deviation] = &[];
