use countersign_policy::Rule;

/// What to change when that rule of the merchant's has refused: on the device, at the node, or in
/// what was asked. A name with `=` is one for `countersign device rules set`.
pub(crate) const fn on_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Network => "use what is for this device's network: `countersign device info` says it",
        Rule::OffersAllowed => "make a new offer, or set offers-allowed=2 to answer every epoch's",
        Rule::OfferRevoked => "make a new offer: a revoked one stays revoked",
        Rule::OfferExpired => "make a new offer, with a later --expires",
        Rule::WithoutOffer => "set without-offer=1 to be asked about the refunds of others",
        Rule::Quantity => "ask for fewer items, or set a larger quantity=",
        Rule::PayerNote => "set payer-note=1 to be asked about notes, or 2 to take them",
        Rule::PayerNoteLength => "set a larger payer-note-length=",
        Rule::Underpaid => "the payer has to offer the price at least",
        Rule::Overpaid => "set a larger overpaid=, in percent of the price",
        Rule::LargestUnattended => "press the button, or set a larger largest-unattended=",
        Rule::LargestAtAll => "set a larger largest-at-all=",
        Rule::ZeroAmount => "name an amount above zero",
        Rule::Currency => "set the currency= that your offers name, with rate=",
        Rule::Rate => "set rate= to what the currency is worth",
        Rule::RateTolerance => "set rate= to what it is now, or a larger rate-tolerance=",
        Rule::RateAge => "set rate= anew, or a larger rate-age=",
        Rule::RateSetAt => "set rate=: the device writes this by itself",
        Rule::Conversion => "price the offer in bitcoin, or in a smaller amount of the currency",
        Rule::PaidWindow | Rule::PaidWindowPeriod | Rule::PaidWindowAction => {
            "wait, set a larger paid-window=, or set paid-window-action=1 to be asked"
        }
        Rule::UnpaidWindow | Rule::UnpaidWindowPeriod => "set a larger unpaid-window=",
        Rule::Recipient => {
            "`countersign device pair recipient NODE` says where money ends: pair with the node \
             that this bridge asks"
        }
        Rule::IntroductionNode => {
            "list the node that the path starts at with `countersign device pair introduction \
             NODE...`, all of them at once"
        }
        Rule::FeeBase => "find a peer with a smaller base fee, or set a larger fee-base=",
        Rule::FeeProportional => "find a cheaper peer, or set a larger fee-proportional=",
        Rule::FeeShare => "find a cheaper path, or set a larger fee-share=",
        Rule::CltvDelta => "find a path with a smaller CLTV delta, or set a larger cltv-delta=",
        Rule::HtlcMinimum => "find a channel that takes HTLCs as small as this amount",
        Rule::HtlcMaximum => {
            "get more inbound capacity, or take large payments in several parts with multipart=1"
        }
        Rule::Paths => "offer a path, and no more of them than paths= says",
        Rule::Hops => "offer a shorter path, or set a larger hops=",
        Rule::Multipart => {
            "get a channel with more inbound capacity, or set multipart=1: each part shows a path \
             key"
        }
        Rule::OneHopPath => "have the path start at a peer of the node, and not at the node itself",
        Rule::ClockBack | Rule::ClockAhead | Rule::ClockUnset => {
            "set this computer's clock, then run `countersign device time` and press the button"
        }
        Rule::Release => "set release= to the evidence that the node gives: 1 with LDK",
        Rule::ReleaseEvidence => "nothing: this evidence is not of that invoice",
        Rule::ReleaseAmount => "nothing: too little or too much has arrived, and goes back",
        Rule::LargestPayout => "offer less, or set a larger largest-payout=",
        Rule::Payout => "press the button",
        Rule::Disclosure => "set disclosure=1 for a record of what is issued",
        Rule::Prompts => "read it on the device, or set prompts=1 where it has no screen",
    }
}

#[cfg(test)]
mod tests {
    use countersign_link::{Code, ErrorReply};
    use countersign_policy::Rule;

    use super::on_rule;
    use crate::Error;

    #[test]
    fn every_rule_that_refuses_says_what_to_change() {
        for rule in Rule::ALL {
            let code = Code::policy(rule.number());
            let said = Error::Refused(ErrorReply { code, field: None, offset: None }).to_string();
            assert!(said.starts_with(&format!("{rule} refused: ")), "{said}");
            assert!(said.ends_with(on_rule(rule)), "{said}");
        }
    }

    #[test]
    fn what_is_to_be_set_can_be_set() {
        for rule in Rule::ALL {
            let words = on_rule(rule).split([' ', ',', ':']);
            for named in words.filter_map(|word| word.split_once('=')).map(|(name, _)| name) {
                let set = Rule::ALL.into_iter().find(|other| other.name() == named);
                assert!(set.is_some_and(|set| set.unit().is_some()), "{rule}: {named}");
            }
        }
    }

    #[test]
    fn a_rule_that_can_be_set_is_named_by_its_own_advice_or_by_one_that_goes_with_it() {
        let others = [Rule::PaidWindowPeriod, Rule::UnpaidWindowPeriod, Rule::RateSetAt];
        let by_pairing = [Rule::IntroductionNode, Rule::ClockBack, Rule::ClockAhead];
        for rule in Rule::ALL.into_iter().filter(|rule| rule.unit().is_some()) {
            let is_named = on_rule(rule).contains(&format!("{}=", rule.name()));
            let is_exempt = others.contains(&rule) || by_pairing.contains(&rule);
            assert_ne!(is_named, is_exempt, "{rule}");
        }
    }
}
