use core::num::NonZeroU64;

use countersign_link::Code;
use countersign_policy::{Currency, RateFacts, Rule, Uptime, judge_rate};
use countersign_units::{Msat, UnixTime};

use crate::capacity::RATE_SECONDS;
use crate::device::Device;
use crate::input::Failure;
use crate::merchant::Merchant;
use crate::{Moment, Output};

/// What the host said that a currency is worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimedRate {
    currency: Currency,
    /// For a million of its major units.
    msat_per_million: u64,
    at: Uptime,
}

/// A million, since a rate is for a million major units.
const RATE_UNITS: u64 = 1_000_000;

impl Device<'_> {
    /// Takes the host's word for a rate, if the merchant's own rate bears it out.
    #[inline(never)]
    pub(crate) fn rate<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        currency: [u8; 3],
        msat_per_million: u64,
    ) -> Result<Output<'o>, Failure> {
        let currency = Currency::new(currency).ok_or(Code::INVALID_FIELD)?;
        let merchant = self.merchant_mut()?;
        let now = merchant.now(moment.uptime).ok_or(Code::TIME_UNKNOWN)?;
        let facts = RateFacts { currency, claimed_rate: Some(msat_per_million), now };
        judge_rate(&merchant.settings.rules, &facts).map_err(|rule| Code::policy(rule.number()))?;
        merchant.rate = Some(ClaimedRate { currency, msat_per_million, at: moment.uptime });
        Ok(self.done(id))
    }
}

impl Merchant {
    /// What `currency` is worth now: the host's latest word, judged again, or else the merchant's
    /// own rate.
    pub(crate) fn rate_of(
        &self,
        currency: countersign_offers::Currency,
        now: UnixTime,
        uptime: Uptime,
    ) -> Result<countersign_offers::Rate, Rule> {
        let judged = Currency::new(*currency.code()).ok_or(Rule::Currency)?;
        let is_fresh = |claimed: &ClaimedRate| {
            claimed.currency == judged && uptime.since(claimed.at) < RATE_SECONDS
        };
        let claimed = self.rate.filter(is_fresh).map(|claimed| claimed.msat_per_million);
        let facts = RateFacts { currency: judged, claimed_rate: claimed, now };
        let msat = judge_rate(&self.settings.rules, &facts)?;
        let minor_units = 10_u64.checked_pow(judged.exponent().into());
        let units = minor_units.and_then(|units| units.checked_mul(RATE_UNITS));
        Ok(countersign_offers::Rate {
            currency,
            units: units.and_then(NonZeroU64::new).ok_or(Rule::Conversion)?,
            msat: Msat::new(msat).ok_or(Rule::Conversion)?,
        })
    }
}
