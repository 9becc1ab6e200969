/// What became of the onion messages since the bridge started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Received from peers.
    pub received: u64,
    /// Not looked at, since their peer or the whole had no token left.
    pub limited: u64,
    /// Dropped: too large, not for us, damaged, or addressed to the bridge itself.
    pub unreadable: u64,
    /// Put into the device's queue.
    pub queued_for_device: u64,
    /// Refused or pushed out by a full queue for the device.
    pub dropped_before_device: u64,
    /// Given to the device.
    pub given_to_device: u64,
    /// Put into the outbox of a peer.
    pub queued_for_peers: u64,
    /// Dropped: to a node that is not known, from a path that the bridge does not serve, or by a
    /// full outbox.
    pub unroutable: u64,
    /// Given up while they waited for a node that did not come.
    pub given_up: u64,
}
