//! What the plays with money have in common: who is there, what is waited for, what a thief would have.

use core::time::Duration;
use std::thread;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::stage;
use super::{Node, Play, short, text};

/// Who is there before anybody asks for money.
pub(super) struct Scene {
    /// A file in the chain's place.
    pub(super) chain: String,
    pub(super) relay: Node,
    pub(super) bridge_id: String,
    recipient: Recipient,
}

/// The merchant's node, and where the bridge asks it.
struct Recipient {
    id: String,
    receive_auth_key: String,
    socket: String,
}

impl Play<'_> {
    /// Starts the relay and the merchant's node, and gets the device ready for them.
    pub(super) fn set_scene(&self, device: &str) -> Result<Scene> {
        let chain = self.stage.path("chain");
        let relay = self.relay_with_channels(&chain)?;
        let recipient = self.recipient(&relay, &chain)?;
        println!("node     {}  the merchant's, with a channel to the relay", short(&recipient.id));
        let pinned = [recipient.id.as_str(), "--receive-auth-key", &recipient.receive_auth_key];
        let bridge_id = self.provision(device, &relay, &pinned)?;
        Ok(Scene { chain, relay, bridge_id, recipient })
    }

    fn relay_with_channels(&self, chain: &str) -> Result<Node> {
        let mut relay = self.relay();
        relay.args(["--chain", chain]);
        let relay = Node::of(&self.stage.start("relay", relay)?)?;
        println!("relay    {}  an LDK node, at {}", short(&relay.id), relay.address);
        Ok(relay)
    }

    fn recipient(&self, relay: &Node, chain: &str) -> Result<Recipient> {
        let socket = self.stage.path("node.socket");
        let mut node = self.countersign(&["node", "--socket", &socket, "--chain", chain]);
        let peer = format!("{}@{}", relay.id, relay.address);
        // Most of it is the relay's: what it can forward to the merchant.
        node.args(["--peer", &peer, "--channel", "1000000:900000"]);
        let ready = self.stage.start("node", node)?;
        let ready: Value = serde_json::from_str(&ready).context("the node does not say its id")?;
        let (id, key) = (text(&ready, "node_id")?, text(&ready, "receive_auth_key")?);
        Ok(Recipient { id, receive_auth_key: key, socket })
    }

    /// Starts the bridge, connected to the merchant's node.
    pub(super) fn start_bridge(&self, device: &str, scene: &Scene) -> Result<()> {
        let Scene { relay, bridge_id, recipient, .. } = scene;
        let mut bridge = self.countersign(&["bridge", "--json", "--device", device]);
        let peer = format!("{}@{}", relay.id, relay.address);
        bridge.args(["--peer", &peer, "--node", &recipient.socket]);
        bridge.args(["--key-file", &self.stage.path("bridge.key")]);
        self.stage.start("bridge", bridge)?;
        println!("bridge   {bridge_id}  connected to the relay and to the node\n");
        Ok(())
    }

    /// What the merchant has on record, as soon as that says that it is paid.
    pub(super) fn wait_until_paid(&self, question: &[&str]) -> Result<Value> {
        for _ in 0..ATTEMPTS {
            let record = stage::ask(&mut self.countersign(question))?;
            if record.get("state").and_then(Value::as_str) == Some("paid") {
                return Ok(record);
            }
            thread::sleep(PAUSE);
        }
        bail!("the money has moved, and the merchant has nothing on record")
    }
}

/// What there is to be had on the host, step by step.
pub(super) fn tell_of_the_thief(had: &[(&str, &str)]) {
    println!(
        "A thief on the merchant's computer (the bridge, the node, their files) would have had"
    );
    for (step, loot) in had {
        println!("  {step:<28}{loot}");
    }
}

const ATTEMPTS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
