//! The bridge between LDK nodes, over loopback TCP, with a device made of LDK's parts.

#[cfg(test)]
mod ldk_device;
#[cfg(test)]
mod network {
    use core::time::Duration;

    use bitcoin::Network;
    use bitcoin::secp256k1::PublicKey;
    use clap::Parser;
    use countersign_bridge::{
        Bridge, ChannelEnd, Destination, Device, Directory, Forwarding, Gossip, Limits, NetworkKey,
        Onion, Outcome, PeerAddress, Settings,
    };
    use countersign_ldk_peer_interface::{
        Answer, Arguments, Ground, MerchantArguments, PayerArguments, RelayArguments, Seed, Verb,
    };
    use lightning::blinded_path::message::MessageForwardNode;
    use tokio::runtime::Runtime;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
    use tokio::time::{sleep, timeout};

    use crate::ldk_device::{LdkDevice, VIRTUAL_CHANNEL};

    /// A channel that the relay is an end of, as far as the bridge has heard.
    const RELAYS_CHANNEL: u64 = 42;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_payer_behind_a_relay_gets_the_devices_invoice() {
        let relay = relay(1).await;
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[relay]);
        let offer = device.offer(&[hop(relay.node_id), hop(settings.key.node_id())]).to_string();
        let bridge = start(settings, device).await;
        verified(&ask_0_2(&payer(&offer, relay)).await);
        verified(&ask_0_3(&payer(&offer, relay)).await);
        let counts = bridge.counts();
        assert_eq!(counts.limited, 0);
        assert!(counts.queued_for_peers >= 2, "{counts:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reply_path_that_begins_at_the_bridge_is_followed() {
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[]);
        let offer = device.offer(&[hop(settings.key.node_id())]).to_string();
        let bridge = start(settings, device).await;
        verified(&ask_0_2(&payer(&offer, listening(&bridge))).await);
        verified(&ask_0_3(&payer(&offer, listening(&bridge))).await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_compact_path_leads_from_a_channel_over_the_virtual_one_to_the_device() {
        let relay = relay(1).await;
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[relay]);
        let bridge_hop = MessageForwardNode {
            node_id: settings.key.node_id(),
            short_channel_id: Some(VIRTUAL_CHANNEL),
        };
        let hops = [hop(relay.node_id), bridge_hop];
        let end = end_of(relay.node_id);
        let offer = device.compact_offer(&hops, end, RELAYS_CHANNEL).to_string();
        let _bridge = start(settings, device).await;
        let ends = [relay.node_id, far_end()].map(|node| node.to_string()).join(",");
        let channel = format!("{RELAYS_CHANNEL}={ends}").parse().unwrap();
        let payer = PayerArguments { known_channel: vec![channel], ..payer(&offer, relay) };
        verified(&ask_0_2(&payer).await);
        verified(&ask_0_3(&payer).await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reply_to_the_end_of_a_channel_is_resolved() {
        let relay = relay(1).await;
        let mut device = LdkDevice::new(9);
        device.readdress = |destination| {
            let Destination::Node(relay) = destination else { return destination };
            Destination::ChannelEnd { short_channel_id: RELAYS_CHANNEL, end: end_of(relay) }
        };
        let mut settings = settings(&device, &[relay]);
        settings.directory.add_channel(RELAYS_CHANNEL, [relay.node_id, far_end()]);
        let offer = device.offer(&[hop(relay.node_id), hop(settings.key.node_id())]).to_string();
        let _bridge = start(settings, device).await;
        verified(&ask_0_2(&payer(&offer, relay)).await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reply_to_a_node_that_is_not_connected_makes_the_connection() {
        let (relay, stranger) = (relay(1).await, relay(2).await);
        let device = LdkDevice::new(9);
        let mut settings = settings(&device, &[relay]);
        settings.directory.add_address(stranger);
        let offer = device.offer(&[hop(relay.node_id), hop(settings.key.node_id())]).to_string();
        let bridge = start(settings, Readdressed { device, to: stranger.node_id }).await;
        let answers = ask_0_2(&payer(&offer, relay)).await;
        assert!(matches!(answers.as_slice(), [Answer::Failed(_)]), "the reply went elsewhere");
        assert!(bridge.connected().contains(&stranger.node_id));
        assert_eq!(bridge.counts().unroutable, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_malformed_path_of_one_hop_to_the_bridge_is_dropped() {
        let relay = relay(1).await;
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[relay]);
        let bridge_id = settings.key.node_id();
        let offer = device.offer(&[hop(relay.node_id), hop(bridge_id)]).to_string();
        let bridge = start(settings, OneHop { device, to: bridge_id }).await;
        let answers = ask_0_2(&payer(&offer, relay)).await;
        assert!(matches!(answers.as_slice(), [Answer::Failed(_)]));
        let counts = bridge.counts();
        assert!(counts.given_to_device >= 1, "{counts:?}");
        assert_eq!(counts.unreadable, counts.given_to_device, "{counts:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reply_that_leads_to_the_device_again_and_again_ends() {
        let relay = relay(1).await;
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[relay]);
        let device_id = device.address().node_id;
        let offer = device.offer(&[hop(relay.node_id), hop(settings.key.node_id())]).to_string();
        let bridge = start(settings, OneHop { device, to: device_id }).await;
        ask_0_2(&payer(&offer, relay)).await;
        let counts = bridge.counts();
        assert!(counts.unroutable >= 1, "{counts:?}");
        assert_eq!(counts.given_to_device, counts.unroutable * 4, "{counts:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn others_are_served_only_when_told_to() {
        for (forwarding, served) in [(Forwarding::DeviceOnly, false), (Forwarding::Everyone, true)]
        {
            let device = LdkDevice::new(9);
            let settings = Settings { forwarding, ..settings(&device, &[]) };
            let bridge = start(settings, device).await;
            let neighbour = merchant(listening(&bridge));
            let neighbour = countersign_ldk_peer_0_2::Merchant::start(&neighbour).await.unwrap();
            let offer = neighbour.offer.to_string();
            let answers = ask_0_2(&payer(&offer, listening(&bridge))).await;
            assert_eq!(matches!(answers.as_slice(), [Answer::Verified(_)]), served, "{answers:?}");
        }
    }

    #[test]
    fn a_relay_that_went_away_is_connected_to_again() {
        let runtime = Runtime::new().unwrap();
        let first = Runtime::new().unwrap();
        let relay = first.block_on(relay(1));
        let (bridge, offer) = runtime.block_on(async {
            let device = LdkDevice::new(9);
            let settings = settings(&device, &[relay]);
            let offer = device.offer(&[hop(relay.node_id), hop(settings.key.node_id())]);
            (start(settings, device).await, offer.to_string())
        });
        first.shutdown_timeout(Duration::from_secs(1));
        runtime.block_on(async {
            until("the relay is gone", || bridge.connected().is_empty()).await;
        });
        let second = Runtime::new().unwrap();
        let again = second.block_on(relay_at(1, relay.address.to_string()));
        assert_eq!(again, relay);
        runtime.block_on(async {
            until("the relay is back", || bridge.connected() == [relay.node_id]).await;
            verified(&ask_0_2(&payer(&offer, relay)).await);
        });
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_an_earlier_bridge_left_is_put_to_the_device_and_given_up_when_too_many_wait() {
        let device = LdkDevice::new(9);
        let settings = settings(&device, &[]);
        let onion = |number: u8| Onion {
            path_key: device.address().node_id,
            packet: vec![number; usize::from(number)],
        };
        let left: Vec<_> = (1..=17).map(onion).collect();
        let (told, mut said) = unbounded_channel();
        let _bridge = start(settings, Undecided { left: left.clone(), told }).await;
        for onion in &left {
            let put = timeout(Duration::from_secs(20), said.recv()).await.unwrap();
            assert_eq!(put, Some((onion.clone(), Fate::Put)));
        }
        let given_up = timeout(Duration::from_secs(20), said.recv()).await.unwrap();
        assert_eq!(given_up, Some((onion(17), Fate::GivenUp)), "sixteen may wait");
    }

    /// Never says anything but that its merchant is being asked.
    struct Undecided {
        left: Vec<Onion>,
        told: UnboundedSender<(Onion, Fate)>,
    }

    /// What is done with an onion.
    #[derive(Debug, PartialEq, Eq)]
    enum Fate {
        Put,
        GivenUp,
    }

    impl Device for Undecided {
        async fn answer(&mut self, onion: &Onion) -> Outcome {
            self.told.send((onion.clone(), Fate::Put)).unwrap();
            Outcome::Later
        }

        async fn has_merchant_decided(&mut self) -> bool {
            false
        }

        async fn left_over(&mut self) -> Vec<Onion> {
            self.left.clone()
        }

        async fn given_up(&mut self, onion: &Onion) {
            self.told.send((onion.clone(), Fate::GivenUp)).unwrap();
        }
    }

    /// Sends every answer of a device to another node than it is for.
    struct Readdressed {
        device: LdkDevice,
        to: PublicKey,
    }

    impl Device for Readdressed {
        async fn answer(&mut self, onion: &Onion) -> Outcome {
            match self.device.answer(onion).await {
                outcome @ (Outcome::Silence | Outcome::Later | Outcome::Unheard) => outcome,
                Outcome::Send(mut outgoing) => {
                    outgoing.destination = Destination::Node(self.to);
                    Outcome::Send(outgoing)
                }
            }
        }
    }

    /// Answers every onion with one for a single node.
    struct OneHop {
        device: LdkDevice,
        to: PublicKey,
    }

    impl Device for OneHop {
        async fn answer(&mut self, _onion: &Onion) -> Outcome {
            Outcome::Send(Box::new(self.device.onion_for(self.to)))
        }
    }

    fn settings(device: &LdkDevice, peers: &[PeerAddress]) -> Settings {
        Settings {
            key: NetworkKey::new([8; 32]).unwrap(),
            device: device.address(),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            peers: peers.to_vec(),
            directory: Directory::default(),
            gossip: Gossip::Follow(Network::Regtest),
            forwarding: Forwarding::DeviceOnly,
            limits: Limits::default(),
        }
    }

    /// Starts a bridge and waits until its peers are there.
    async fn start(settings: Settings, device: impl Device) -> Bridge {
        let peers = settings.peers.len();
        let bridge = Bridge::start(settings, device).await.unwrap();
        until("all peers are connected", || bridge.connected().len() == peers).await;
        bridge
    }

    async fn until(what: &str, condition: impl Fn() -> bool) {
        let poll = async {
            while !condition() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), poll).await.expect(what);
    }

    fn listening(bridge: &Bridge) -> PeerAddress {
        PeerAddress { node_id: bridge.node_id(), address: bridge.listening().unwrap() }
    }

    async fn relay(seed: u8) -> PeerAddress {
        relay_at(seed, "127.0.0.1:0".to_owned()).await
    }

    async fn relay_at(seed: u8, address: String) -> PeerAddress {
        let arguments = RelayArguments {
            listen: address.parse().unwrap(),
            key: Some(Seed([seed; 32])),
            ground: Ground::default(),
        };
        let relay = countersign_ldk_peer_0_2::Relay::start(&arguments).await.unwrap();
        PeerAddress { node_id: relay.node_id, address: relay.address }
    }

    fn hop(node_id: PublicKey) -> MessageForwardNode {
        MessageForwardNode { node_id, short_channel_id: None }
    }

    /// Which end of its channel the relay is.
    fn end_of(relay: PublicKey) -> ChannelEnd {
        if relay.serialize() < far_end().serialize() { ChannelEnd::One } else { ChannelEnd::Two }
    }

    fn far_end() -> PublicKey {
        LdkDevice::new(77).address().node_id
    }

    fn payer(offer: &str, peer: PeerAddress) -> PayerArguments {
        let peer = peer.to_string();
        let line = ["", "payer", "--offer", offer, "--peer", &peer, "--timeout", "3"];
        let Verb::Payer(arguments) = Arguments::parse_from(line).verb else { panic!("{line:?}") };
        *arguments
    }

    fn merchant(peer: PeerAddress) -> MerchantArguments {
        let line = ["", "merchant", "--amount-msat", "1000", "--peer", &peer.to_string()];
        let Verb::Merchant(arguments) = Arguments::parse_from(line).verb else {
            panic!("{line:?}")
        };
        arguments
    }

    async fn ask_0_2(arguments: &PayerArguments) -> Vec<Answer> {
        let mut payer = countersign_ldk_peer_0_2::Payer::start(arguments).await.unwrap();
        payer.ask().await.unwrap()
    }

    async fn ask_0_3(arguments: &PayerArguments) -> Vec<Answer> {
        let mut payer = countersign_ldk_peer_0_3::Payer::start(arguments).await.unwrap();
        payer.ask().await.unwrap()
    }

    fn verified(answers: &[Answer]) {
        let [Answer::Verified(invoice)] = answers else { panic!("{answers:?}") };
        assert_eq!(invoice.amount_msat, 1_000);
        assert_eq!(invoice.payment_hash, [7; 32]);
    }
}
