//! The steps as our crates take them: the way that a device goes, less its rules and its flash.

use core::num::NonZeroU16;

use countersign_blinding::{
    BlindedPaths, BlindedPayInfo, EncryptedDataTlv, ForwardingNode, Hop, Padding,
    PaymentConstraints, PaymentPath, PaymentRelay, Purpose, Recipient, Route, Sealing,
    ShortChannelId, Start, Unblinding,
};
use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};
use countersign_ldk_tests::payment::{HASH, Incoming};
use countersign_offers::{
    Amount, Authentic, ChainHash, CheckedRequest, Here, Identity, InvoiceRequest, InvoiceTerms,
    InvoiceWriter, Nonce, OfferKeys, OfferTerms, PathPurpose, PaymentParts, QuantityMax,
    SignedInvoice,
};
use countersign_onion::{
    AssociatedData, Build, ContentType, FinalMessage, Message, OnionMessage, Packet, Pad, Payload,
    PayloadsLen, PaymentPayload, Peel, Peeled, Plan, Progress,
};
use countersign_tlv::{Reader, Writer};
use countersign_units::{Msat, Seconds, UnixTime};
use lightning::offers::offer::Offer;
use lightning::util::ser::Writeable as _;

use crate::case::{AMOUNT, CREATED_AT, Case, DESCRIPTION, Party, parcel, reply_path, with_records};
use crate::step::{Size, Step};
use crate::{claim, ldk};

/// Bytes in which a packet comes over the link, and in which a reply goes.
const CHUNK: usize = 1_024;
/// Room for the records of an invoice that are not its request's.
const INVOICE_SPACE: usize = 4_096;
/// Most layers of a reply.
const LAYERS: usize = 14;
/// What the recipient's node wants in its own hop of a payment path: as many bytes as LDK 0.2.7's.
const FOREIGN_RECORDS: usize = 107;

/// A merchant whose keys our crates hold, with a request before it.
pub(crate) struct Merchant {
    curve: Curve<'static>,
    key: SecretKey,
    node_id: PublicKey,
    offers: OfferKeys,
    relay: PublicKey,
    foreign: Vec<u8>,
    /// What it is asked.
    pub(crate) case: Case,
    /// Its message with the type in front, as a peer sends it.
    message: Vec<u8>,
}

/// The memory of a device: what it works in, given once.
struct Memory {
    peel: Peel,
    build: Build,
    invoice: [u8; INVOICE_SPACE],
    reply: Vec<u8>,
}

/// Our way of a step, ready to be run any number of times.
pub(crate) fn prepare(step: Step) -> Box<dyn FnMut()> {
    let merchant: &'static Merchant = Box::leak(Box::new(Merchant::new(step.size())));
    let memory: &'static mut Memory = Box::leak(Box::new(Memory::new()));
    let request = &merchant.case.request[..];
    // Whose offer it is for does not matter to a parser: both read the request that LDK's merchant
    // gets.
    let theirs = ldk::Merchant::new(step.size()).case.request;
    match step {
        Step::Peel(size) => peel(merchant, memory, parcel(size, size.message())),
        Step::Payload(payload) => peel(merchant, memory, parcel(Size::Big, payload)),
        Step::Request => Box::new(move || merchant.parse_and_verify(&theirs)),
        Step::Records(more) => {
            let request = with_records(&theirs, more);
            Box::new(move || merchant.parse_and_verify(&request))
        }
        Step::OfferCheck => {
            let (path_id, blinded) = merchant.arrival();
            let request = Box::leak(Box::new(parse(request)));
            let verified = merchant.verify(request);
            Box::new(move || drop(merchant.check(verified.clone(), &path_id, &blinded)))
        }
        Step::PaymentPath => Box::new(move || {
            let mut writer = Writer::new(&mut memory.invoice);
            merchant.payment_path(&mut writer);
        }),
        Step::PaymentOnion => {
            let incoming = ldk::Merchant::new(step.size()).payment();
            Box::new(move || merchant.payment_onion(&mut memory.peel, &incoming))
        }
        Step::Claim => claim::prepare(),
        Step::Invoice => {
            let request: &'static CheckedRequest<'_> = Box::leak(Box::new(merchant.checked()));
            let mut space = [0; INVOICE_SPACE];
            let mut writer = Writer::new(&mut space);
            let payinfo = merchant.payment_path(&mut writer);
            let path = writer.written().to_vec();
            Box::new(move || {
                let mut writer = InvoiceWriter::new(&mut memory.invoice).expect("room");
                writer.paths().bytes(&path).expect("room");
                core::hint::black_box(&merchant.invoice(request, writer, &payinfo));
            })
        }
        Step::Reply(size) => reply(merchant, memory, size, size.layers()),
        Step::Layers(layers) => reply(merchant, memory, Size::Big, layers),
        Step::Whole(_) => Box::new(move || {
            merchant.whole(memory);
        }),
    }
}

fn peel(
    merchant: &'static Merchant,
    memory: &'static mut Memory,
    message: Vec<u8>,
) -> Box<dyn FnMut()> {
    let message = with_type(&message);
    Box::new(move || {
        merchant.peel(&mut memory.peel, &message, |_, _, data| {
            core::hint::black_box(data.path_id);
        });
    })
}

fn reply(
    merchant: &'static Merchant,
    memory: &'static mut Memory,
    size: Size,
    layers: usize,
) -> Box<dyn FnMut()> {
    let invoice = merchant.invoice_bytes();
    let path = reply_path(size, layers).encode();
    Box::new(move || {
        let length = merchant.reply(&mut memory.build, &path, &[&invoice], &mut memory.reply);
        assert_eq!(length, size.packet());
    })
}

fn parse(request: &[u8]) -> InvoiceRequest<'_> {
    InvoiceRequest::parse_bounded(request).expect("a request")
}

/// A peer's message, with its type.
fn with_type(message: &[u8]) -> Vec<u8> {
    [&OnionMessage::TYPE.to_be_bytes(), message].concat()
}

impl Memory {
    fn new() -> Self {
        let reply = vec![0; Size::Big.packet()];
        Self { peel: Peel::new(), build: Build::new(), invoice: [0; INVOICE_SPACE], reply }
    }
}

impl Merchant {
    /// The merchant of the reference case of one size.
    pub(crate) fn new(size: Size) -> Self {
        let memory: &'static mut CurveMemory = Box::leak(Box::new(CurveMemory::new()));
        let curve = Curve::new(memory, &Secret::new([1; 32])).expect("memory enough");
        let node = Party::Merchant.node();
        let key = SecretKey::parse(&Secret::new(node.secret().secret_bytes())).expect("a key");
        let offers = OfferKeys::new(&Secret::new([2; 32]), 0);
        let [node_id, relay] = [node.id(), Party::Relay.node().id()]
            .map(|id| PublicKey::parse(&id.serialize()).expect("a point"));
        let offer = offer(&curve, node_id, &offers, relay, size);
        let case = Case::new(size, &Offer::try_from(offer).expect("LDK reads it"));
        let message = with_type(&case.message);
        let length = u8::try_from(FOREIGN_RECORDS - 4).expect("short");
        // One odd record whose type takes three bytes.
        let foreign = [&[0xfd, 0xff, 0xff, length][..], &[8; FOREIGN_RECORDS - 4]].concat();
        Self { curve, key, node_id, offers, relay, foreign, case, message }
    }

    /// Peels our layer, and gives `then` the message, the layer's key and its recipient data.
    fn peel<T>(
        &self,
        peel: &mut Peel,
        message: &[u8],
        then: impl FnOnce(&Message<'_>, &SecretKey, &EncryptedDataTlv<'_>) -> T,
    ) -> T {
        let OnionMessage { path_key, packet } = OnionMessage::parse(message).expect("a message");
        let unblinding = Unblinding::new(&self.key, path_key);
        let blinded = unblinding.blinded_key(&self.key).expect("a key");
        peel.begin(&blinded, packet.header, packet.payloads_len, AssociatedData::None)
            .expect("a packet");
        for chunk in packet.payloads.chunks(CHUNK) {
            peel.chunk(chunk);
        }
        let Ok(Peeled::Final { payload }) = peel.finish(packet.hmac) else {
            panic!("not peeled");
        };
        let message = Message::parse(payload).expect("onionmsg_tlv");
        let mut data = [0; 512];
        let data = &mut data[..message.encrypted_recipient_data.len()];
        data.copy_from_slice(message.encrypted_recipient_data);
        let data = unblinding.open(data).expect("our own data");
        then(&message, &blinded, &data)
    }

    /// Peels our layer of a payment's onion, and opens what the path holds for its recipient.
    fn payment_onion(&self, peel: &mut Peel, incoming: &Incoming) {
        let packet = Packet::parse(&incoming.onion).expect("a packet");
        let path_key = incoming.path_key.as_ref().expect("a blinded path");
        let unblinding = Unblinding::new(&self.key, PublicKey::parse(path_key).expect("a point"));
        let blinded = unblinding.blinded_key(&self.key).expect("a key");
        let associated = AssociatedData::PaymentHash(HASH.0);
        peel.begin(&blinded, packet.header, packet.payloads_len, associated).expect("a packet");
        for chunk in packet.payloads.chunks(CHUNK) {
            peel.chunk(chunk);
        }
        let Ok(Peeled::Final { payload }) = peel.finish(packet.hmac) else {
            panic!("not peeled");
        };
        let payload = PaymentPayload::parse(payload).expect("a payload");
        let sealed = payload.encrypted_recipient_data.expect("recipient data");
        let mut data = [0; 512];
        let data = &mut data[..sealed.len()];
        data.copy_from_slice(sealed);
        let records = unblinding.decrypt(data).expect("what LDK sealed for this node");
        let records = EncryptedDataTlv::parse_foreign_recipient(records).expect("records");
        core::hint::black_box((payload.total_amount_msat, records.payment_constraints));
    }

    /// Verifies the signature of a request.
    fn verify<'r>(&self, request: &'r InvoiceRequest<'r>) -> Authentic<'r, InvoiceRequest<'r>> {
        request.verify_signature(&self.curve).expect("a signature")
    }

    /// Parses a request and verifies its signature.
    fn parse_and_verify(&self, request: &[u8]) {
        core::hint::black_box(self.verify(&parse(request)));
    }

    /// Finds the offer that is asked for, and checks what depends on the moment.
    fn check<'r>(
        &self,
        request: Authentic<'r, InvoiceRequest<'r>>,
        path_id: &[u8],
        blinded: &SecretKey,
    ) -> CheckedRequest<'r> {
        let here = Here { now: UnixTime(CREATED_AT), chain: ChainHash::BITCOIN, rate: None };
        let ours = self.offers.recognise(&self.curve, request, path_id, blinded).expect("ours");
        ours.check(&here).expect("a request to answer")
    }

    /// Blinds a payment path of two hops.
    fn payment_path(&self, writer: &mut Writer<'_>) -> BlindedPayInfo<'static> {
        let most = Msat::new(1_000_000_000).expect("below 21 million");
        let least = Msat::new(1).expect("below 21 million");
        let forwarding = [ForwardingNode {
            node_id: self.relay,
            short_channel_id: ShortChannelId(0x0c35_0000_0100_0001),
            relay: PaymentRelay {
                cltv_expiry_delta: 144,
                fee_proportional_millionths: 100,
                fee_base_msat: 1_000,
            },
            htlc_minimum: least,
            htlc_maximum: most,
        }];
        let recipient = Recipient {
            node_id: self.node_id,
            data: EncryptedDataTlv::parse_foreign_recipient(&self.foreign).expect("records"),
            sealing: Sealing::Plain,
            min_final_cltv_expiry_delta: 42,
            constraints: PaymentConstraints { max_cltv_expiry: 900_000, htlc_minimum: least },
            htlc_maximum: most,
        };
        let path = PaymentPath { forwarding: &forwarding, recipient: &recipient };
        let route = Route {
            purpose: Purpose::Payment,
            start: Start::NodeId,
            hops: path.hops().expect("hops"),
            dummy_hops: 0,
            padding: Padding::EqualMultipleOf(NonZeroU16::new(30).expect("not zero")),
        };
        let session_key = Secret::new([0x33; 32]);
        route.blind(&self.curve, &session_key, writer).expect("a path");
        path.payinfo().expect("payinfo")
    }

    /// Writes the invoice around the request, signs it and verifies that.
    fn invoice<'i>(
        &self,
        request: &'i CheckedRequest<'_>,
        writer: InvoiceWriter<'i>,
        payinfo: &BlindedPayInfo<'_>,
    ) -> SignedInvoice<'i> {
        let terms = InvoiceTerms {
            created_at: UnixTime(CREATED_AT),
            relative_expiry: Seconds(7_200),
            payment_hash: [6; 32],
            payment_parts: PaymentParts::Several,
        };
        let invoice = writer.finish(&request.answerable(), &terms, core::slice::from_ref(payinfo));
        invoice.expect("an invoice").sign(&self.curve, &[0; 32]).expect("a signature")
    }

    /// Builds the onion of the reply at the front of `out`, and says how long it is.
    fn reply(&self, build: &mut Build, path: &[u8], invoice: &[&[u8]], out: &mut [u8]) -> usize {
        // Only the hops' points are computed with; the others are for whoever passes the reply on.
        let paths = BlindedPaths::frame(&mut Reader::new(path)).expect("a path");
        let path = paths.iter().next().expect("one");
        let count = usize::from(path.num_hops());
        let mut payloads = [Payload::Forward(&[]); LAYERS];
        for (at, (payload, hop)) in payloads.iter_mut().zip(path.hops()).enumerate() {
            let data = hop.encrypted_recipient_data;
            *payload = match at + 1 == count {
                false => Payload::Forward(data),
                true => Payload::Final(FinalMessage {
                    reply_path: None,
                    encrypted_recipient_data: data,
                    content_type: ContentType::INVOICE,
                    content: invoice,
                }),
            };
        }
        let payloads = &payloads[..count];
        let payloads_len = PayloadsLen::smallest_for(payloads).expect("a reply that fits");
        let plan =
            Plan { payloads, payloads_len, associated: AssociatedData::None, pad: Pad::Middle };
        build.begin(&Secret::new([0x44; 32]), &plan).expect("a plan");
        for hop in path.hops() {
            let node = PublicKey::parse(hop.blinded_node_id).expect("a point");
            while build.layer(&self.curve, &node).expect("a layer") == Progress::More {}
        }
        while build.work(payloads, CHUNK).expect("the MACs") == Progress::More {}
        let packet = &mut out[..payloads_len.packet_len()];
        let mut offset = 0;
        for chunk in packet.chunks_mut(CHUNK) {
            offset += build.chunk(payloads, offset, chunk).expect("a chunk");
        }
        offset
    }

    /// The whole way.
    fn whole(&self, memory: &mut Memory) -> usize {
        let Memory { peel, build, invoice, reply } = memory;
        self.peel(peel, &self.message, |message, blinded, data| {
            let content = message.content.expect("a request");
            let path_id = data.path_id.expect("our path");
            let request = parse(content.value);
            let request = self.check(self.verify(&request), path_id, blinded);
            let mut writer = InvoiceWriter::new(invoice).expect("room");
            let payinfo = self.payment_path(writer.paths());
            let invoice = self.invoice(&request, writer, &payinfo);
            let path = message.reply_path.expect("a way back");
            self.reply(build, path, &invoice.segments(), reply)
        })
    }

    /// The bytes of a whole invoice.
    pub(crate) fn invoice_bytes(&self) -> Vec<u8> {
        let request = self.checked();
        let mut space = [0; INVOICE_SPACE];
        let mut writer = InvoiceWriter::new(&mut space).expect("room");
        let payinfo = self.payment_path(writer.paths());
        self.invoice(&request, writer, &payinfo).segments().concat()
    }

    /// The reference request, checked.
    fn checked(&self) -> CheckedRequest<'_> {
        let (path_id, blinded) = self.arrival();
        let request = Box::leak(Box::new(parse(&self.case.request)));
        self.check(self.verify(request), &path_id, &blinded)
    }

    /// By what the reference request arrived: its `path_id`, and the key of that path's last hop.
    fn arrival(&self) -> (Vec<u8>, SecretKey) {
        self.peel(&mut Peel::new(), &self.message, |_, blinded, data| {
            let key = SecretKey::parse(&blinded.expose_secret()).expect("a key");
            (data.path_id.expect("our path").to_vec(), key)
        })
    }
}

/// Our offer, with the path relay, merchant.
fn offer(
    curve: &Curve<'_>,
    node_id: PublicKey,
    offers: &OfferKeys,
    relay: PublicKey,
    size: Size,
) -> Vec<u8> {
    let nonce = Nonce([7; 16]);
    let path_id = offers.path_id(PathPurpose::Offer, &nonce);
    let own_id = node_id.serialize();
    let onward = match size {
        Size::Small => EncryptedDataTlv {
            short_channel_id: Some(ShortChannelId(0x0c35_0000_0100_0001)),
            ..EncryptedDataTlv::default()
        },
        Size::Big => {
            EncryptedDataTlv { next_node_id: Some(&own_id), ..EncryptedDataTlv::default() }
        }
    };
    let own = EncryptedDataTlv { path_id: Some(&path_id.0), ..EncryptedDataTlv::default() };
    let padding = match size {
        Size::Small => Padding::None,
        // As LDK pads.
        Size::Big => Padding::EqualMultipleOf(NonZeroU16::new(100).expect("not zero")),
    };
    let route = Route {
        purpose: Purpose::Message,
        start: Start::NodeId,
        hops: [Hop::plain(relay, onward), Hop::plain(node_id, own)].into_iter(),
        dummy_hops: 0,
        padding,
    };
    let mut space = [0; 1_024];
    let mut writer = Writer::new(&mut space);
    route.blind(curve, &Secret::new([0x55; 32]), &mut writer).expect("a path");
    let paths = BlindedPaths::parse(&mut Reader::new(writer.written())).expect("paths");
    let terms = OfferTerms {
        chain: ChainHash::BITCOIN,
        amount: Msat::new(AMOUNT).map(Amount::Bitcoin),
        description: Some(DESCRIPTION),
        absolute_expiry: None,
        paths: Some(paths),
        issuer: None,
        quantity_max: QuantityMax::One,
    };
    let mut buffer = [0; 1_024];
    let offer = offers.issue(curve, &terms, &nonce, Identity::IssuerId, &mut buffer);
    offer.expect("an offer").records().bytes().to_vec()
}
