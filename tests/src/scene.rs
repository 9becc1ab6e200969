//! A shop with an offer, a relay in front of it, and customers: what the promise tests play out.

use countersign_blinding::{BlindedPath, BlindedPaths, Unblinding};
use countersign_crypto::{Curve, PublicKey};
use countersign_link::{
    Bytes, Destination, MessageHop, NeedPaymentPaths, Network, NewOffer, NextHop, Part, PaymentHop,
    Price, Reply,
};
use countersign_offers::{Invoice, Offer, Signed};
use countersign_onion::{ContentType, FinalMessage, Payload};
use countersign_tlv::{Reader, TlvStream};

use crate::onion::secret_key;
use crate::payer::{self, InFlight, Wish};
use crate::records::{Records, pair};
use crate::shop::{Said, Shop};

/// The payer's key is this byte 32 times.
pub const PAYER: u8 = 42;

/// The recipient's secret key is this byte 32 times.
pub const RECIPIENT: [u8; 32] = [2; 32];

/// A shop, its offer, and the nodes around it.
#[derive(Debug)]
pub struct Scene<'c> {
    /// The curve, for whoever is not the device.
    pub curve: &'c Curve<'c>,
    /// The device and its merchant.
    pub shop: Shop,
    /// The node at which the offer's path begins.
    pub relay: PublicKey,
    /// The node that is paid.
    pub recipient: PublicKey,
    /// The offer's records.
    pub offer: Vec<u8>,
}

/// An invoice, and what led to it.
#[derive(Clone, Debug)]
pub struct Bought {
    /// The id of the request to the device.
    pub id: u32,
    /// The `invoice_request`.
    pub request: Vec<u8>,
    /// The payment hash that the host was told.
    pub payment_hash: [u8; 32],
    /// The invoice, as it reached the payer.
    pub invoice: Vec<u8>,
    /// What the host keeps for the claim.
    pub receipt: Vec<u8>,
}

/// What an onion to the device carries, where it is not the ordinary thing.
#[derive(Clone, Debug)]
pub struct Cargo<'m> {
    /// The reply path, if there is one.
    pub reply_path: Option<&'m [u8]>,
    /// `encrypted_recipient_data` in place of the offer path's.
    pub recipient_data: Option<&'m [u8]>,
    /// The type of the content.
    pub content_type: ContentType,
    /// The content.
    pub content: &'m [u8],
}

impl Cargo<'_> {
    /// The onion around it, as it leaves the payer for the first hop of `path`.
    ///
    /// # Panics
    ///
    /// When it cannot be built.
    #[must_use]
    pub fn over(&self, curve: &Curve<'_>, path: &BlindedPath<'_>) -> InFlight {
        let content = [self.content];
        let last = FinalMessage {
            reply_path: self.reply_path,
            encrypted_recipient_data: self
                .recipient_data
                .unwrap_or_else(|| payer::recipient_data(path)),
            content_type: self.content_type,
            content: &content,
        };
        payer::send_over(curve, path, Payload::Final(last))
    }
}

/// A cup for ten satoshi.
#[must_use]
pub const fn coffee() -> NewOffer<'static> {
    NewOffer {
        price: Price::Msat(10_000),
        description: Some("coffee"),
        issuer: None,
        quantity_max: None,
        expiry: None,
        issuer_id: true,
    }
}

/// Whatever the customer likes to give.
#[must_use]
pub const fn donation() -> NewOffer<'static> {
    NewOffer { price: Price::Any, description: Some("thanks"), ..coffee() }
}

impl<'c> Scene<'c> {
    /// A shop that sells [`coffee`].
    #[must_use]
    pub fn open(curve: &'c Curve<'c>) -> Self {
        Self::with(curve, &coffee())
    }

    /// A shop with the offer `new`.
    #[must_use]
    pub fn with(curve: &'c Curve<'c>, new: &NewOffer<'_>) -> Self {
        let relay = payer::relay().public_key(curve);
        let recipient = secret_key(&RECIPIENT).public_key(curve);
        let shop = Shop::open(Network::Regtest, recipient.serialize());
        let mut scene = Self { curve, shop, relay, recipient, offer: Vec::new() };
        scene.offer = scene.another_offer(new);
        scene
    }

    /// One more offer of the shop's: its records.
    #[must_use]
    pub fn another_offer(&mut self, new: &NewOffer<'_>) -> Vec<u8> {
        let node = Bytes(self.relay.serialize());
        let hop = MessageHop { node, named: Destination::Node(node), next: NextHop::NodeId };
        payer::records(&self.shop.offer(new, &[hop]))
    }

    /// A request for the offer.
    #[must_use]
    pub fn request(&self, wish: &Wish<'_>) -> Vec<u8> {
        payer::request(self.curve, &self.offer, wish)
    }

    /// `request` as `change` makes it, with a valid signature of the payer's.
    ///
    /// # Panics
    ///
    /// When the result is no stream of records.
    #[must_use]
    pub fn changed(&self, request: &[u8], change: impl FnOnce(Records) -> Records) -> Vec<u8> {
        let stream = TlvStream::parse(request).expect("a request");
        let all = stream.records().map(|record| (record.number, record.value.to_vec())).collect();
        change(Records::of(&all)).signed(PAYER, Signed::InvoiceRequest)
    }

    /// The path over the relay back to the payer.
    #[must_use]
    pub fn reply_path(&self) -> Vec<u8> {
        let payer = payer::payer().public_key(self.curve);
        payer::reply_path(self.curve, &[self.relay, payer], 0)
    }

    /// `request` as it reaches the device over the offer's path.
    #[must_use]
    pub fn message(&self, request: &[u8]) -> InFlight {
        self.message_with(request, &self.reply_path())
    }

    /// `request` as it reaches the device, to be answered along `reply_path`.
    #[must_use]
    pub fn message_with(&self, request: &[u8], reply_path: &[u8]) -> InFlight {
        let sent = payer::send(self.curve, &self.offer, request, reply_path);
        payer::pass(self.curve, &payer::relay(), &sent)
    }

    /// Whatever `cargo` is, as it reaches the device over the path of `offer`.
    ///
    /// # Panics
    ///
    /// When the onion cannot be built.
    #[must_use]
    pub fn ship(&self, offer: &[u8], cargo: &Cargo<'_>) -> InFlight {
        let offer = Offer::parse(offer).expect("it is an offer");
        let path = offer.fields().paths.expect("a path").iter().next().expect("one at least");
        payer::pass(self.curve, &payer::relay(), &cargo.over(self.curve, &path))
    }

    /// An ordinary cargo around `request`.
    #[must_use]
    pub const fn cargo<'m>(&self, request: &'m [u8], reply_path: &'m [u8]) -> Cargo<'m> {
        Cargo {
            reply_path: Some(reply_path),
            recipient_data: None,
            content_type: ContentType::INVOICE_REQUEST,
            content: request,
        }
    }

    /// The host hands `message` over under an id of its own; the id, and the last reply.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub fn hear(&mut self, message: &InFlight) -> (u32, Said) {
        let id = self.shop.id();
        let said = self.shop.onion(id, message.path_key, &message.packet).expect("power");
        (id, said)
    }

    /// The hop before the recipient, as an honest host describes it.
    #[must_use]
    pub fn hop(&self) -> PaymentHop {
        PaymentHop {
            node: Bytes(self.relay.serialize()),
            short_channel_id: 1,
            cltv_expiry_delta: 40,
            fee_proportional_millionths: 100,
            fee_base_msat: 10,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 10_000_000_000,
        }
    }

    /// An honest host's payment path for the invoice `id`; the reply to its end.
    pub fn honest_paths(&mut self, id: u32) -> Said {
        let hop = self.hop();
        self.shop.paths(id, &[hop], self.recipient.serialize()).expect("power")
    }

    /// Pulls the answer that `said` announces, and lets the payer read it: the content's type, and
    /// the content.
    ///
    /// # Panics
    ///
    /// When `said` announces none.
    pub fn deliver(&mut self, id: u32, said: &Said) -> (u64, Vec<u8>) {
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
        let packet = self.shop.pull(id, Part::Onion, outgoing.length.into());
        let answer = InFlight { path_key: outgoing.path_key.0, packet };
        let at_payer = payer::pass(self.curve, &payer::relay(), &answer);
        payer::receive(self.curve, &payer::payer(), &at_payer)
    }

    /// Sends `request` and goes all the way to the invoice.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn buy(&mut self, request: &[u8]) -> Bought {
        let (id, said) = self.hear(&self.message(request));
        let payment_hash = need(&said).payment_hash.0;
        let said = self.honest_paths(id);
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
        let receipt = outgoing.receipt.expect("an invoice has a receipt").to_vec();
        let (number, invoice) = self.deliver(id, &said);
        assert_eq!(number, ContentType::INVOICE.number());
        let (hash, _) = payer::verify(self.curve, request, &invoice);
        assert_eq!(hash, payment_hash);
        Bought { id, request: request.to_vec(), payment_hash, invoice, receipt }
    }

    /// The path key with which a payment of `invoice` reaches the recipient: what the introduction
    /// node computes when it forwards the HTLC.
    ///
    /// # Panics
    ///
    /// When the invoice has no path over the relay.
    #[must_use]
    pub fn arriving_path_key(&self, invoice: &[u8]) -> [u8; 33] {
        let invoice = Invoice::parse(invoice).expect("an invoice");
        let paths = invoice.fields().paths.encoded();
        let paths = BlindedPaths::parse(&mut Reader::new(paths)).expect("paths");
        let path = paths.iter().next().expect("one path");
        let path_key = PublicKey::parse(path.first_path_key()).expect("a point");
        let unblinding = Unblinding::new(&payer::relay(), path_key);
        let mut data = path.hops().next().expect("a hop").encrypted_recipient_data.to_vec();
        let data = unblinding.open(&mut data).expect("the relay can read it");
        unblinding.next_path_key(self.curve, &data).expect("a key").serialize()
    }

    /// The key of the payer.
    #[must_use]
    pub fn payer_id(&self) -> [u8; 33] {
        pair(self.curve, PAYER).public_key().serialize()
    }
}

/// What the device wants to know before it signs.
///
/// # Panics
///
/// When it said something else.
#[must_use]
pub fn need(said: &Said) -> NeedPaymentPaths {
    match said.reply() {
        Reply::NeedPaymentPaths(need) => need,
        other => panic!("{other:?}"),
    }
}

/// The error number that the device answered.
///
/// # Panics
///
/// When it answered something else.
#[must_use]
pub fn code(said: &Said) -> u16 {
    match said.reply() {
        Reply::Error(error) => error.code.0,
        other => panic!("{other:?}"),
    }
}
