use core::ops::Deref;
use std::sync::Arc;

use bitcoin::constants::ChainHash;
use bitcoin::secp256k1::PublicKey;
use countersign_merchant_node::PathKey;
use lightning::ln::msgs::{
    AcceptChannel, AcceptChannelV2, AnnouncementSignatures, BaseMessageHandler,
    ChannelMessageHandler, ChannelReady, ChannelReestablish, ChannelUpdate, ClosingSigned,
    CommitmentSigned, ErrorMessage, FundingCreated, FundingSigned, Init, MessageSendEvent,
    OpenChannel, OpenChannelV2, PeerStorage, PeerStorageRetrieval, RevokeAndACK, Shutdown,
    SpliceAck, SpliceInit, SpliceLocked, Stfu, TxAbort, TxAckRbf, TxAddInput, TxAddOutput,
    TxComplete, TxInitRbf, TxRemoveInput, TxRemoveOutput, TxSignatures, UpdateAddHTLC,
    UpdateFailHTLC, UpdateFailMalformedHTLC, UpdateFee, UpdateFulfillHTLC,
};
use lightning::ln::types::ChannelId;
use lightning::types::features::{InitFeatures, NodeFeatures};

use super::path_keys::PathKeys;

/// Hears the messages about channels before LDK's channel manager does, and notes the path key of
/// each HTLC: LDK shows it to nobody else. Everything is passed on as it came.
#[derive(Debug)]
pub struct Ear<H> {
    manager: H,
    path_keys: Arc<PathKeys>,
}

impl<H> Ear<H> {
    pub(super) const fn new(manager: H, path_keys: Arc<PathKeys>) -> Self {
        Self { manager, path_keys }
    }
}

impl<H: Deref<Target: ChannelMessageHandler>> BaseMessageHandler for Ear<H> {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        self.manager.get_and_clear_pending_msg_events()
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.manager.peer_disconnected(peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.manager.provided_node_features()
    }

    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.manager.provided_init_features(peer)
    }

    fn peer_connected(&self, peer: PublicKey, message: &Init, inbound: bool) -> Result<(), ()> {
        self.manager.peer_connected(peer, message, inbound)
    }
}

impl<H: Deref<Target: ChannelMessageHandler>> ChannelMessageHandler for Ear<H> {
    fn handle_open_channel(&self, peer: PublicKey, message: &OpenChannel) {
        self.manager.handle_open_channel(peer, message);
    }

    fn handle_open_channel_v2(&self, peer: PublicKey, message: &OpenChannelV2) {
        self.manager.handle_open_channel_v2(peer, message);
    }

    fn handle_accept_channel(&self, peer: PublicKey, message: &AcceptChannel) {
        self.manager.handle_accept_channel(peer, message);
    }

    fn handle_accept_channel_v2(&self, peer: PublicKey, message: &AcceptChannelV2) {
        self.manager.handle_accept_channel_v2(peer, message);
    }

    fn handle_funding_created(&self, peer: PublicKey, message: &FundingCreated) {
        self.manager.handle_funding_created(peer, message);
    }

    fn handle_funding_signed(&self, peer: PublicKey, message: &FundingSigned) {
        self.manager.handle_funding_signed(peer, message);
    }

    fn handle_channel_ready(&self, peer: PublicKey, message: &ChannelReady) {
        self.manager.handle_channel_ready(peer, message);
    }

    fn handle_peer_storage(&self, peer: PublicKey, message: PeerStorage) {
        self.manager.handle_peer_storage(peer, message);
    }

    fn handle_peer_storage_retrieval(&self, peer: PublicKey, message: PeerStorageRetrieval) {
        self.manager.handle_peer_storage_retrieval(peer, message);
    }

    fn handle_shutdown(&self, peer: PublicKey, message: &Shutdown) {
        self.manager.handle_shutdown(peer, message);
    }

    fn handle_closing_signed(&self, peer: PublicKey, message: &ClosingSigned) {
        self.manager.handle_closing_signed(peer, message);
    }

    fn handle_stfu(&self, peer: PublicKey, message: &Stfu) {
        self.manager.handle_stfu(peer, message);
    }

    fn handle_splice_init(&self, peer: PublicKey, message: &SpliceInit) {
        self.manager.handle_splice_init(peer, message);
    }

    fn handle_splice_ack(&self, peer: PublicKey, message: &SpliceAck) {
        self.manager.handle_splice_ack(peer, message);
    }

    fn handle_splice_locked(&self, peer: PublicKey, message: &SpliceLocked) {
        self.manager.handle_splice_locked(peer, message);
    }

    fn handle_tx_add_input(&self, peer: PublicKey, message: &TxAddInput) {
        self.manager.handle_tx_add_input(peer, message);
    }

    fn handle_tx_add_output(&self, peer: PublicKey, message: &TxAddOutput) {
        self.manager.handle_tx_add_output(peer, message);
    }

    fn handle_tx_remove_input(&self, peer: PublicKey, message: &TxRemoveInput) {
        self.manager.handle_tx_remove_input(peer, message);
    }

    fn handle_tx_remove_output(&self, peer: PublicKey, message: &TxRemoveOutput) {
        self.manager.handle_tx_remove_output(peer, message);
    }

    fn handle_tx_complete(&self, peer: PublicKey, message: &TxComplete) {
        self.manager.handle_tx_complete(peer, message);
    }

    fn handle_tx_signatures(&self, peer: PublicKey, message: &TxSignatures) {
        self.manager.handle_tx_signatures(peer, message);
    }

    fn handle_tx_init_rbf(&self, peer: PublicKey, message: &TxInitRbf) {
        self.manager.handle_tx_init_rbf(peer, message);
    }

    fn handle_tx_ack_rbf(&self, peer: PublicKey, message: &TxAckRbf) {
        self.manager.handle_tx_ack_rbf(peer, message);
    }

    fn handle_tx_abort(&self, peer: PublicKey, message: &TxAbort) {
        self.manager.handle_tx_abort(peer, message);
    }

    fn handle_update_add_htlc(&self, peer: PublicKey, message: &UpdateAddHTLC) {
        if let Some(path_key) = &message.blinding_point {
            self.path_keys.note(message.payment_hash, PathKey(path_key.serialize()));
        }
        self.manager.handle_update_add_htlc(peer, message);
    }

    fn handle_update_fulfill_htlc(&self, peer: PublicKey, message: UpdateFulfillHTLC) {
        self.manager.handle_update_fulfill_htlc(peer, message);
    }

    fn handle_update_fail_htlc(&self, peer: PublicKey, message: &UpdateFailHTLC) {
        self.manager.handle_update_fail_htlc(peer, message);
    }

    fn handle_update_fail_malformed_htlc(
        &self,
        peer: PublicKey,
        message: &UpdateFailMalformedHTLC,
    ) {
        self.manager.handle_update_fail_malformed_htlc(peer, message);
    }

    fn handle_commitment_signed(&self, peer: PublicKey, message: &CommitmentSigned) {
        self.manager.handle_commitment_signed(peer, message);
    }

    fn handle_commitment_signed_batch(
        &self,
        peer: PublicKey,
        channel_id: ChannelId,
        batch: Vec<CommitmentSigned>,
    ) {
        self.manager.handle_commitment_signed_batch(peer, channel_id, batch);
    }

    fn handle_revoke_and_ack(&self, peer: PublicKey, message: &RevokeAndACK) {
        self.manager.handle_revoke_and_ack(peer, message);
    }

    fn handle_update_fee(&self, peer: PublicKey, message: &UpdateFee) {
        self.manager.handle_update_fee(peer, message);
    }

    fn handle_announcement_signatures(&self, peer: PublicKey, message: &AnnouncementSignatures) {
        self.manager.handle_announcement_signatures(peer, message);
    }

    fn handle_channel_reestablish(&self, peer: PublicKey, message: &ChannelReestablish) {
        self.manager.handle_channel_reestablish(peer, message);
    }

    fn handle_channel_update(&self, peer: PublicKey, message: &ChannelUpdate) {
        self.manager.handle_channel_update(peer, message);
    }

    fn handle_error(&self, peer: PublicKey, message: &ErrorMessage) {
        self.manager.handle_error(peer, message);
    }

    fn get_chain_hashes(&self) -> Option<Vec<ChainHash>> {
        self.manager.get_chain_hashes()
    }

    fn message_received(&self) {
        self.manager.message_received();
    }
}
