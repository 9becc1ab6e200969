//! The reference cases: who asks whom for what, and over which path.

use countersign_bench_steps::Task;
use countersign_crypto::PublicKey;
use countersign_ldk_tests::dice::Dice;
use countersign_ldk_tests::keyring::Keyring;
use countersign_ldk_tests::node::{Node, Parcel};
use countersign_ldk_tests::our_node::point;
use countersign_ldk_tests::payment::{HASH, Incoming, forward, pay_blinded};
use countersign_ldk_tests::records::Records;
use lightning::blinded_path::message::{
    BlindedMessagePath, MessageContext, MessageForwardNode, OffersContext,
};
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::ln::channelmanager::PaymentId;
use lightning::ln::msgs::OnionMessage;
use lightning::offers::nonce::Nonce;
use lightning::offers::offer::Offer;
use lightning::onion_message::messenger::{Destination, OnionMessagePath, PeeledOnion};
use lightning::onion_message::offers::OffersMessage;
use lightning::onion_message::packet::OnionMessageContents;
use lightning::sign::NodeSigner;
use lightning::util::ser::Writeable;

use crate::measure::Side;
use crate::step::{Size, Step};
use crate::supply::Supply;
use crate::{ldk, ours};

/// What the offer costs, in millisatoshis.
pub(crate) const AMOUNT: u64 = 10_000_000;
/// What it is for.
pub(crate) const DESCRIPTION: &str = "Two coffees and a slice of the apple cake";

/// Who takes part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Party {
    /// Whom the request is for.
    Merchant,
    /// The node before the merchant.
    Relay,
    /// Who asks.
    Payer,
    /// One of the nodes before the payer.
    ReplyHop(usize),
}

impl Party {
    /// The party as a node of LDK's.
    pub(crate) fn node(self) -> Node {
        let index = match self {
            Self::Merchant => 0,
            Self::Relay => 1,
            Self::Payer => 2,
            Self::ReplyHop(hop) => 3 + hop,
        };
        let (secret, _) = Keyring::default().nth(index);
        Node::new(secret, u64::try_from(index).expect("small"))
    }

    /// The party's node id.
    pub(crate) fn point(self) -> PublicKey {
        point(&self.node().id().serialize())
    }

    /// The party as a hop that forwards messages.
    fn hop(self, size: Size) -> MessageForwardNode {
        // A hop with a channel id is one that LDK does not pad: the small case has no room.
        let short_channel_id = match size {
            Size::Small => Some(0x0c35_0000_0100_0001),
            Size::Big => None,
        };
        MessageForwardNode { node_id: self.node().id(), short_channel_id }
    }
}

/// A request on its way, as the merchant sees it.
pub(crate) struct Case {
    /// The onion message: path key, length, packet.
    pub(crate) message: Vec<u8>,
    /// The `invoice_request` in it.
    pub(crate) request: Vec<u8>,
    /// Where the reply goes.
    pub(crate) reply_path: BlindedMessagePath,
    /// The bytes of `encrypted_recipient_data` in our layer.
    pub(crate) data: usize,
}

impl Case {
    /// LDK's payer asks for `offer`.
    pub(crate) fn new(size: Size, offer: &Offer) -> Self {
        let payer = Party::Payer.node();
        let reply_path = reply_path(size, size.layers());
        let request = offer
            .request_invoice(
                &payer.get_expanded_key(),
                Nonce::from_entropy_source(payer.entropy()),
                payer.secp(),
                PaymentId([5; 32]),
            )
            .and_then(|builder| builder.payer_note("For table nine".into()).build_and_sign())
            .expect("a request");
        let path = offer.paths().first().expect("the offer's path").clone();
        let data = path.blinded_hops().last().expect("a hop").encrypted_payload.len();
        let bytes = request.encode();
        let message = send(
            &payer,
            Destination::BlindedPath(path),
            OffersMessage::InvoiceRequest(request),
            Some(reply_path.clone()),
        );
        let Some(PeeledOnion::Forward(_, message)) = Party::Relay.node().peel(&message) else {
            panic!("the relay forwards");
        };
        assert_eq!(message.onion_routing_packet.hop_data.len(), size.payloads());
        Self { message: message.encode(), request: bytes, reply_path, data }
    }
}

/// Prints what the cases are made of.
pub(crate) fn describe() {
    println!(
        "The very same bytes for both: the packets of `peel-*` and `payload-*`, the requests of"
    );
    println!(
        "`request` and `records-*`, the reply paths of `reply-*` and `layers-*`, and the HTLC of"
    );
    println!(
        "`payment-onion`, in whose last hop are LDK's own records: LDK reads what they say, ours that"
    );
    println!("nothing in them sends the payment on. Elsewhere each");
    println!(
        "side's offer holds its own key, and its offer path what that side keeps in it: same hops,"
    );
    println!(
        "same layers, same sizes of packets. The recipient's records in a payment path are LDK's"
    );
    println!("own; ours has as many bytes of them.");
    for size in [Size::Small, Size::Big] {
        let whole = Step::Whole(size);
        let (ours, ldk) = (ours::case(size), ldk::Merchant::new(size));
        let our_invoice = ours::invoice(&Supply::new(Side::Ours, whole).inputs(Task::Whole));
        println!(
            "\n{}: {}-byte packets in and out, a reply of {} layers, a payment path of 2 hops",
            whole.name(),
            size.packet(),
            size.layers(),
        );
        for (side, case, invoice) in
            [("ours", &ours, our_invoice), ("LDK's", &ldk.case, ldk.invoice_bytes())]
        {
            println!(
                "{side:>6}: request {} bytes, reply path {}, recipient data {}, invoice {}",
                case.request.len(),
                case.reply_path.encode().len(),
                case.data,
                invoice.len(),
            );
        }
    }
}

/// The offer's path: relay, merchant.
pub(crate) fn offer_path(size: Size, merchant: &Node, nonce: Nonce) -> BlindedMessagePath {
    BlindedMessagePath::new(
        &[Party::Relay.hop(size)],
        merchant.id(),
        merchant.get_receive_auth_key(),
        MessageContext::Offers(OffersContext::InvoiceRequest { nonce }),
        merchant.entropy(),
        merchant.secp(),
    )
}

/// A way back to the payer: one hop for each layer of the reply.
pub(crate) fn reply_path(size: Size, layers: usize) -> BlindedMessagePath {
    let payer = Party::Payer.node();
    let hops: Vec<_> = (1..layers).map(|hop| Party::ReplyHop(hop).hop(size)).collect();
    let context = OffersContext::OutboundPayment {
        payment_id: PaymentId([5; 32]),
        nonce: Nonce::from_entropy_source(payer.entropy()),
    };
    BlindedMessagePath::new(
        &hops,
        payer.id(),
        payer.get_receive_auth_key(),
        MessageContext::Offers(context),
        payer.entropy(),
        payer.secp(),
    )
}

/// A message straight to the merchant, in a packet of one size, whose payload means nothing: peeling
/// it costs nothing but peeling, and its path holds no context that only LDK or only we understand.
pub(crate) fn parcel(size: Size, payload: usize) -> Vec<u8> {
    let contents = Parcel(Dice::new(1).bytes(payload));
    let merchant = Destination::Node(Party::Merchant.node().id());
    let message = send(&Party::Payer.node(), merchant, contents, None);
    assert_eq!(message.onion_routing_packet.hop_data.len(), size.payloads());
    message.encode()
}

/// A payment along `path` as it reaches the merchant: LDK pays, and LDK's relay passes it on.
pub(crate) fn payment(path: &BlindedPaymentPath) -> Incoming {
    let relay = Party::Relay.node();
    forward(&pay_blinded(&relay, path), &relay, &path.blinding_point().serialize(), HASH)
}

/// `request` with this many more records that nobody knows, signed again.
pub(crate) fn with_records(request: &[u8], more: usize) -> Vec<u8> {
    let mut records = Records::split(request).expect("a request");
    let payer = Keyring::default().nth(PAYER_ID);
    for index in 0..more {
        let index = u64::try_from(index).expect("few");
        records.set(2_000_000_001 + 2 * index, vec![7; 8]);
    }
    records.set(88, payer.1.serialize().to_vec());
    Keyring::default().sign(&mut records, "invoice_request", &payer.1.serialize());
    records.encode()
}

/// The key that signs requests which are changed: its place in the ring.
const PAYER_ID: usize = 20;

fn send<T: OnionMessageContents>(
    from: &Node,
    destination: Destination,
    contents: T,
    reply_path: Option<BlindedMessagePath>,
) -> OnionMessage {
    let path = OnionMessagePath {
        intermediate_nodes: Vec::new(),
        destination,
        first_node_addresses: Vec::new(),
    };
    let (_, sent) = from.send(path, contents, reply_path).expect("a message");
    sent
}
