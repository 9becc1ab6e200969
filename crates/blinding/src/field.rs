use core::fmt;

/// A record of an `encrypted_data_tlv` that BOLT 4 gives a meaning to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Makes all hops equally long.
    Padding,
    /// The channel over which to go on.
    ShortChannelId,
    /// The node to go on to.
    NextNodeId,
    /// What the path's creator recognises it by.
    PathId,
    /// The path key to hand on in place of the computed one.
    NextPathKeyOverride,
    /// What a payment pays the hop.
    PaymentRelay,
    /// What payments the hop lets through.
    PaymentConstraints,
    /// Features that what is sent may use.
    AllowedFeatures,
}

impl Field {
    /// The type's number. Every number is written here and nowhere else.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Padding => 1,
            Self::ShortChannelId => 2,
            Self::NextNodeId => 4,
            Self::PathId => 6,
            Self::NextPathKeyOverride => 8,
            Self::PaymentRelay => 10,
            Self::PaymentConstraints => 12,
            Self::AllowedFeatures => 14,
        }
    }

    /// The field of that number.
    #[must_use]
    pub fn of(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.number() == number)
    }

    /// Every field, in the order in which records ascend.
    pub const ALL: [Self; 8] = [
        Self::Padding,
        Self::ShortChannelId,
        Self::NextNodeId,
        Self::PathId,
        Self::NextPathKeyOverride,
        Self::PaymentRelay,
        Self::PaymentConstraints,
        Self::AllowedFeatures,
    ];
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Padding => "padding",
            Self::ShortChannelId => "short_channel_id",
            Self::NextNodeId => "next_node_id",
            Self::PathId => "path_id",
            Self::NextPathKeyOverride => "next_path_key_override",
            Self::PaymentRelay => "payment_relay",
            Self::PaymentConstraints => "payment_constraints",
            Self::AllowedFeatures => "allowed_features",
        })
    }
}
