//! The evidence of the onion rule: payment onions that end at the device itself, part by part.

use core::num::NonZeroU64;

use countersign_blinding::Unblinding;
use countersign_crypto::{PublicKey, sha256};
use countersign_link::{Bytes, Chunk, Code, Reply, WINDOW};
use countersign_onion::capacity::HMAC_LEN;
use countersign_onion::{AssociatedData, PayloadsLen, PaymentPayload, Peel, Peeled};
use countersign_policy::{Evidence, Match, Rule};
use countersign_units::Msat;
use heapless::Vec;

use crate::capacity::PART_DATA_LEN;
use crate::copy;
use crate::device::{Condition, Device, Scratch};
use crate::input::Failure;
use crate::parts::Part;
use crate::task::{Receiving, Task};
use crate::vault::{Payment, Release, Standing, half_sha256, same};
use crate::{Moment, Output};

/// A part of a payment whose onion is on its way in, and what it has to fit.
#[derive(Debug)]
pub(crate) struct Incoming {
    onion: Receiving,
    payment: Payment,
    /// The first half of the SHA-256 of the receipt, and of the `path_id` of the path that the part
    /// arrives over.
    receipt: [u8; 16],
    path_id: [u8; 16],
    /// The HTLC, as the host describes it.
    amount: u64,
    cltv_expiry: u32,
}

/// What a part's onion says, as far as the invoice has to be held against it.
struct Opened {
    /// As if all other parts were there.
    evidence: Evidence,
    amount: NonZeroU64,
    total: Msat,
    /// The first bytes of its MAC.
    onion: [u8; 8],
}

/// Bytes of every payment onion.
const ONION_LEN: u16 = 1_366;

const _: () = assert!(PayloadsLen::SMALL.packet_len() == 1_366);

impl Device<'_> {
    /// Begins a part, if it arrives over a path of the invoice and the rules take onions.
    #[inline(never)]
    pub(crate) fn part_begin<'o>(
        &mut self,
        id: u32,
        sealed: &[u8],
        path_key: &Bytes<33>,
        (amount, cltv_expiry): (u64, u32),
    ) -> Result<Output<'o>, Failure> {
        let merchant = self.merchant()?;
        let receipt = merchant.open(sealed)?;
        let path_key = PublicKey::parse(&path_key.0).or(Err(Code::NOT_A_POINT))?;
        let end = receipt.end_of(&self.curve, &path_key);
        let payment = receipt.payment;
        // The best that can come of it: without a path of the invoice, or under another rule, nothing.
        let evidence = Evidence::Onion {
            path_id: same(end.is_some()),
            expiry: Match::Same,
            received: payment.amount,
            total: payment.amount,
        };
        merchant.judge(&payment, Match::Same, evidence)?;
        let path_id = end.ok_or(Code::INTERNAL)?.path_id;
        let payment_hash = sha256(&[merchant.preimage(&payment).expose_secret()]);
        let onion = Receiving::new(
            Unblinding::new(&merchant.node_key, path_key),
            AssociatedData::PaymentHash(payment_hash),
            ONION_LEN,
        );
        let receipt = half_sha256(&[sealed]);
        let payment = Incoming { onion, payment, receipt, path_id, amount, cltv_expiry };
        self.desk.wipe();
        self.task = Task::Claiming { id, payment };
        Ok(Output::Reply { id, reply: Reply::Credits { window: WINDOW } })
    }

    /// Takes a chunk of a part's onion.
    #[inline(never)]
    pub(crate) fn part_chunk<'o>(
        &mut self,
        id: u32,
        chunk: &Chunk<'_>,
    ) -> Result<Output<'o>, Failure> {
        let Condition::Ready(merchant) = &self.condition else {
            return Err(Code::UNPROVISIONED.into());
        };
        let Task::Claiming { payment, .. } = &mut self.task else {
            return Err(Code::NOT_OPEN.into());
        };
        payment.onion.chunk(id, chunk, merchant, &mut self.desk.peel)
    }

    /// All of a part's onion is here: opens it, and releases the preimage if it was the last one.
    #[inline(never)]
    pub(crate) fn part_end<'o>(
        &mut self,
        moment: &Moment,
        id: u32,
        scratch: &'o mut Scratch,
    ) -> Result<Output<'o>, Failure> {
        let Task::Claiming { payment: incoming, .. } = core::mem::take(&mut self.task) else {
            return Err(Code::NOT_OPEN.into());
        };
        incoming.onion.chunks.finish().or(Err(Code::CHUNK_ORDER))?;
        let opened = incoming.open(&mut self.desk.peel);
        self.desk.wipe();
        let Opened { evidence, amount, total, onion } = opened?;
        let payment = incoming.payment;
        let numbers = total.get().to_be_bytes();
        let claim = half_sha256(&[b"onion", &numbers, &incoming.receipt]);
        let merchant = self.merchant_mut()?;
        match merchant.standing(&payment, &claim, evidence)? {
            Standing::Released => return self.hand_out(id, &payment, scratch),
            Standing::New => {}
        }
        let part = Part { claim, onion, amount, since: moment.uptime };
        let missing_msat = total.get().saturating_sub(merchant.parts.sum_with(&part).get());
        if missing_msat > 0 {
            merchant.parts.hold(part).or(Err(Code::FULL))?;
            return Ok(Output::Reply { id, reply: Reply::PartClaimed { missing_msat } });
        }
        self.release(moment, id, Release { payment, claim }, scratch)
    }
}

impl Incoming {
    /// Opens the onion, which is all here.
    ///
    /// Whatever is wrong with it is one error: it is not this payment's.
    fn open(&self, peel: &mut Peel) -> Result<Opened, Failure> {
        self.read(peel).ok_or(Code::policy(Rule::ReleaseEvidence.number()).into())
    }

    fn read(&self, peel: &mut Peel) -> Option<Opened> {
        let mac: [u8; HMAC_LEN] = self.onion.mac.as_slice().try_into().ok()?;
        let Ok(Peeled::Final { payload }) = peel.finish(&mac) else { return None };
        // What the last hop of a blinded path is sent, neither more nor less (BOLT 4 §Payload
        // Format). The path key came with the HTLC.
        let PaymentPayload {
            amt_to_forward: Some(amount),
            outgoing_cltv_value: Some(outgoing_cltv_value),
            short_channel_id: None,
            payment_data: None,
            encrypted_recipient_data: Some(sealed),
            current_path_key: None,
            payment_metadata: None,
            total_amount_msat: Some(total),
        } = PaymentPayload::parse(payload).ok()?
        else {
            return None;
        };
        let mut data: Vec<u8, PART_DATA_LEN> = copy::bytes(sealed)?;
        let data = self.onion.unblinding.open(&mut data).ok()?;
        let path_id = half_sha256(&[data.path_id?]);
        let limits = data.payment_constraints?;
        // No fewer blocks than the payer leaves, and no more than the path is good for.
        let is_in_time = (outgoing_cltv_value..=limits.max_cltv_expiry).contains(&self.cltv_expiry);
        // A part that breaks off on its way counts for nothing, and the payment with it.
        let is_whole = self.amount >= amount.get() && amount >= limits.htlc_minimum;
        Some(Opened {
            evidence: Evidence::Onion {
                path_id: same(path_id == self.path_id),
                expiry: same(is_in_time),
                received: if is_whole { total } else { Msat::ZERO },
                total,
            },
            amount: NonZeroU64::new(amount.get())?,
            total,
            onion: *mac.first_chunk()?,
        })
    }
}
