//! Payments whose last hop is the device itself, behind the node that is paid: what the onion rule
//! is about.

use countersign_blinding::{BlindedPath, BlindedPaths, Unblinding};
use countersign_crypto::{Curve, PublicKey, Secret};
use countersign_link::{Bytes, Chunk, ClaimRequest, PathsRequest, PaymentHop, Reply, Request};
use countersign_offers::Invoice;
use countersign_onion::{AssociatedData, Pad, Payload, PayloadsLen, PaymentPayload, Plan};
use countersign_tlv::{Reader, Writer};
use countersign_units::Msat;

use crate::onion::{Found, build, peel, secret_key, tweaked};
use crate::payer::{self, Wish};
use crate::scene::{Bought, RECIPIENT, Scene, need};
use crate::shop::{PowerCut, Said, Shop, recipient};

/// What a coffee costs, in msat.
pub const AMOUNT: u64 = 10_000;

/// The height that payers let a part expire at.
pub const EXPIRY: u32 = 800_000;

/// What the payer's onion says to the device.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// `amt_to_forward`, in msat.
    pub amount: u64,
    /// `total_amount_msat`.
    pub total: u64,
    /// `outgoing_cltv_value`.
    pub expiry: u32,
    /// The payment hash that the onion is bound to.
    pub payment_hash: [u8; 32],
    /// Whose onion it is: no two parts share a session key.
    pub session: u8,
}

/// An HTLC as it reaches the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Htlc {
    /// `onion_routing_packet`.
    pub onion: Vec<u8>,
    /// `path_key`.
    pub path_key: [u8; 33],
    /// `amount_msat`.
    pub amount: u64,
    /// `cltv_expiry`.
    pub expiry: u32,
}

impl Sent {
    /// All of `bought`'s amount in one part.
    #[must_use]
    pub const fn all(bought: &Bought) -> Self {
        Self {
            amount: AMOUNT,
            total: AMOUNT,
            expiry: EXPIRY,
            payment_hash: bought.payment_hash,
            session: 1,
        }
    }

    /// One of several parts of `bought`'s amount.
    #[must_use]
    pub const fn part(bought: &Bought, amount: u64, session: u8) -> Self {
        Self { amount, session, ..Self::all(bought) }
    }

    /// The payment over path number `at` of `invoice`, as an honest host sees it behind its node.
    ///
    /// # Panics
    ///
    /// When the invoice has no such path.
    #[must_use]
    pub fn over(&self, curve: &Curve<'_>, invoice: &[u8], at: usize) -> Htlc {
        let invoice = Invoice::parse(invoice).expect("an invoice");
        let paths = BlindedPaths::parse(&mut Reader::new(invoice.fields().paths.encoded()));
        let paths = paths.expect("paths");
        let path = paths.iter().nth(at).expect("a path");
        let onion = self.onion(curve, &path);
        self.passed(curve, onion, &path)
    }

    /// The onion as it leaves the payer for the path's introduction node.
    fn onion(&self, curve: &Curve<'_>, path: &BlindedPath<'_>) -> Vec<u8> {
        let hops: Vec<_> = path.hops().collect();
        let mut nodes: Vec<_> = hops
            .iter()
            .map(|hop| PublicKey::parse(hop.blinded_node_id).expect("a point"))
            .collect();
        nodes[0] = payer::relay().public_key(curve);
        let mut payloads: Vec<_> = hops
            .iter()
            .map(|hop| PaymentPayload {
                encrypted_recipient_data: Some(hop.encrypted_recipient_data),
                ..PaymentPayload::default()
            })
            .collect();
        payloads[0].current_path_key = PublicKey::parse(path.first_path_key()).ok();
        let last = payloads.last_mut().expect("a path has a hop");
        last.amt_to_forward = Msat::new(self.amount);
        last.outgoing_cltv_value = Some(self.expiry);
        last.total_amount_msat = Msat::new(self.total);
        let payloads: Vec<_> = payloads.iter().map(written).collect();
        let pieces: Vec<_> = payloads.iter().map(|payload| [&payload[..]]).collect();
        let payloads: Vec<_> = pieces.iter().map(|pieces| Payload::Pieces(pieces)).collect();
        let associated = AssociatedData::PaymentHash(self.payment_hash);
        let payloads_len = PayloadsLen::SMALL;
        let plan = Plan { payloads: &payloads, payloads_len, associated, pad: Pad::Middle };
        build(curve, &Secret::new([self.session; 32]), &nodes, &plan)
    }

    /// What is left of `onion` behind the relay and the recipient.
    fn passed(&self, curve: &Curve<'_>, onion: Vec<u8>, path: &BlindedPath<'_>) -> Htlc {
        let mut path_key = PublicKey::parse(path.first_path_key()).expect("a point");
        let mut packet = onion;
        let nodes = [payer::relay(), secret_key(&RECIPIENT)];
        for (at, (node, hop)) in nodes.iter().zip(path.hops()).enumerate() {
            let associated = AssociatedData::PaymentHash(self.payment_hash);
            // The introduction node is reached by its own key.
            let tweaked = tweaked(node, &path_key);
            let key = if at == 0 { node } else { &tweaked };
            let Found { next, .. } = peel(curve, key, &packet, associated, &[]).expect("its layer");
            packet = next.expect("it goes on");
            let unblinding = Unblinding::new(node, path_key);
            let mut data = hop.encrypted_recipient_data.to_vec();
            let data = unblinding.open(&mut data).expect("its data");
            path_key = unblinding.next_path_key(curve, &data).expect("a key");
        }
        Htlc {
            onion: packet,
            path_key: path_key.serialize(),
            amount: self.amount,
            expiry: self.expiry + 18,
        }
    }
}

fn written(payload: &PaymentPayload<'_>) -> Vec<u8> {
    let mut space = [0; 512];
    let mut writer = Writer::new(&mut space);
    payload.write(&mut writer).expect("room");
    writer.finish().to_vec()
}

/// A coffee shop under the onion rule that takes payments in several parts.
#[must_use]
pub fn open<'c>(curve: &'c Curve<'c>) -> Scene<'c> {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(70, 0), (50, 1)]);
    scene
}

/// The nodes that forward to the device: the relay, and the node that is paid.
#[must_use]
pub fn hops(scene: &Scene<'_>) -> [PaymentHop; 2] {
    // LDK forwards nothing for fewer blocks.
    let relay = PaymentHop { cltv_expiry_delta: 48, ..scene.hop() };
    let paid = PaymentHop {
        node: Bytes(scene.recipient.serialize()),
        short_channel_id: 0,
        fee_proportional_millionths: 0,
        fee_base_msat: 0,
        ..relay
    };
    [relay, paid]
}

/// An invoice for `wish` with so many paths that end at the device.
///
/// # Panics
///
/// When there is none.
pub fn buy(scene: &mut Scene<'_>, wish: &Wish<'_>, paths: usize) -> Bought {
    let device = scene.shop.node();
    let request = scene.request(wish);
    let (id, said) = scene.hear(&scene.message(&request));
    let payment_hash = need(&said).payment_hash.0;
    let hops = hops(scene);
    for _ in 0..paths {
        assert_eq!(scene.shop.path(id, &hops, recipient(device, &[])), Ok(None));
    }
    let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: true }));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
    let receipt = outgoing.receipt.expect("an invoice has a receipt").to_vec();
    let (_, invoice) = scene.deliver(id, &said);
    Bought { id, request, payment_hash, invoice, receipt }
}

impl Htlc {
    /// The host hands the HTLC in; the reply to its end, or to the frame that was refused.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn claim(&self, shop: &mut Shop, receipt: &[u8]) -> Said {
        self.try_claim(shop, receipt).expect("power does not fail here")
    }

    /// As [`Htlc::claim`], while power may fail.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn try_claim(&self, shop: &mut Shop, receipt: &[u8]) -> Result<Said, PowerCut> {
        let id = shop.id();
        let begin = ClaimRequest::Onion {
            receipt,
            path_key: Bytes(self.path_key),
            amount_msat: self.amount,
            cltv_expiry: self.expiry,
        };
        let begun = shop.say(id, &Request::Claim(begin))?.expect("a beginning is answered");
        if !matches!(begun.reply(), Reply::Credits { .. }) {
            return Ok(begun);
        }
        for (number, data) in self.onion.chunks(600).enumerate() {
            let offset = u32::try_from(number * 600).expect("short");
            let chunk = Request::Claim(ClaimRequest::OnionChunk(Chunk { offset, data }));
            assert_eq!(shop.say(id, &chunk)?, None);
        }
        let end = Request::Claim(ClaimRequest::OnionEnd);
        Ok(shop.say(id, &end)?.expect("an end is answered"))
    }
}
