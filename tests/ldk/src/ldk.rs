//! LDK as an oracle: its verdict on the bytes of each message.

use bitcoin::constants::ChainHash;
use lightning::blinded_path::message::BlindedMessagePath;
use lightning::ln::msgs::DecodeError;
use lightning::offers::invoice::{Bolt12Invoice, UnsignedBolt12Invoice};
use lightning::offers::invoice_error::InvoiceError;
use lightning::offers::invoice_request::{InvoiceRequest, UnsignedInvoiceRequest};
use lightning::offers::offer::{Amount, Offer, Quantity};
use lightning::offers::parse::Bolt12ParseError;
use lightning::offers::refund::Refund;
use lightning::util::ser::{Readable, Writeable};

use crate::records::bigsize;
use crate::verdict::{Account, Verdict, hex, shown};

/// LDK's verdict on an offer.
#[must_use]
pub fn offer(bytes: &[u8]) -> Verdict {
    Verdict::of(Offer::try_from(bytes.to_vec()).map(|offer| account_of_offer(&offer)))
}

/// LDK's verdict on an offer's text.
#[must_use]
pub fn offer_text(text: &str) -> Verdict {
    Verdict::of(text.parse::<Offer>().map(|offer| account_of_offer(&offer)))
}

/// LDK's verdict on a signed request.
#[must_use]
pub fn request(bytes: &[u8]) -> Verdict {
    Verdict::of(InvoiceRequest::try_from(bytes.to_vec()).map(|request| {
        let mut account = Account::new(request.encode());
        account.note(0, Some(hex(request.payer_metadata())));
        account.note(4, request.metadata().map(hex));
        account.note(8, request.amount().map(amount));
        account.note(10, request.description().map(|text| shown(text.0)));
        account.note(14, request.absolute_expiry().map(|expiry| expiry.as_secs()));
        account.note(16, paths(request.paths()));
        account.note(18, request.issuer().map(|text| shown(text.0)));
        account.note(20, quantity(request.supported_quantity()));
        account.note(22, request.issuer_signing_pubkey().map(|key| hex(key.serialize())));
        account.note(80, other_chain(request.chain()));
        account.note(86, request.quantity());
        account.note(88, Some(hex(request.payer_signing_pubkey().serialize())));
        account.note(89, request.payer_note().map(|text| shown(text.0)));
        let name = request.offer_from_hrn().as_ref();
        account.note(91, name.map(|name| format!("{}@{}", name.user(), name.domain())));
        account.note(240, Some(hex(request.signature().serialize())));
        account
    }))
}

/// LDK's verdict on a refund.
#[must_use]
pub fn refund(bytes: &[u8]) -> Verdict {
    Verdict::of(Refund::try_from(bytes.to_vec()).map(|refund| account_of_refund(&refund)))
}

/// LDK's verdict on a refund's text.
#[must_use]
pub fn refund_text(text: &str) -> Verdict {
    Verdict::of(text.parse::<Refund>().map(|refund| account_of_refund(&refund)))
}

/// LDK's verdict on an invoice.
#[must_use]
pub fn invoice(bytes: &[u8]) -> Verdict {
    Verdict::of(Bolt12Invoice::try_from(bytes.to_vec()).map(|invoice| {
        let mut account = Account::new(invoice.encode());
        account.note(0, Some(hex(invoice.payer_metadata())));
        account.note(10, invoice.description().map(|text| shown(text.0)));
        account.note(86, invoice.quantity());
        account.note(88, Some(hex(invoice.payer_signing_pubkey().serialize())));
        account.note(89, invoice.payer_note().map(|text| shown(text.0)));
        let paths = invoice.payment_paths();
        let ids = paths.iter().flat_map(|path| path.blinded_hops());
        account.note(
            160,
            Some(ids.map(|hop| hex(hop.blinded_node_id.serialize())).collect::<String>()),
        );
        let infos = paths.iter().map(|path| {
            let info = &path.payinfo;
            let fees = (info.fee_base_msat, info.fee_proportional_millionths);
            (fees, info.cltv_expiry_delta, info.htlc_minimum_msat, info.htlc_maximum_msat)
        });
        account.note(162, Some(format!("{:?}", infos.collect::<Vec<_>>())));
        account.note(164, Some(invoice.created_at().as_secs()));
        account.note(166, Some(invoice.relative_expiry().as_secs()));
        account.note(168, Some(hex(invoice.payment_hash().0)));
        account.note(170, Some(invoice.amount_msats()));
        account.note(176, Some(hex(invoice.signing_pubkey().serialize())));
        account.note(240, Some(hex(invoice.signature().serialize())));
        account
    }))
}

/// LDK's verdict on an `invoice_error`, which it reads with a length in front.
#[must_use]
pub fn invoice_error(bytes: &[u8]) -> Verdict {
    let framed = [bigsize(bytes.len() as u64), bytes.to_vec()].concat();
    let mut rest = &framed[..];
    Verdict::of(InvoiceError::read(&mut rest).and_then(|error| {
        if !rest.is_empty() {
            return Err(DecodeError::InvalidValue);
        }
        let mut account = Account::new(Vec::new());
        account.note(5, Some(shown(&error.message.0)));
        let field = error.erroneous_field;
        account.note(1, field.as_ref().map(|field| field.tlv_fieldnum));
        account.note(3, field.and_then(|field| field.suggested_value).map(hex));
        Ok(account)
    }))
}

/// LDK's Merkle root and digest of a request without its signature.
///
/// # Errors
///
/// When the bytes are not such a request.
pub fn request_root(bytes: &[u8]) -> Result<([u8; 32], [u8; 32]), Bolt12ParseError> {
    let request = UnsignedInvoiceRequest::try_from(bytes.to_vec())?;
    let hash = request.as_ref();
    Ok((*hash.merkle_root().as_ref(), *hash.as_digest().as_ref()))
}

/// LDK's Merkle root and digest of an invoice without its signature.
///
/// # Errors
///
/// When the bytes are not such an invoice.
pub fn invoice_root(bytes: &[u8]) -> Result<([u8; 32], [u8; 32]), Bolt12ParseError> {
    let invoice = UnsignedBolt12Invoice::try_from(bytes.to_vec())?;
    let hash = invoice.as_ref();
    Ok((*hash.merkle_root().as_ref(), *hash.as_digest().as_ref()))
}

fn account_of_offer(offer: &Offer) -> Account {
    let mut account = Account::new(offer.encode());
    let chains = offer.chains();
    account.note(2, Some(chains.iter().map(|chain| hex(chain.to_bytes())).collect::<String>()));
    account.note(4, offer.metadata().map(hex));
    account.note(8, offer.amount().map(amount));
    account.note(10, offer.description().map(|text| shown(text.0)));
    account.note(14, offer.absolute_expiry().map(|expiry| expiry.as_secs()));
    account.note(16, paths(offer.paths()));
    account.note(18, offer.issuer().map(|text| shown(text.0)));
    account.note(20, quantity(offer.supported_quantity()));
    account.note(22, offer.issuer_signing_pubkey().map(|key| hex(key.serialize())));
    account
}

fn account_of_refund(refund: &Refund) -> Account {
    let mut account = Account::new(refund.encode());
    account.note(0, Some(hex(refund.payer_metadata())));
    account.note(10, Some(shown(refund.description().0)));
    account.note(14, refund.absolute_expiry().map(|expiry| expiry.as_secs()));
    account.note(18, refund.issuer().map(|text| shown(text.0)));
    account.note(80, other_chain(refund.chain()));
    account.note(82, Some(refund.amount_msats()));
    account.note(86, refund.quantity());
    account.note(88, Some(hex(refund.payer_signing_pubkey().serialize())));
    account.note(89, refund.payer_note().map(|text| shown(text.0)));
    account.note(90, paths(refund.paths()));
    account
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Bitcoin { amount_msats } => amount_msats.to_string(),
        Amount::Currency { iso4217_code, amount } => format!("{amount} {iso4217_code}"),
    }
}

fn quantity(quantity: Quantity) -> Option<u64> {
    match quantity {
        Quantity::One => None,
        Quantity::Unbounded => Some(0),
        Quantity::Bounded(largest) => Some(largest.get()),
    }
}

/// The bytes of paths; none is the same as no record.
fn paths(paths: &[BlindedMessagePath]) -> Option<String> {
    (!paths.is_empty()).then(|| paths.iter().map(|path| hex(path.encode())).collect())
}

/// The chain, when it is not the one that goes without saying.
fn other_chain(chain: ChainHash) -> Option<String> {
    (chain != ChainHash::BITCOIN).then(|| hex(chain.to_bytes()))
}
