use std::process::ExitCode;

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_offers::text::{self, Prefix};
use countersign_offers::{Field, Offer, PayerProof, Untrusted};
use countersign_records::{Invoice, Records};
use serde_json::json;

use crate::page::{Page, amount, moment};

/// Check a payer's proof against the merchant's own record
///
/// Exit code 0: this customer paid one of our invoices. 1: the proof is none. 3: it is one, but not
/// of an invoice of ours. 4: it is one of ours, but the record does not say that it was paid.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The proof, `lnp1…`
    proof: String,
    /// What the proof has to say as its note: a word of your choice shows that it was made for you
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// What comes of a proof.
enum Verdict {
    /// It is none, and why.
    Invalid(String),
    /// It is one, of nothing that we issued, and why.
    Foreign(&'static str),
    /// It is of this invoice.
    Ours(Box<Invoice>),
}

pub(crate) fn run(arguments: &Arguments, records: &Records) -> anyhow::Result<(Page, ExitCode)> {
    let mut memory = CurveMemory::new();
    let Some(curve) = Curve::new(&mut memory, &Secret::new([0; 32])) else {
        anyhow::bail!("the curve's memory does not suffice");
    };
    let mut space = vec![0; arguments.proof.len()];
    let read = match text::decode(&arguments.proof, &mut space) {
        Ok((Prefix::PayerProof, bytes)) => {
            PayerProof::parse(bytes, &curve).map_err(|error| error.to_string())
        }
        Ok(_) => Err("a proof begins with lnp1".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let verdict = match &read {
        Ok(proof) => judge(proof, arguments.note.as_deref(), records)?,
        Err(reason) => Verdict::Invalid(reason.clone()),
    };
    Ok(report(read.ok().as_ref(), &verdict))
}

fn judge(proof: &PayerProof<'_>, note: Option<&str>, records: &Records) -> anyhow::Result<Verdict> {
    let fields = proof.fields();
    if note.is_some() && note.map(Untrusted::new) != fields.proof_note {
        return Ok(Verdict::Invalid("its note is not the one that was asked for".to_owned()));
    }
    let Some(invoice) = records.invoice(fields.invoice_payment_hash)? else {
        return Ok(Verdict::Foreign("no invoice with its payment hash is on record"));
    };
    // Whoever learned the preimage could sign another invoice for the same hash.
    let (answered, node_id) = (&invoice.issued.offer, fields.invoice_node_id.serialize());
    match (records.offer(answered)?, records.signer(answered)?) {
        (Some(offer), _) if signs_for(&offer.text, &node_id) => {}
        (None, Some(signer)) if signer == node_id => {}
        (None, None) => {
            return Ok(Verdict::Foreign("what its invoice answers is not on record"));
        }
        _ => {
            return Ok(Verdict::Foreign(
                "its invoice is not signed with the key for what it answers",
            ));
        }
    }
    let shown = proof.records().find(Field::INVOICE_AMOUNT.number());
    let shown = shown.and_then(|record| Some(record.reader().msat().ok()?.get()));
    if shown.is_some_and(|shown| shown != invoice.issued.amount_msat) {
        return Ok(Verdict::Foreign("its amount is not the one on record"));
    }
    Ok(Verdict::Ours(Box::new(invoice)))
}

/// Whether invoices for the offer are signed with the key of `node_id`.
fn signs_for(offer: &str, node_id: &[u8; 33]) -> bool {
    let mut space = vec![0; offer.len()];
    let Ok((Prefix::Offer, bytes)) = text::decode(offer, &mut space) else { return false };
    let Ok(offer) = Offer::parse(bytes) else { return false };
    let fields = offer.fields();
    match (&fields.issuer_id, &fields.paths) {
        (Some(issuer_id), _) => **issuer_id == *node_id,
        (None, Some(paths)) => paths
            .iter()
            .filter_map(|path| path.hops().last())
            .any(|hop| hop.blinded_node_id == node_id),
        (None, None) => false,
    }
}

fn report(proof: Option<&PayerProof<'_>>, verdict: &Verdict) -> (Page, ExitCode) {
    let (verdict, reason, invoice, code) = match verdict {
        Verdict::Invalid(reason) => ("invalid", reason.as_str(), None, 1),
        Verdict::Foreign(reason) => ("foreign", *reason, None, 3),
        Verdict::Ours(invoice) if invoice.paid.is_some() => ("paid", "", Some(invoice), 0),
        Verdict::Ours(invoice) => ("unrecorded", NOT_RECORDED, Some(invoice), 4),
    };
    let fields = proof.map(PayerProof::fields);
    let payer = fields.map(|fields| hex::encode(fields.invreq_payer_id.serialize()));
    let hash = fields.map(|fields| hex::encode(fields.invoice_payment_hash));
    let note = fields.and_then(|fields| fields.proof_note).map(|note| note.to_string());
    let issued = invoice.map(|invoice| &invoice.issued);
    let paid = invoice.and_then(|invoice| invoice.paid);
    let mut page = Page::new(json!({
        "verdict": verdict,
        "reason": (!reason.is_empty()).then_some(reason),
        "payer_id": payer,
        "payment_hash": hash,
        "note": note,
        "offer": issued.map(|issued| hex::encode(issued.offer)),
        "amount_msat": issued.map(|issued| issued.amount_msat),
        "received_msat": paid.map(|paid| paid.received_msat),
        "paid_at": paid.map(|paid| paid.at),
    }))
    .field("verdict", verdict);
    if !reason.is_empty() {
        page = page.field("because", reason);
    }
    let lines = [("payer", payer), ("payment hash", hash), ("note", note)];
    for (name, value) in lines.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        page = page.field(name, value);
    }
    if let Some(issued) = issued {
        page = page.field("amount", amount(issued.amount_msat));
    }
    if let Some(paid) = paid {
        page = page.field("received", amount(paid.received_msat)).field("paid", moment(paid.at));
    }
    (page, ExitCode::from(code))
}

const NOT_RECORDED: &str = "it is of an invoice of ours, of which no payment is on record";
