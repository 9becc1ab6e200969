//! The steps as our crates take them: the way that a device goes, less its rules and its flash.

#![no_std]

use core::hint::black_box;
use core::num::NonZeroU16;

use countersign_bench_steps::{CREATED_AT, Inputs, LARGEST_PACKET, Task};
use countersign_blinding::{
    BlindedPaths, BlindedPayInfo, EncryptedDataTlv, ForwardingNode, Padding, PaymentConstraints,
    PaymentPath, PaymentRelay, Purpose, Recipient, Route, Sealing, ShortChannelId, Start,
    Unblinding,
};
use countersign_crypto::{Curve, CurveMemory, PublicKey, Secret, SecretKey};
use countersign_offers::{
    Authentic, ChainHash, CheckedRequest, Here, InvoiceRequest, InvoiceTerms, InvoiceWriter,
    OfferKeys, PaymentParts, SignedInvoice,
};
use countersign_onion::{
    AssociatedData, Build, ContentType, FinalMessage, Message, OnionMessage, Packet, Pad, Payload,
    PayloadsLen, PaymentPayload, Peel, Peeled, Plan, Progress,
};
use countersign_tlv::{Reader, Writer};
use countersign_units::{Msat, Seconds, UnixTime};

/// The channel from the relay to the merchant.
pub const CHANNEL: ShortChannelId = ShortChannelId(0x0c35_0000_0100_0001);

/// Bytes in which a packet comes over the link, and in which a reply goes.
const CHUNK: usize = 1_024;
/// Room for the records of an invoice that are not its request's, and for a whole invoice.
const INVOICE_SPACE: usize = 4_096;
/// Room for the path of a layer and for its recipient data.
const DATA_SPACE: usize = 512;
/// Most layers of a reply.
const LAYERS: usize = 14;
/// What the recipient's node wants in its own hop of a payment path, as many bytes as LDK 0.2.7's:
/// one odd record whose type takes three bytes.
const FOREIGN_RECORDS: [u8; 107] = {
    let mut records = [8; 107];
    [records[0], records[1], records[2], records[3]] = [0xfd, 0xff, 0xff, 103];
    records
};

/// A merchant whose keys our crates hold.
pub struct Merchant<'m> {
    curve: Curve<'m>,
    key: SecretKey,
    node_id: PublicKey,
    relay: PublicKey,
    offers: OfferKeys,
}

/// The memory of a device: what it works in, given once.
pub struct Memory {
    peel: Peel,
    build: Build,
    invoice: [u8; INVOICE_SPACE],
    reply: [u8; LARGEST_PACKET],
}

/// The keys of the merchant's offers.
#[must_use]
pub fn offer_keys() -> OfferKeys {
    OfferKeys::new(&Secret::new([2; 32]), 0)
}

fn parse(request: &[u8]) -> InvoiceRequest<'_> {
    InvoiceRequest::parse_bounded(request).expect("a request")
}

fn point(bytes: &[u8]) -> PublicKey {
    PublicKey::parse(bytes.try_into().expect("33 bytes")).expect("a point")
}

impl Memory {
    /// Memory that nothing has worked in yet.
    #[must_use]
    pub const fn new() -> Self {
        let reply = [0; LARGEST_PACKET];
        Self { peel: Peel::new(), build: Build::new(), invoice: [0; INVOICE_SPACE], reply }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl<'m> Merchant<'m> {
    /// The merchant whose node has this key, behind the relay with that id.
    ///
    /// # Panics
    ///
    /// When they are no keys.
    #[must_use]
    pub fn new(secret: [u8; 32], relay: &[u8], memory: &'m mut CurveMemory) -> Self {
        let curve = Curve::new(memory, &Secret::new([1; 32])).expect("memory enough");
        let key = SecretKey::parse(&Secret::new(secret)).expect("a key");
        let node_id = key.public_key(&curve);
        let relay = point(relay);
        Self { curve, key, node_id, relay, offers: offer_keys() }
    }

    /// Makes the task of `inputs` ready and gives it to `then`, to be done any number of times.
    ///
    /// # Panics
    ///
    /// When the inputs are not fit for the task.
    pub fn ready<R>(
        &self,
        inputs: &Inputs<'_>,
        memory: &mut Memory,
        then: impl FnOnce(&mut dyn FnMut()) -> R,
    ) -> R {
        let Memory { peel, build, invoice: space, reply } = memory;
        let message = inputs.message;
        match inputs.task {
            Task::Peel => then(&mut || {
                self.peel(peel, message, |_, _, data| {
                    black_box(data.path_id);
                });
            }),
            Task::Request => then(&mut || {
                black_box(&self.verify(&parse(inputs.request)));
            }),
            Task::OfferCheck => self.peel(peel, message, |_, blinded, data| {
                let path_id = data.path_id.expect("our path");
                let request = parse(inputs.request);
                let verified = self.verify(&request);
                then(&mut || drop(self.check(verified.clone(), path_id, blinded)))
            }),
            Task::PaymentPath => then(&mut || {
                black_box(self.payment_path(&mut Writer::new(space)));
            }),
            Task::PaymentOnion => then(&mut || self.payment_onion(peel, inputs)),
            Task::Invoice => {
                let mut path = [0; DATA_SPACE];
                let mut writer = Writer::new(&mut path);
                let payinfo = self.payment_path(&mut writer);
                let path = writer.written();
                self.asked(peel, inputs, |request| {
                    then(&mut || {
                        let mut writer = InvoiceWriter::new(space).expect("room");
                        writer.paths().bytes(path).expect("room");
                        black_box(&self.invoice(request, writer, &payinfo));
                    })
                })
            }
            Task::Reply => {
                let mut whole = [0; INVOICE_SPACE];
                let length = self.invoice_bytes(inputs, peel, space, &mut whole);
                let invoice = [&whole[..length]];
                then(&mut || {
                    let length = self.reply(build, inputs.reply_path, &invoice, reply);
                    assert_eq!(u32::try_from(length), Ok(inputs.reply_bytes));
                })
            }
            Task::Whole => then(&mut || {
                let length = self.whole(peel, build, space, message, reply);
                assert_eq!(u32::try_from(length), Ok(inputs.reply_bytes));
            }),
        }
    }

    /// Writes the invoice for the request of `inputs` to the front of `whole`, and says how long it
    /// is.
    ///
    /// # Panics
    ///
    /// When there is no invoice for it, or it is longer.
    pub fn invoice_bytes(
        &self,
        inputs: &Inputs<'_>,
        peel: &mut Peel,
        space: &mut [u8],
        whole: &mut [u8],
    ) -> usize {
        self.asked(peel, inputs, |request| {
            let mut writer = InvoiceWriter::new(space).expect("room");
            let payinfo = self.payment_path(writer.paths());
            let invoice = self.invoice(request, writer, &payinfo);
            let mut copy = Writer::new(whole);
            invoice.segments().iter().for_each(|part| copy.bytes(part).expect("room"));
            copy.written().len()
        })
    }

    /// Gives `then` the request of `inputs`, checked, as it came with their message.
    fn asked<R>(
        &self,
        peel: &mut Peel,
        inputs: &Inputs<'_>,
        then: impl FnOnce(&CheckedRequest<'_>) -> R,
    ) -> R {
        self.peel(peel, inputs.message, |_, blinded, data| {
            let request = parse(inputs.request);
            let path_id = data.path_id.expect("our path");
            then(&self.check(self.verify(&request), path_id, blinded))
        })
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
        let mut data = [0; DATA_SPACE];
        let data = &mut data[..message.encrypted_recipient_data.len()];
        data.copy_from_slice(message.encrypted_recipient_data);
        let data = unblinding.open(data).expect("our own data");
        then(&message, &blinded, &data)
    }

    /// Peels our layer of a payment's onion, and opens what the path holds for its recipient.
    fn payment_onion(&self, peel: &mut Peel, inputs: &Inputs<'_>) {
        let payment = &inputs.payment;
        let packet = Packet::parse(payment.onion).expect("a packet");
        let unblinding = Unblinding::new(&self.key, point(payment.path_key));
        let blinded = unblinding.blinded_key(&self.key).expect("a key");
        let associated = AssociatedData::PaymentHash(payment.hash);
        peel.begin(&blinded, packet.header, packet.payloads_len, associated).expect("a packet");
        for chunk in packet.payloads.chunks(CHUNK) {
            peel.chunk(chunk);
        }
        let Ok(Peeled::Final { payload }) = peel.finish(packet.hmac) else {
            panic!("not peeled");
        };
        let payload = PaymentPayload::parse(payload).expect("a payload");
        let sealed = payload.encrypted_recipient_data.expect("recipient data");
        let mut data = [0; DATA_SPACE];
        let data = &mut data[..sealed.len()];
        data.copy_from_slice(sealed);
        let records = unblinding.decrypt(data).expect("what LDK sealed for this node");
        let records = EncryptedDataTlv::parse_foreign_recipient(records).expect("records");
        black_box((payload.total_amount_msat, records.payment_constraints));
    }

    /// Verifies the signature of a request.
    fn verify<'r>(&self, request: &'r InvoiceRequest<'r>) -> Authentic<'r, InvoiceRequest<'r>> {
        request.verify_signature(&self.curve).expect("a signature")
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
            short_channel_id: CHANNEL,
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
            data: EncryptedDataTlv::parse_foreign_recipient(&FOREIGN_RECORDS).expect("records"),
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
    fn whole(
        &self,
        peel: &mut Peel,
        build: &mut Build,
        space: &mut [u8],
        message: &[u8],
        out: &mut [u8],
    ) -> usize {
        self.peel(peel, message, |message, blinded, data| {
            let content = message.content.expect("a request");
            let path_id = data.path_id.expect("our path");
            let request = parse(content.value);
            let request = self.check(self.verify(&request), path_id, blinded);
            let mut writer = InvoiceWriter::new(space).expect("room");
            let payinfo = self.payment_path(writer.paths());
            let invoice = self.invoice(&request, writer, &payinfo);
            let path = message.reply_path.expect("a way back");
            self.reply(build, path, &invoice.segments(), out)
        })
    }
}
