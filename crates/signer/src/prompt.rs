use core::fmt::{self, Write as _};

use countersign_blinding::{BlindedPaths, Introduction};
use countersign_link::{Code, MAX_CHUNK, Packer, PromptLine, Reply, Source};
use countersign_offers::{Amount, Currency, QuantityMax, Untrusted};
use countersign_policy::{Change, PromptScreen, Rule, Unit};
use countersign_tlv::Reader;
use countersign_units::{Msat, UnixTime};

use crate::Output;
use crate::capacity::SHOWN_CHARACTERS;
use crate::device::{Condition, Device, Scratch, Screen};
use crate::input::Failure;
use crate::offer::Draft;
use crate::refund::Owed;
use crate::settings::{OfferId, changes};
use crate::task::{Matter, Origin, Pending, Task};
use crate::text::Text;

/// One line of a prompt.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub text: fmt::Arguments<'a>,
    /// Who says it: a stranger's words are escaped, and are not to be believed.
    pub source: Source,
}

/// Where lines go. A trait object, so that an image has what words a prompt once, and not once for
/// each screen.
struct Lines<'s>(&'s mut dyn FnMut(Line<'_>));

impl Lines<'_> {
    /// A line of the device's own words.
    fn own(&mut self, label: &'static str, text: fmt::Arguments<'_>) {
        (self.0)(Line { label, text, source: Source::Device });
    }

    /// A line of somebody's words, escaped and cut to what a screen can show.
    fn quoted(&mut self, label: &'static str, text: &str) {
        self.excerpt(label, Untrusted::new(text));
    }

    fn excerpt(&mut self, label: &'static str, text: Untrusted<'_>) {
        let text = text.excerpt(SHOWN_CHARACTERS);
        (self.0)(Line { label, text: format_args!("{text}"), source: Source::Stranger });
    }

    fn bytes(&mut self, label: &'static str, bytes: &[u8]) {
        self.own(label, format_args!("{}", Hex(bytes)));
    }
}

impl Device<'_> {
    /// Hands the lines of the prompt that waits for a button to `show`, in their order. They are
    /// made from the very value that is acted upon when the merchant says yes.
    pub fn prompt(&self, show: &mut dyn FnMut(Line<'_>)) {
        let Task::Asking { matter, .. } = &self.task else { return };
        let lines = &mut Lines(show);
        match matter {
            Matter::Generate { network, .. } => {
                lines.own("Make a new seed", format_args!("for {network:?}"));
            }
            Matter::Words { mnemonic, network } => {
                lines.own("Write these words down", format_args!("for {network:?}"));
                for (at, word) in (1..=24_u8).zip(mnemonic.expose_words()) {
                    lines.own("Word", format_args!("{at} {}", word.expose()));
                }
            }
            Matter::Import { seed } => {
                lines.own("Take over a seed", format_args!("for {:?}", seed.network()));
            }
            Matter::Wipe => lines.own("Forget everything", format_args!("the words bring it back")),
            Matter::Settings | Matter::Rules => self.show_settings(lines),
            Matter::Revoke { offer, .. } => lines.bytes("Revoke the offer", offer),
            Matter::RevokeEpoch => {
                lines.own("Revoke every offer", format_args!("made up to now"));
            }
            Matter::Offer(draft) => {
                show_price(draft, lines);
                self.show_draft(draft, lines);
            }
            Matter::Refund(draft) => {
                if let Some(Amount::Bitcoin(amount)) = draft.amount {
                    lines.own("Offer to pay, once", format_args!("{}", Sats(amount)));
                }
                self.show_draft(draft, lines);
            }
            Matter::Payout(owed) => self.show_payout(owed, lines),
            Matter::Invoice(pending) if pending.origin == Origin::Refund => {
                self.show_withdrawal(pending, lines);
            }
            Matter::Invoice(pending) => self.show_invoice(pending, lines),
            Matter::Time(UnixTime(time)) => {
                lines.own("Set the time", format_args!("{time} s since 1970"));
            }
            Matter::BridgeKey => {
                lines.own("Pair with this host", format_args!("it gets the bridge's network key"));
            }
            Matter::Restore(counters) => {
                lines.own("Restore a backup", format_args!("settings and counters"));
                lines.own("Invoices counted", format_args!("{}", counters.next_invoice()));
                self.show_settings(lines);
            }
        }
    }

    fn show_settings(&self, lines: &mut Lines<'_>) {
        let Condition::Ready(merchant) = &self.condition else { return };
        let Some(settings) = self.desk.sheet.wanted() else { return };
        let current = &merchant.settings;
        for Change { rule, old, new } in changes(current, settings) {
            let (old, new) = (Setting(rule, old), Setting(rule, new));
            lines.own(rule.name(), format_args!("{old} -> {new}"));
        }
        if settings.epoch != current.epoch {
            lines.own("Revoke every offer", format_args!("made up to now"));
        }
        for OfferId(offer) in &settings.revoked {
            if !current.is_revoked(OfferId(*offer)) {
                lines.bytes("Revoke the offer", offer);
            }
        }
        for OfferId(offer) in &current.revoked {
            if !settings.is_revoked(OfferId(*offer)) && settings.epoch == current.epoch {
                lines.bytes("Answer again the offer", offer);
            }
        }
        if settings.recipient != current.recipient {
            match settings.recipient {
                Some(recipient) => lines.bytes("Payments go to", &recipient.serialize()),
                None => lines.own("Payments go to", format_args!("nobody")),
            }
        }
        if settings.receive_auth_key != current.receive_auth_key {
            match &settings.receive_auth_key {
                Some(key) => lines.bytes("Receive-auth key", key),
                None => lines.own("Receive-auth key", format_args!("none")),
            }
        }
        if settings.introduction_nodes != current.introduction_nodes {
            if settings.introduction_nodes.is_empty() {
                lines.own("Payments may enter at", format_args!("no listed node"));
            }
            for node in &settings.introduction_nodes {
                lines.bytes("Payments may enter at", node);
            }
        }
    }

    fn show_draft(&self, draft: &Draft, lines: &mut Lines<'_>) {
        if let Some(description) = &draft.description {
            lines.quoted("Description", description);
        }
        if let Some(issuer) = &draft.issuer {
            lines.quoted("Issuer", issuer);
        }
        match draft.quantity_max {
            QuantityMax::One => {}
            QuantityMax::Limited(most) => lines.own("Items", format_args!("up to {most}")),
            QuantityMax::Unlimited => lines.own("Items", format_args!("any number")),
        }
        if let Some(UnixTime(expiry)) = draft.absolute_expiry {
            lines.own("Expires", format_args!("{expiry} s since 1970"));
        }
        let paths = self.desk.peel.free().get(..draft.paths_len()).unwrap_or(&[]);
        let Ok(paths) = BlindedPaths::frame(&mut Reader::new(paths)) else { return };
        for path in paths.iter() {
            match path.introduction() {
                Introduction::NodeId(node) => lines.bytes("Reached through", node),
                Introduction::ShortChannelId { id, .. } => {
                    lines.own("Reached through", format_args!("channel {}", id.0));
                }
            }
        }
    }

    fn show_invoice(&self, pending: &Pending, lines: &mut Lines<'_>) {
        let price = pending.request.price();
        lines.own("Sign an invoice", format_args!("{}", Sats(price.amount)));
        match price.expected {
            Some(expected) => lines.own("The offer asks for", format_args!("{}", Sats(expected))),
            None => lines.own("The offer asks for", format_args!("any amount")),
        }
        lines.own("Items", format_args!("{}", price.quantity));
        lines.bytes("Offer", &pending.offer);
        let payload = self.desk.peel.payload().unwrap_or(&[]);
        let request = payload.get(pending.bytes.clone()).unwrap_or(&[]);
        let Ok(request) = countersign_offers::InvoiceRequest::parse_bounded(request) else {
            return;
        };
        if let Some(Amount::Currency { currency, amount }) = request.offer().amount {
            lines.own("For one item", format_args!("{}", Fiat(currency, amount)));
        }
        if let Some(description) = request.offer().description {
            let text = description.excerpt(SHOWN_CHARACTERS);
            lines.own("Description", format_args!("{text}"));
        }
        if let Some(note) = request.fields().payer_note {
            lines.excerpt("The payer writes", note);
        }
    }

    /// Everything but the amount is in a stranger's words.
    fn show_withdrawal(&self, pending: &Pending, lines: &mut Lines<'_>) {
        lines.own("Take the money", format_args!("{}", Sats(pending.request.amount())));
        let payload = self.desk.peel.payload().unwrap_or(&[]);
        let request = payload.get(pending.bytes.clone()).unwrap_or(&[]);
        let Ok(refund) = countersign_offers::Refund::parse_bounded(request) else { return };
        lines.excerpt("For", refund.description());
        if let Some(issuer) = refund.offer().issuer {
            lines.excerpt("The payer calls itself", issuer);
        }
        if let Some(note) = refund.fields().payer_note {
            lines.excerpt("The payer writes", note);
        }
    }

    /// Whose `invoice_node_id` it is, only the merchant can know (R-RF-13).
    fn show_payout(&self, owed: &Owed, lines: &mut Lines<'_>) {
        lines.own("Pay", format_args!("{}", Sats(owed.amount)));
        let payload = self.desk.peel.payload().unwrap_or(&[]);
        let invoice = payload.get(owed.bytes.clone()).unwrap_or(&[]);
        let Ok(invoice) = countersign_offers::Invoice::parse_bounded(invoice) else { return };
        if let Some(description) = invoice.offer().description {
            lines.own("For", format_args!("{}", description.excerpt(SHOWN_CHARACTERS)));
        }
        lines.bytes("To the node", &invoice.fields().node_id.serialize());
        lines.bytes("Payment hash", &owed.payment_hash);
    }

    /// Gives a prompt's lines to the host, if the merchant trusts its screen.
    #[inline(never)]
    pub(crate) fn prompt_for_host<'o>(
        &self,
        id: u32,
        prompt: u32,
        from: u8,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        // Of a prompt that was left with the merchant there are no lines any more.
        let is_shown = matches!(&self.task, Task::Asking { prompt: shown, .. } if *shown == prompt);
        if !is_shown && !self.questions.is_open(prompt) {
            return Err(Code::NOT_FOUND.into());
        }
        let is_trusted = match &self.condition {
            Condition::Ready(merchant) => {
                merchant.settings.rules.limits().prompts == PromptScreen::HostTerminal
            }
            Condition::Unprovisioned | Condition::WipeNeeded(_) => {
                self.about.screen == Screen::None
            }
        };
        if !is_trusted {
            return Err(Code::NOT_DISCLOSED.into());
        }
        // The host asks for what finds no room in one reply.
        let (list, texts) = scratch.0.split_at_mut_checked(MAX_CHUNK).ok_or(Code::INTERNAL)?;
        let mut list = Packer::new(list);
        // What is left to write texts into; `None` once a line has found no room.
        let mut texts = Some(texts);
        let mut number = 0_u8;
        self.prompt(&mut |line| {
            let is_wanted = number >= from;
            number = number.saturating_add(1);
            if let Some(space) = texts.take_if(|_| is_wanted) {
                texts = push_line(&mut list, &line, space);
            }
        });
        Ok(Output::Reply { id, reply: Reply::Prompt(list.finish()) })
    }
}

fn show_price(draft: &Draft, lines: &mut Lines<'_>) {
    match draft.amount {
        None => lines.own("Make an offer", format_args!("for any amount")),
        Some(Amount::Bitcoin(amount)) => {
            lines.own("Make an offer", format_args!("for {}", Sats(amount)));
        }
        Some(Amount::Currency { currency, amount }) => {
            lines.own("Make an offer", format_args!("for {}", Fiat(currency, amount)));
        }
    }
}

/// Appends `line` to `list`, its text being written into `space`, and returns what is left of that;
/// `None` when there is no room for the line.
fn push_line<'t>(
    list: &mut Packer<'_, PromptLine<'t>>,
    line: &Line<'_>,
    space: &'t mut [u8],
) -> Option<&'t mut [u8]> {
    let mut text = Text::new(space);
    text.write_fmt(line.text).ok()?;
    let (text, rest) = text.finish()?;
    list.push(&PromptLine { label: line.label, text, source: line.source })?;
    Some(rest)
}

/// An amount in satoshi, with the thousandths that it has.
struct Sats(Msat);

impl fmt::Display for Sats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let msat = self.0.get();
        let (sats, rest) = (msat.div_euclid(1_000), msat.rem_euclid(1_000));
        if rest == 0 { write!(f, "{sats} sat") } else { write!(f, "{sats}.{rest:03} sat") }
    }
}

/// An amount of a currency, from its minor units.
struct Fiat(Currency, u64);

impl fmt::Display for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(currency, minor_units) = self;
        let judged = countersign_policy::Currency::new(*currency.code());
        let places = judged.map_or(0, countersign_policy::Currency::exponent);
        let unit = 10_u64.checked_pow(places.into()).unwrap_or(1);
        let (whole, rest) = (
            minor_units.checked_div(unit).unwrap_or(0),
            minor_units.checked_rem(unit).unwrap_or(0),
        );
        match places {
            0 => write!(f, "{whole} {currency}"),
            3 => write!(f, "{whole}.{rest:03} {currency}"),
            4 => write!(f, "{whole}.{rest:04} {currency}"),
            _ => write!(f, "{whole}.{rest:02} {currency}"),
        }
    }
}

/// Bytes as hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is set for a rule.
struct Setting(Rule, Option<u64>);

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(rule, value) = self;
        let Some(value) = value else { return f.write_str("off") };
        write!(f, "{value}")?;
        f.write_str(match rule.unit() {
            None | Some(Unit::Choice | Unit::Count) => "",
            Some(Unit::Msat) => " msat",
            Some(Unit::Bytes) => " bytes",
            Some(Unit::Seconds) => " s",
            Some(Unit::Moment) => " s since 1970",
            Some(Unit::PerCent) => " %",
            Some(Unit::PerMillion) => " millionths",
            Some(Unit::Blocks) => " blocks",
            Some(Unit::Letters) => " (letters)",
            Some(Unit::MsatPerMillion) => " msat a million",
        })
    }
}
