//! A payer made of our own crates, with one relay between them and the merchant's device.

use countersign_blinding::{
    BlindedPath, BlindedPaths, EncryptedDataTlv, Hop, Introduction, Padding, Purpose, Route, Start,
    Unblinding,
};
use countersign_crypto::{Curve, PublicKey, Secret, SecretKey};
use countersign_offers::text::{self, Prefix};
use countersign_offers::{ChainHash, Invoice, Offer, RequestTerms};
use countersign_onion::{
    AssociatedData, ContentType, FinalMessage, Message, Pad, Payload, PayloadsLen, Plan,
};
use countersign_tlv::{Reader, Writer};
use countersign_units::UnixTime;

use crate::onion::{Found, build, peel, secret_key, tweaked};
use crate::records::pair;

/// An onion message on its way: a path key and a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// `path_key`.
    pub path_key: [u8; 33],
    /// The packet.
    pub packet: Vec<u8>,
}

/// The relay's secret key.
#[must_use]
pub fn relay() -> SecretKey {
    secret_key(&[0x41; 32])
}

/// The payer's node key.
#[must_use]
pub fn payer() -> SecretKey {
    secret_key(&[0x42; 32])
}

/// The records of an offer's text.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn records(offer: &str) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let (prefix, records) = text::decode(offer, &mut buffer).expect("it is an offer's text");
    assert_eq!(prefix, Prefix::Offer);
    records.to_vec()
}

/// What a payer asks for.
#[derive(Clone, Debug)]
pub struct Wish<'w> {
    /// `invreq_metadata`.
    pub metadata: &'w [u8],
    /// `invreq_chain`.
    pub chain: ChainHash,
    /// `invreq_amount` in msat.
    pub amount: Option<u64>,
    /// `invreq_quantity`.
    pub quantity: Option<u64>,
    /// `invreq_payer_note`.
    pub note: Option<&'w str>,
    /// Bytes of padding in the reply path, which make the request a large one.
    pub reply_padding: usize,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            metadata: &[6; 16],
            chain: ChainHash::REGTEST,
            amount: None,
            quantity: None,
            note: None,
            reply_padding: 0,
        }
    }
}

/// The bytes of a request for `offer`.
///
/// # Panics
///
/// When the wish does not fit the offer.
#[must_use]
pub fn request(curve: &Curve<'_>, offer: &[u8], wish: &Wish<'_>) -> Vec<u8> {
    let offer = Offer::parse(offer).expect("it is an offer");
    let offer = offer.check(UnixTime(0), wish.chain).expect("it is payable");
    let terms = RequestTerms {
        metadata: wish.metadata,
        chain: wish.chain,
        amount: wish.amount.and_then(countersign_units::Msat::new),
        quantity: wish.quantity,
        payer_note: wish.note,
    };
    let mut buffer = [0; 4096];
    let request = terms.write(offer, curve, &pair(curve, 42), &mut buffer);
    request.expect("the wish fits the offer").records().bytes().to_vec()
}

/// A reply path of `hops`, the payer last.
///
/// # Panics
///
/// When it cannot be made.
#[must_use]
pub fn reply_path(curve: &Curve<'_>, hops: &[PublicKey], padding: usize) -> Vec<u8> {
    let ids: Vec<[u8; 33]> = hops.iter().map(PublicKey::serialize).collect();
    let path_id = vec![9; 16 + padding];
    let route = hops.iter().zip(1..).map(|(node, next)| {
        let data = match ids.get(next) {
            Some(id) => EncryptedDataTlv { next_node_id: Some(id), ..EncryptedDataTlv::default() },
            None => EncryptedDataTlv { path_id: Some(&path_id), ..EncryptedDataTlv::default() },
        };
        Hop::plain(*node, data)
    });
    let mut buffer = vec![0; 4096 + padding * hops.len()];
    let mut writer = Writer::new(&mut buffer);
    let route = Route {
        purpose: Purpose::Message,
        start: Start::NodeId,
        hops: route,
        dummy_hops: 0,
        padding: Padding::Equal,
    };
    route.blind(curve, &Secret::new([0x61; 32]), &mut writer).expect("the path can be made");
    writer.finish().to_vec()
}

/// The request's onion, as it leaves the payer for the first hop of the offer's first path.
///
/// # Panics
///
/// When it cannot be built.
#[must_use]
pub fn send(curve: &Curve<'_>, offer: &[u8], request: &[u8], reply_path: &[u8]) -> InFlight {
    let offer = Offer::parse(offer).expect("it is an offer");
    let path = offer.fields().paths.expect("it has a path").iter().next().expect("one at least");
    let content = [request];
    let last = FinalMessage {
        reply_path: Some(reply_path),
        encrypted_recipient_data: recipient_data(&path),
        content_type: ContentType::INVOICE_REQUEST,
        content: &content,
    };
    send_over(curve, &path, Payload::Final(last))
}

/// An onion whose last hop finds `last`, as it leaves the payer for the first hop of `path`.
///
/// # Panics
///
/// When it cannot be built.
#[must_use]
pub fn send_over(curve: &Curve<'_>, path: &BlindedPath<'_>, last: Payload<'_>) -> InFlight {
    let hops: Vec<_> = path.hops().collect();
    let nodes: Vec<_> =
        hops.iter().map(|hop| PublicKey::parse(hop.blinded_node_id).unwrap()).collect();
    let mut payloads: Vec<_> =
        hops.iter().map(|hop| Payload::Forward(hop.encrypted_recipient_data)).collect();
    *payloads.last_mut().expect("a path has a hop") = last;
    let payloads_len = PayloadsLen::smallest_for(&payloads).expect("it fits");
    let associated = AssociatedData::None;
    let plan = Plan { payloads: &payloads, payloads_len, associated, pad: Pad::Middle };
    let packet = build(curve, &Secret::new([0x71; 32]), &nodes, &plan);
    InFlight { path_key: *path.first_path_key(), packet }
}

/// What whoever made `path` encrypted for its last hop.
///
/// # Panics
///
/// When the path has no hop.
#[must_use]
pub fn recipient_data<'p>(path: &BlindedPath<'p>) -> &'p [u8] {
    path.hops().last().expect("a path has a hop").encrypted_recipient_data
}

/// What `node` makes of a message that is not for it: the next node's.
///
/// # Panics
///
/// When the message ends here, or is not for `node`.
#[must_use]
pub fn pass(curve: &Curve<'_>, node: &SecretKey, message: &InFlight) -> InFlight {
    let path_key = PublicKey::parse(&message.path_key).expect("a point");
    let Found { payload, next } =
        peel(curve, &tweaked(node, &path_key), &message.packet, AssociatedData::None, &[])
            .expect("the message is for this node");
    let mut data = Message::parse_forward(&payload).expect("it goes on").to_vec();
    let unblinding = Unblinding::new(node, path_key);
    let data = unblinding.open(&mut data).expect("the data are for this node");
    let path_key = unblinding.next_path_key(curve, &data).expect("a key").serialize();
    InFlight { path_key, packet: next.expect("it goes on") }
}

/// What a message says that ends at `node`: the number of its content, and the content.
///
/// # Panics
///
/// When it does not end there.
#[must_use]
pub fn receive(curve: &Curve<'_>, node: &SecretKey, message: &InFlight) -> (u64, Vec<u8>) {
    let path_key = PublicKey::parse(&message.path_key).expect("a point");
    let found = peel(curve, &tweaked(node, &path_key), &message.packet, AssociatedData::None, &[])
        .expect("the message is for this node");
    assert_eq!(found.next, None, "it ends here");
    let content = Message::parse(&found.payload).expect("a message").content.expect("a content");
    (content.content_type.number(), content.value.to_vec())
}

/// Checks an invoice as a payer must (R-VR) and returns its payment hash and amount.
///
/// # Panics
///
/// When it is not the answer to `request`.
#[must_use]
pub fn verify(curve: &Curve<'_>, request: &[u8], invoice: &[u8]) -> ([u8; 32], u64) {
    let invoice = Invoice::parse(invoice).expect("an invoice");
    invoice.verify_signature(curve).expect("the signature is the merchant's");
    let mirrored = countersign_offers::Suspended::mirrored(request).expect("a request");
    for part in mirrored {
        let repeated = invoice.records().bytes().windows(part.len().max(1)).any(|at| at == part);
        assert!(part.is_empty() || repeated, "every record of the request is repeated");
    }
    if let Some(issuer_id) = invoice.offer().issuer_id {
        assert_eq!(invoice.fields().node_id.serialize(), *issuer_id);
    }
    (invoice.fields().payment_hash, invoice.fields().amount.get())
}

/// The node at which a path of an offer begins.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn introduction(path: &[u8]) -> Option<[u8; 33]> {
    let paths = BlindedPaths::parse(&mut Reader::new(path)).expect("a path");
    match paths.iter().next().expect("one").introduction() {
        Introduction::NodeId(id) => Some(*id),
        Introduction::ShortChannelId { .. } => None,
    }
}
