//! Our crates' verdict on the bytes of each message, told as [`ldk`](crate::ldk) tells LDK's.

use countersign_blinding::BlindedPaths;
use countersign_offers::invoice_error::Form;
use countersign_offers::text::{Prefix, decode};
use countersign_offers::{Amount, ChainHash, InvoiceError, Offer, QuantityMax};

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

/// Our verdict on an `invoice_error` in LDK's form.
#[must_use]
pub fn invoice_error(bytes: &[u8]) -> Verdict {
    let framed = [bigsize(bytes.len() as u64), bytes.to_vec()].concat();
    let parsed = InvoiceError::parse(&framed);
    Verdict::of(parsed.map(|(error, form)| {
        assert_eq!(form, Form::Ldk, "{}", hex(&framed));
        let mut account = Account::new(Vec::new());
        account.note(5, Some(error.error));
        account.note(1, error.erroneous.map(|it| it.field.number()));
        account.note(3, error.erroneous.and_then(|it| it.suggested_value).map(hex));
        account
    }))
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
    let fields = offer.fields();
    let mut account = Account::new(offer.records().bytes().to_vec());
    let chains = fields.chains.map_or(vec![ChainHash::BITCOIN], |chains| chains.iter().collect());
    account.note(2, Some(chains.iter().map(|chain| hex(chain.0)).collect::<String>()));
    account.note(4, fields.metadata.map(hex));
    account.note(8, fields.amount.map(amount));
    account.note(10, fields.description);
    account.note(14, fields.absolute_expiry.map(|expiry| expiry.0));
    account.note(16, paths(fields.paths));
    account.note(18, fields.issuer);
    account.note(20, quantity(fields.quantity_max));
    account.note(22, fields.issuer_id.map(|key| hex(key.serialize())));
    account
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
