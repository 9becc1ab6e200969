//! Our crates' verdict on the bytes of each message, told as [`ldk`](crate::ldk) tells LDK's.

use countersign_blinding::BlindedPaths;
use countersign_offers::invoice_error::Form;
use countersign_offers::text::{Prefix, decode};
use countersign_offers::{
    Amount, Bip353Name, ChainHash, Invoice, InvoiceError, InvoiceFields, InvoiceRequest,
    InvoiceRequestFields, MerkleRoot, Offer, OfferFields, QuantityMax, Refund, Rejected, Signed,
};
use countersign_tlv::TlvStream;

use crate::our_node::curve;
use crate::records::bigsize;
use crate::verdict::{Account, Verdict, hex};

/// Our verdict on an offer.
#[must_use]
pub fn offer(bytes: &[u8]) -> Verdict {
    Verdict::of(Offer::parse(bytes).map(|offer| account_of_offer(&offer)))
}

/// Our verdict on an offer's text.
#[must_use]
pub fn offer_text(text: &str) -> Verdict {
    message_of(text, Prefix::Offer, offer)
}

/// Our verdict on a signed request.
#[must_use]
pub fn request(bytes: &[u8]) -> Verdict {
    let parse = || -> Result<Account, Rejected> {
        let request = InvoiceRequest::parse(bytes)?;
        request.verify_signature(curve())?;
        let mut account = Account::new(request.records().bytes().to_vec());
        account.note(0, Some(hex(request.metadata())));
        note_offer(&mut account, request.offer());
        note_request(&mut account, request.fields());
        account.note(88, Some(hex(request.payer_id().serialize())));
        account.note(240, Some(hex(request.signature().0)));
        Ok(account)
    };
    Verdict::of(parse())
}

/// Our verdict on a refund.
#[must_use]
pub fn refund(bytes: &[u8]) -> Verdict {
    Verdict::of(Refund::parse(bytes).map(|refund| {
        let mut account = Account::new(refund.records().bytes().to_vec());
        account.note(0, Some(hex(refund.metadata())));
        note_offer(&mut account, refund.offer());
        note_request(&mut account, refund.fields());
        account.note(82, Some(refund.amount().get()));
        account.note(88, Some(hex(refund.payer_id().serialize())));
        account.note(90, paths(refund.fields().paths));
        account
    }))
}

/// Our verdict on a refund's text.
#[must_use]
pub fn refund_text(text: &str) -> Verdict {
    message_of(text, Prefix::InvoiceRequest, refund)
}

/// Our verdict on an invoice.
#[must_use]
pub fn invoice(bytes: &[u8]) -> Verdict {
    let parse = || -> Result<Account, Rejected> {
        let invoice = Invoice::parse(bytes)?;
        invoice.verify_signature(curve())?;
        let mut account = Account::new(invoice.records().bytes().to_vec());
        account.note(0, Some(hex(invoice.metadata())));
        account.note(10, invoice.offer().description);
        account.note(86, invoice.request().quantity);
        account.note(88, Some(hex(invoice.payer_id().serialize())));
        account.note(89, invoice.request().payer_note);
        note_invoice(&mut account, invoice.fields());
        account.note(240, Some(hex(invoice.signature().0)));
        Ok(account)
    };
    Verdict::of(parse())
}

/// Our Merkle root and digest of a message, or `None` when it is no stream of records.
#[must_use]
pub fn root(bytes: &[u8], signed: Signed) -> Option<([u8; 32], [u8; 32])> {
    let root = MerkleRoot::of(&TlvStream::parse(bytes).ok()?)?;
    Some((root.0, root.digest(signed)))
}

/// Our verdict on an `invoice_error` in LDK's form.
#[must_use]
pub fn invoice_error(bytes: &[u8]) -> Verdict {
    let framed = [bigsize(bytes.len() as u64), bytes.to_vec()].concat();
    match InvoiceError::parse(&framed) {
        Ok((error, Form::Ldk)) => {
            let mut account = Account::new(Vec::new());
            account.note(5, Some(error.error));
            account.note(1, error.erroneous.map(|it| it.field.number()));
            account.note(3, error.erroneous.and_then(|it| it.suggested_value).map(hex));
            Verdict::Accepted(account)
        }
        // Six bytes, say, whose length is also the type of a record: no bytes are both forms.
        Ok((_, Form::Specification)) => Verdict::Rejected("the specification's form".into()),
        Err(error) => Verdict::Rejected(error.to_string()),
    }
}

/// Our verdict on the message in a text, which must have this prefix.
fn message_of(text: &str, wanted: Prefix, judge: fn(&[u8]) -> Verdict) -> Verdict {
    let mut buffer = vec![0; text.len()];
    match decode(text, &mut buffer) {
        Ok((prefix, bytes)) if prefix == wanted => judge(bytes),
        Ok((prefix, _)) => Verdict::Rejected(format!("{prefix:?}")),
        Err(error) => Verdict::Rejected(error.to_string()),
    }
}

fn account_of_offer(offer: &Offer<'_>) -> Account {
    let mut account = Account::new(offer.records().bytes().to_vec());
    let chains = offer.fields().chains;
    let chains = chains.map_or(vec![ChainHash::BITCOIN], |chains| chains.iter().collect());
    account.note(2, Some(chains.iter().map(|chain| hex(chain.0)).collect::<String>()));
    note_offer(&mut account, offer.fields());
    account
}

fn note_offer(account: &mut Account, fields: &OfferFields<'_>) {
    account.note(4, fields.metadata.map(hex));
    account.note(8, fields.amount.map(amount));
    account.note(10, fields.description);
    account.note(14, fields.absolute_expiry.map(|expiry| expiry.0));
    account.note(16, paths(fields.paths));
    account.note(18, fields.issuer);
    account.note(20, quantity(fields.quantity_max));
    account.note(22, fields.issuer_id.map(hex));
}

fn note_request(account: &mut Account, fields: &InvoiceRequestFields<'_>) {
    let chain = fields.chain();
    account.note(80, (chain != ChainHash::BITCOIN).then(|| hex(chain.0)));
    account.note(86, fields.quantity);
    account.note(89, fields.payer_note);
    account.note(91, fields.bip_353_name.map(name));
}

fn note_invoice(account: &mut Account, fields: &InvoiceFields<'_>) {
    let hops = fields.paths.iter().flat_map(|path| path.hops());
    account.note(160, Some(hops.map(|hop| hex(hop.blinded_node_id)).collect::<String>()));
    let infos = fields.blindedpay.iter().map(|info| {
        let fees = (info.fee_base_msat, info.fee_proportional_millionths);
        (fees, info.cltv_expiry_delta, info.htlc_minimum_msat, info.htlc_maximum_msat)
    });
    account.note(162, Some(format!("{:?}", infos.collect::<Vec<_>>())));
    account.note(164, Some(fields.created_at.0));
    let expiry = fields.relative_expiry.unwrap_or(InvoiceFields::DEFAULT_EXPIRY);
    account.note(166, Some(expiry.0));
    account.note(168, Some(hex(fields.payment_hash)));
    account.note(170, Some(fields.amount.get()));
    account.note(176, Some(hex(fields.node_id.serialize())));
}

/// A name as LDK gives it: without the dot that a domain may end with.
fn name(name: Bip353Name<'_>) -> String {
    let domain = name.domain.strip_suffix('.').unwrap_or(name.domain);
    format!("{}@{domain}", name.name)
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Bitcoin(amount) => amount.get().to_string(),
        Amount::Currency { currency, amount } => format!("{amount} {currency}"),
    }
}

fn quantity(quantity: QuantityMax) -> Option<u64> {
    match quantity {
        QuantityMax::One => None,
        QuantityMax::Limited(largest) => Some(largest.get()),
        QuantityMax::Unlimited => Some(0),
    }
}

/// The bytes of paths, written again hop by hop.
fn paths(paths: Option<BlindedPaths<'_>>) -> Option<String> {
    let paths = paths?;
    Some(paths.iter().map(|path| hex(path.encoded())).collect())
}
