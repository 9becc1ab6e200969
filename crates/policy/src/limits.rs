//! What a merchant can set, with the defaults that hold until they do.

use countersign_units::{Msat, Seconds, UnixTime};

/// Everything a merchant can set. [`Rules`](crate::Rules) is one that makes sense as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Which offers are answered, and what a request for one may carry.
    pub offers: OfferLimits,
    /// How much.
    pub amounts: AmountLimits,
    /// Prices in a currency other than bitcoin.
    pub fiat: FiatLimits,
    /// How much in a period.
    pub windows: WindowLimits,
    /// Payment paths.
    pub paths: PathLimits,
    /// What the host may say the time is.
    pub clock: ClockLimits,
    /// For which evidence a preimage is released ([`Rule::Release`](crate::Rule::Release)).
    pub release: ReleaseRule,
    /// What the bridge is told ([`Rule::Disclosure`](crate::Rule::Disclosure)).
    pub disclosure: Disclosure,
    /// Where prompts may be read ([`Rule::Prompts`](crate::Rule::Prompts)).
    pub prompts: PromptScreen,
}

// The parts of the limits are `Copy`, so that a clone of all of them is a copy of memory, which an
// image has once already.

/// Which offers are answered, and what a request for one may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferLimits {
    /// Rule 2.
    pub allowed: OffersAllowed,
    /// Rule 5.
    pub without_offer: WithoutOffer,
    /// Rule 6; `None` is no limit but that of the offer.
    pub quantity: Option<u64>,
    /// Rule 7.
    pub payer_note: NoteRule,
    /// Rule 8, in bytes.
    pub payer_note_length: u16,
}

impl Default for OfferLimits {
    fn default() -> Self {
        Self {
            allowed: OffersAllowed::CurrentEpoch,
            without_offer: WithoutOffer::Ask,
            quantity: None,
            payer_note: NoteRule::Allow,
            payer_note_length: 512,
        }
    }
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountLimits {
    /// Rule 11: percent of the price; `None` is no limit.
    pub overpaid_percent: Option<u32>,
    /// Rule 12.
    pub largest_unattended: Msat,
    /// Rule 13.
    pub largest_at_all: Msat,
    /// Rule 80.
    pub largest_payout: Msat,
}

/// 0.01 bitcoin, in msat.
const CENTIBITCOIN: u64 = 1_000_000_000;

const fn centibitcoins(count: u64) -> Msat {
    match Msat::new(CENTIBITCOIN.saturating_mul(count)) {
        Some(amount) => amount,
        None => Msat::MAX,
    }
}

impl Default for AmountLimits {
    fn default() -> Self {
        Self {
            overpaid_percent: Some(200),
            largest_unattended: centibitcoins(1),
            largest_at_all: centibitcoins(10),
            largest_payout: centibitcoins(1),
        }
    }
}

/// Prices in a currency other than bitcoin: the host names a rate for each request, and the
/// merchant's own bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiatLimits {
    /// Rule 20; `None` refuses every offer that names a currency.
    pub currency: Option<Currency>,
    /// Rule 21: msat for a million of the currency's major units.
    pub msat_per_million: u64,
    /// Rule 22, in millionths of the merchant's rate, both ways.
    pub tolerance_ppm: u32,
    /// Rule 23.
    pub max_age: Seconds,
    /// Rule 24; written by [`Proposal::new`](crate::Proposal::new), not by the host.
    pub set_at: UnixTime,
}

impl Default for FiatLimits {
    fn default() -> Self {
        Self {
            currency: None,
            msat_per_million: 0,
            tolerance_ppm: 200_000,
            max_age: Seconds(30 * 86_400),
            set_at: UnixTime(0),
        }
    }
}

/// An ISO 4217 alphabetic code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Takes three letters A to Z.
    #[must_use]
    pub fn new(letters: [u8; 3]) -> Option<Self> {
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// The three letters.
    #[must_use]
    pub const fn letters(self) -> [u8; 3] {
        self.0
    }
}

/// How much in a period. Both windows are off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowLimits {
    /// Rules 30 and 31: msat received; `None` is off.
    pub paid: Window,
    /// Rule 32.
    pub when_paid_full: WhenFull,
    /// Rules 33 and 34: invoices signed and not yet paid; only ever raises an alarm.
    pub unpaid: Window,
}

impl Default for WindowLimits {
    fn default() -> Self {
        Self {
            paid: Window { most: None, period: Seconds(86_400) },
            when_paid_full: WhenFull::Ask,
            unpaid: Window { most: None, period: Seconds(3_600) },
        }
    }
}

/// So much in so long, as a rate: what has been counted drains evenly, `most` in one `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The most that is in the window at once; `None` switches it off.
    pub most: Option<u64>,
    /// How long a full window takes to drain.
    pub period: Seconds,
}

/// Payment paths that the host proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLimits {
    /// Rule 41.
    pub introduction_nodes: IntroductionNodes,
    /// Rule 42.
    pub fee_base: Msat,
    /// Rule 43, in millionths of the amount.
    pub fee_proportional_ppm: u32,
    /// Rule 44, in millionths of the amount; `None` is no limit.
    pub fee_share_ppm: Option<u32>,
    /// Rule 45, in blocks.
    pub cltv_delta: u16,
    /// Rule 48, at most 4.
    pub count: u8,
    /// Rule 49, at most 8; the recipient is a hop.
    pub hops: u8,
    /// Rule 50.
    pub multipart: Multipart,
}

impl PathLimits {
    /// The most payment paths that an invoice of ours can hold.
    pub const MAX_COUNT: u8 = 4;
    /// The most hops that a payment path of ours can hold.
    pub const MAX_HOPS: u8 = 8;
}

impl Default for PathLimits {
    fn default() -> Self {
        Self {
            introduction_nodes: IntroductionNodes::Listed,
            fee_base: Msat::new(10_000).unwrap_or(Msat::ZERO),
            fee_proportional_ppm: 50_000,
            fee_share_ppm: None,
            cltv_delta: 504,
            count: Self::MAX_COUNT,
            hops: Self::MAX_HOPS,
            multipart: Multipart::Refuse,
        }
    }
}

/// What the host may say the time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockLimits {
    /// Rule 60.
    pub back: Seconds,
    /// Rule 61.
    pub ahead: Seconds,
}

impl Default for ClockLimits {
    fn default() -> Self {
        Self { back: Seconds(600), ahead: Seconds(86_400) }
    }
}

/// A setting that is one of a few, numbered from the strictest.
pub(crate) trait Choice: Copy + PartialEq + Sized + 'static {
    /// Every choice; its place is its stable number.
    const ALL: &'static [Self];

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    fn number(self) -> Option<u64> {
        let place = Self::ALL.iter().position(|choice| *choice == self)?;
        u64::try_from(place).ok()
    }
}

/// Which offers are answered. A revoked one never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffersAllowed {
    /// None: the shop is closed.
    None,
    /// Those of the current epoch.
    CurrentEpoch,
    /// Those of every epoch.
    All,
}

impl Choice for OffersAllowed {
    const ALL: &'static [Self] = &[Self::None, Self::CurrentEpoch, Self::All];
}

/// What happens to a request that answers no offer of ours (`lnr…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutOffer {
    /// It is refused.
    Refuse,
    /// The merchant is asked, whatever the amount.
    Ask,
}

impl Choice for WithoutOffer {
    const ALL: &'static [Self] = &[Self::Refuse, Self::Ask];
}

/// What happens to a request with a payer's note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteRule {
    /// It is refused.
    Refuse,
    /// The merchant reads it first.
    Ask,
    /// It does not matter.
    Allow,
}

impl Choice for NoteRule {
    const ALL: &'static [Self] = &[Self::Refuse, Self::Ask, Self::Allow];
}

/// What happens to a request that the window of money received has no room for. Each raises the
/// alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused.
    Refuse,
    /// The merchant is asked.
    Ask,
    /// Nothing else.
    Alarm,
}

impl Choice for WhenFull {
    const ALL: &'static [Self] = &[Self::Refuse, Self::Ask, Self::Alarm];
}

/// Which introduction nodes a payment path may start at. It matters: under
/// [`ReleaseRule::PathKey`] the introduction node can compute what a claim has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntroductionNodes {
    /// Those that the merchant listed.
    Listed,
    /// Any.
    Any,
}

impl Choice for IntroductionNodes {
    const ALL: &'static [Self] = &[Self::Listed, Self::Any];
}

/// Whether a payment may come in several parts. Under [`ReleaseRule::PathKey`] one part is enough
/// to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multipart {
    /// One part only.
    Refuse,
    /// One or several.
    Allow,
}

impl Choice for Multipart {
    const ALL: &'static [Self] = &[Self::Refuse, Self::Allow];
}

/// The evidence for which a preimage is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReleaseRule {
    /// The payment onion, which the device opens itself.
    Onion,
    /// The path key that the HTLC arrived with at the recipient.
    #[default]
    PathKey,
    /// The host's word about the payment. A lying host gets the preimage.
    Facts,
}

impl Choice for ReleaseRule {
    const ALL: &'static [Self] = &[Self::Onion, Self::PathKey, Self::Facts];
}

/// What the bridge is told about an invoice for its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// Nothing.
    Nothing,
    /// Time, offer, amount and payment hash.
    #[default]
    Summary,
    /// The whole request and invoice.
    Everything,
}

impl Choice for Disclosure {
    const ALL: &'static [Self] = &[Self::Nothing, Self::Summary, Self::Everything];
}

/// Where prompts may be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptScreen {
    /// On the device's own screen.
    #[default]
    Device,
    /// In the host's terminal too, which a taken-over host can make say anything.
    HostTerminal,
}

impl Choice for PromptScreen {
    const ALL: &'static [Self] = &[Self::Device, Self::HostTerminal];
}
