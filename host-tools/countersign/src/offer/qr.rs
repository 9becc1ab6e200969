use anyhow::{Context as _, bail};
use countersign_records::Records;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::json;

use super::show::recorded;
use crate::page::Page;

/// Draw an offer's QR code
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The offer: its text, or the beginning of its id
    offer: String,
}

/// The width in modules up to which a phone reads a code the size of a hand.
const COMFORTABLE: usize = 93;

pub(crate) fn run(arguments: &Arguments, records: &Records) -> anyhow::Result<Page> {
    let text = if arguments.offer.to_lowercase().starts_with("lno1") {
        arguments.offer.clone()
    } else {
        recorded(&arguments.offer, records)?.text
    };
    let code = code(&text)?;
    Ok(Page::new(json!({ "offer": text, "modules": code.width(), "characters": text.len() }))
        .line(drawn(&code)))
}

/// An offer's QR code as characters, with a word about its size.
pub(crate) fn drawing(text: &str) -> anyhow::Result<String> {
    Ok(drawn(&code(text)?))
}

/// Capital letters and digits take a third less room than bytes, and BOLT 12 allows them.
fn code(text: &str) -> anyhow::Result<QrCode> {
    let text = text.to_uppercase();
    if text.len() > 4_296 {
        bail!(
            "this offer has {} characters and a QR code holds 4,296: make one with a shorter \
             description, fewer paths or --compact",
            text.len()
        );
    }
    QrCode::with_error_correction_level(text, EcLevel::L).context("making the QR code")
}

fn drawn(code: &QrCode) -> String {
    // Light on dark, as most terminals are; readers take both.
    let picture =
        code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    let width = code.width();
    if width <= COMFORTABLE {
        return picture;
    }
    // Half a millimetre for each module is what phones read at arm's length.
    let centimetres = width.div_ceil(20);
    format!(
        "{picture}\n\nThis offer is too long to scan comfortably: print its {width} × {width} \
         modules at least {centimetres} cm wide,\nor make one with a shorter description, fewer \
         paths or --compact."
    )
}

#[cfg(test)]
mod tests {
    use super::drawing;

    #[test]
    fn a_long_offer_says_so_and_too_long_a_one_is_refused() {
        let short = drawing(&format!("lno1{}", "q".repeat(400))).unwrap();
        assert!(!short.contains("too long"));
        let long = drawing(&format!("lno1{}", "q".repeat(1_600))).unwrap();
        assert!(long.contains("too long to scan comfortably"));
        let refused = drawing(&format!("lno1{}", "q".repeat(4_293))).unwrap_err();
        assert!(refused.to_string().contains("4,296"));
    }
}
