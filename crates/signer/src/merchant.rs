use countersign_crypto::{Curve, Secret, SecretKey, hmac_sha256};
use countersign_link::Network;
use countersign_offers::{ChainHash, OfferKeys};
use countersign_policy::{Clock, Uptime, Windows};
use countersign_units::UnixTime;
use heapless::Vec;

use crate::capacity::REMEMBERED_OFFERS;
use crate::keys::{Purpose, Seed};
use crate::network::chain;
use crate::{Counters, Settings};

/// Everything that a provisioned device knows.
#[derive(Debug)]
pub(crate) struct Merchant {
    pub(crate) seed: Seed,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    pub(crate) windows: Windows,
    pub(crate) clock: Option<Clock>,
    /// Offers made since the device was switched on, and their epochs.
    pub(crate) remembered: Vec<([u8; 32], u32), REMEMBERED_OFFERS>,
    pub(crate) node_key: SecretKey,
    pub(crate) node_id: [u8; 33],
    draws: Secret<32>,
    drawn: u64,
}

impl Merchant {
    /// Derives the keys; `None` for a seed that has none.
    pub(crate) fn new(curve: &Curve<'_>, seed: Seed) -> Option<Self> {
        let node_key = seed.derive_key(Purpose::Node)?;
        let node_id = node_key.public_key(curve).serialize();
        let draws = seed.derive(Purpose::Draws);
        Some(Self {
            seed,
            settings: Settings::default(),
            counters: Counters::default(),
            windows: Windows::default(),
            clock: None,
            remembered: Vec::new(),
            node_key,
            node_id,
            draws,
            drawn: 0,
        })
    }

    /// Goes on counting where flash says that it was.
    pub(crate) fn resume(&mut self, counters: Counters, uptime: Uptime) {
        self.clock = counters.latest_time.map(|time| Clock::restored(time, time, uptime));
        self.counters = counters;
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
            [entropy, &self.drawn.to_be_bytes(), &self.counters.next_invoice.to_be_bytes()];
        Secret::new(hmac_sha256(self.draws.expose_secret(), &parts))
    }

    /// The preimage of the invoice for a request: the same for the same request, price and number.
    pub(crate) fn preimage(&self, request: &[u8; 32], amount: u64, number: u64) -> Secret<32> {
        let key = self.seed.derive(Purpose::Preimages);
        let parts: [&[u8]; 3] = [request, &amount.to_be_bytes(), &number.to_be_bytes()];
        Secret::new(hmac_sha256(key.expose_secret(), &parts))
    }
}
