use core::time::Duration;
use std::sync::Arc;

use lightning::events::{Event, EventsProvider as _, ReplayEvent};
use lightning::ln::msgs::OnionMessageHandler as _;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::chain::{Chain, funding};
use super::late::LateMonitors;
use super::node::{Attached, Manager, Messenger, Monitors, Peers, listeners};
use super::offers::Offers;
use super::shelf::put_away;
use crate::release::FilesystemStore;

/// What turns the wheels of a node.
pub(super) struct Life {
    pub(super) peers: Arc<Peers>,
    pub(super) manager: Arc<Manager>,
    pub(super) monitors: Arc<Monitors>,
    pub(super) chain: Arc<Chain>,
    pub(super) store: Arc<FilesystemStore>,
    pub(super) late: Arc<LateMonitors>,
    pub(super) messenger: Arc<Messenger>,
    pub(super) offers: Arc<Offers>,
    pub(super) adapter: Option<Arc<Attached>>,
    pub(super) report: mpsc::UnboundedSender<Event>,
    /// Where the state is of a node that is not to be started again.
    pub(super) _passing: Option<TempDir>,
}

impl Life {
    /// Gives LDK its turns: whenever it has something to do, and by the clock.
    pub(super) async fn live(self) {
        let [mut beat, mut tick, mut minute] = [BEAT, TICK, MINUTE].map(clock);
        loop {
            tokio::select! {
                () = self.woken() => {}
                _ = beat.tick() => self.follow_chain(),
                _ = tick.tick() => {
                    self.messenger.timer_tick_occurred();
                    self.peers.timer_tick_occurred();
                }
                _ = minute.tick() => self.manager.timer_tick_occurred(),
            }
            self.turn();
        }
    }

    async fn woken(&self) {
        tokio::select! {
            () = self.manager.get_event_or_persistence_needed_future() => {}
            () = self.messenger.get_update_future() => {}
            () = self.offers.delivered() => {}
        }
    }

    fn turn(&self) {
        let handle = |event| {
            if let Some(adapter) = &self.adapter
                && let Err(error) = adapter.handle(&event)
            {
                tracing::error!(%error, "a payment is not kept");
                return Err(ReplayEvent());
            }
            self.handle(event);
            Ok(())
        };
        loop {
            self.manager.process_pending_htlc_forwards();
            self.manager.process_pending_events(&handle);
            self.monitors.process_pending_events(&handle);
            self.messenger.process_pending_events(&handle);
            if !self.put_away() {
                break;
            }
        }
        self.peers.process_events();
    }

    /// Puts what has changed into the store: whether LDK has waited for that.
    fn put_away(&self) -> bool {
        let monitors = self.late.take();
        if self.manager.get_and_clear_needs_persistence() || !monitors.is_empty() {
            put_away(&self.store, &self.manager);
        }
        let has_waited = !monitors.is_empty();
        self.late.put_away(monitors, &self.monitors);
        has_waited
    }

    fn follow_chain(&self) {
        if let Err(error) = self.chain.tell_new(&listeners(&self.manager, &self.monitors)) {
            tracing::warn!(%error, "the chain cannot be read");
        }
    }

    /// Agrees to channels and pays for them; everything else is for those who know what it is about.
    fn handle(&self, event: Event) {
        let done =
            if let Event::OpenChannelRequest {
                temporary_channel_id, counterparty_node_id, ..
            } = event
            {
                self.manager.accept_inbound_channel(
                    &temporary_channel_id,
                    &counterparty_node_id,
                    0,
                    None,
                )
            } else if let Event::FundingGenerationReady {
                temporary_channel_id,
                counterparty_node_id,
                channel_value_satoshis,
                output_script,
                ..
            } = event
            {
                funding(output_script, channel_value_satoshis).and_then(|transaction| {
                    self.manager.funding_transaction_generated(
                        temporary_channel_id,
                        counterparty_node_id,
                        transaction,
                    )
                })
            } else {
                end_of_payment(&event);
                if self.report.send(event).is_err() {
                    tracing::debug!("an event came after everyone stopped waiting");
                }
                Ok(())
            };
        if let Err(error) = done {
            tracing::warn!(?error, "LDK makes no channel");
        }
    }
}

/// Logs how a payment of the node's ended, which may be one of its earlier life.
fn end_of_payment(event: &Event) {
    if let Event::PaymentSent { payment_hash, .. } = event {
        tracing::info!(%payment_hash, "sent");
    } else if let Event::PaymentFailed { payment_hash: Some(payment_hash), .. } = event {
        tracing::info!(%payment_hash, "failed");
    }
}

fn clock(period: Duration) -> Interval {
    let mut clock = interval(period);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}

/// LDK does not wake anybody for a payment that is to be forwarded, and files do not for a block.
const BEAT: Duration = Duration::from_millis(20);
/// LDK's documentation asks for a tick "roughly once every ten seconds".
const TICK: Duration = Duration::from_secs(10);
/// LDK's channel manager wants one once a minute.
const MINUTE: Duration = Duration::from_secs(60);
