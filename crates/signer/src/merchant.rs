use countersign_crypto::{Curve, Secret, SecretKey, hmac_sha256, sha256};
use countersign_link::Network;
use countersign_offers::{ChainHash, OfferKeys};
use countersign_policy::{Bucket, Clock, Uptime, WindowLimits, Windows};
use countersign_units::UnixTime;
use heapless::Vec;

use crate::capacity::{REMEMBERED_OFFERS, RESERVED, RESERVED_SHARE};
use crate::counters::{Level, Times};
use crate::keys::{Purpose, Seed};
use crate::network::chain;
use crate::parts::Parts;
use crate::rate::ClaimedRate;
use crate::vault::{Payment, ReleasedPayments};
use crate::{Counters, Payouts, Settings, Stored, Unreadable};

/// Everything that a provisioned device knows.
#[derive(Debug)]
pub(crate) struct Merchant {
    pub(crate) seed: Seed,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    pub(crate) windows: Windows,
    pub(crate) clock: Option<Clock>,
    pub(crate) rate: Option<ClaimedRate>,
    pub(crate) released: ReleasedPayments,
    pub(crate) parts: Parts,
    pub(crate) payouts: Payouts,
    /// Offers made since the device was switched on, and their epochs.
    pub(crate) remembered: Vec<([u8; 32], u32), REMEMBERED_OFFERS>,
    pub(crate) node_key: SecretKey,
    pub(crate) node_id: [u8; 33],
    draws: Secret<32>,
    drawn: u64,
}

/// What follows from a seed.
pub(crate) struct Keys {
    node_key: SecretKey,
    node_id: [u8; 33],
    draws: Secret<32>,
}

impl Keys {
    /// Derives them; `None` for a seed that has none.
    #[inline(never)]
    pub(crate) fn of(curve: &Curve<'_>, seed: &Seed) -> Option<Self> {
        let node_key = seed.derive_key(Purpose::Node)?;
        let node_id = node_key.public_key(curve).serialize();
        Some(Self { node_key, node_id, draws: seed.derive(Purpose::Draws) })
    }
}

impl Merchant {
    /// The merchant of that seed, of whom nothing else is known.
    pub(crate) fn new(seed: Seed, keys: Keys) -> Self {
        let Keys { node_key, node_id, draws } = keys;
        Self {
            seed,
            settings: Settings::default(),
            counters: Counters::default(),
            windows: Windows::default(),
            clock: None,
            rate: None,
            released: ReleasedPayments::new(),
            parts: Parts::default(),
            payouts: Payouts::default(),
            remembered: Vec::new(),
            node_key,
            node_id,
            draws,
            drawn: 0,
        }
    }

    /// Takes over the items that flash holds beside the seed.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: which item is not what this firmware writes; the merchant is then half read.
    #[inline(never)]
    pub(crate) fn restore(&mut self, stored: Stored<'_>, uptime: Uptime) -> Result<(), Unreadable> {
        self.settings = Settings::parse(stored.settings.unwrap_or(&[]))?;
        self.payouts = Payouts::parse(stored.payouts.unwrap_or(&[]))?;
        self.resume(Counters::parse(stored.counters.unwrap_or(&[]))?, uptime);
        Ok(())
    }

    /// Goes on counting where flash says that it was.
    pub(crate) fn resume(&mut self, counters: Counters, uptime: Uptime) {
        let restored = |Times { latest, own }| Clock::restored(latest, own, uptime);
        self.clock = counters.times().map(restored);
        let [unpaid, paid] = counters.levels().map(|level| Bucket::restored(level, uptime));
        self.windows = Windows { paid, unpaid };
        self.counters = counters;
    }

    /// Brings the counters up to what clock and windows say, for flash.
    pub(crate) fn observe(&mut self, uptime: Uptime) {
        let clock = self.clock.as_ref();
        self.counters
            .set_times(clock.map(|clock| Times { latest: clock.latest(), own: clock.own(uptime) }));
        let WindowLimits { paid, when_paid_full: _, unpaid } =
            &self.settings.rules.limits().windows;
        // Whatever may be counted until the next write has been counted already as flash sees it.
        let invoices = unpaid.most.map_or(0, |_| RESERVED);
        let money = paid.most.map_or(0, |most| most.checked_div(RESERVED_SHARE).unwrap_or(most));
        self.counters.set_levels(
            Level::new(self.windows.unpaid.count(unpaid, uptime), invoices),
            Level::new(self.windows.paid.count(paid, uptime), money),
        );
    }

    pub(crate) const fn network(&self) -> Network {
        self.seed.network()
    }

    pub(crate) const fn chain(&self) -> ChainHash {
        chain(self.network())
    }

    /// The keys of the offers of `epoch`.
    pub(crate) fn offer_keys(&self, epoch: u32) -> OfferKeys {
        OfferKeys::new(&self.seed.derive(Purpose::Offers), epoch)
    }

    /// The time that the device goes by, once it has been told any.
    pub(crate) fn now(&self, uptime: Uptime) -> Option<UnixTime> {
        Some(self.clock.as_ref()?.now(&self.settings.rules, uptime))
    }

    /// 32 bytes that nobody can predict, even if the random source is bad or the seed is known, as
    /// long as not both are; and that are never drawn twice.
    pub(crate) fn draw(&mut self, entropy: &[u8; 32]) -> Secret<32> {
        self.drawn = self.drawn.saturating_add(1);
        let parts: [&[u8]; 3] =
            [entropy, &self.drawn.to_be_bytes(), &self.counters.next_invoice().to_be_bytes()];
        Secret::new(hmac_sha256(self.draws.expose_secret(), &parts))
    }

    /// 32 bytes for the refusal `error` of the request in `payload`: nobody can predict them, and
    /// the same refusal gets the same ones without having to be remembered.
    pub(crate) fn draw_for_error(&self, payload: &[u8], error: &[u8]) -> Secret<32> {
        let digests = [sha256(&[payload]), sha256(&[error])];
        let parts: [&[u8]; 2] = [b"refusal", digests.as_flattened()];
        Secret::new(hmac_sha256(self.draws.expose_secret(), &parts))
    }

    /// The preimage of the invoice for a request: the same for the same request, price and number.
    pub(crate) fn preimage(&self, payment: &Payment) -> Secret<32> {
        let Payment { request, amount, number } = payment;
        let key = self.seed.derive(Purpose::Preimages);
        let parts: [&[u8]; 3] = [request, &amount.get().to_be_bytes(), &number.to_be_bytes()];
        Secret::new(hmac_sha256(key.expose_secret(), &parts))
    }
}
