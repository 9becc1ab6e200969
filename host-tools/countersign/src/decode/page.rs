use core::time::Duration;
use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use countersign_offers::Field;

use super::message::Message;
use super::refusal::Refusal;
use super::value::{Bytes, Path, Start, Value};

/// Prints what a person wants to know about a string.
pub(super) fn print(decoded: &Result<Message, Refusal>, out: &mut impl Write) -> io::Result<()> {
    match decoded {
        Ok(message) => print_message(message, out),
        Err(refusal) => print_refusal(refusal, out),
    }
}

fn print_message(message: &Message, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}, valid", message.kind)?;
    let unknown = message.unknown_records.iter().map(|record| {
        let note = "odd, so it may be ignored";
        (format!("record {}", record.number), vec![format!("{} ({note})", show(&record.value))])
    });
    let fields = message
        .fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), lines(name, value, message)));
    let rows: Vec<(String, Vec<String>)> = fields.chain(unknown).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, lines) in &rows {
        let mut name = name.as_str();
        for line in lines {
            writeln!(out, "  {name:width$}  {line}")?;
            name = "";
        }
    }
    for warning in &message.warnings {
        writeln!(out, "  warning: {warning}")?;
    }
    writeln!(out)
}

fn print_refusal(refusal: &Refusal, out: &mut impl Write) -> io::Result<()> {
    match refusal.kind {
        Some(kind) => write!(out, "{kind}, NOT valid: ")?,
        None => write!(out, "NOT valid: ")?,
    }
    writeln!(out, "{}", refusal.error)?;
    if let Some(field) = &refusal.field {
        writeln!(out, "  in {field}")?;
    }
    writeln!(out)
}

/// A value, on at least one line.
fn lines(name: &str, value: &Value, message: &Message) -> Vec<String> {
    let one = |line: String| vec![line];
    match value {
        Value::Number(number) => one(number_with_unit(name, *number, message)),
        Value::Numbers(numbers) => {
            let numbers: Vec<_> = numbers.iter().map(u64::to_string).collect();
            one(numbers.join(", "))
        }
        Value::Msat(msat) => one(amount(*msat)),
        Value::Seconds(seconds) => {
            let length = humantime::format_duration(Duration::from_secs((*seconds).into()));
            one(format!("{seconds} ({length})"))
        }
        Value::Moment(seconds) => one(moment(*seconds)),
        Value::Text(text) => one(text.shown.clone()),
        Value::Bytes(bytes) => one(show(bytes)),
        Value::Features(bitmap) => {
            let bits: Vec<_> = bitmap.bits().iter().map(u32::to_string).collect();
            let plural = if bits.len() == 1 { "bit" } else { "bits" };
            one(format!("{} ({plural} {})", show(bitmap), bits.join(", ")))
        }
        Value::Chain(hash) => one(chain(hash)),
        Value::Chains(hashes) => hashes.iter().map(chain).collect(),
        Value::Hashes(hashes) if hashes.is_empty() => one("none".to_owned()),
        Value::Hashes(hashes) => hashes.iter().map(show).collect(),
        Value::Name { name, domain } => one(format!("{name}@{domain}")),
        Value::Paths(paths) => paths.iter().flat_map(path).collect(),
        Value::PayInfos(infos) => infos
            .iter()
            .map(|it| {
                format!(
                    "{} msat + {} ppm, {} blocks, {} to {} msat",
                    it.fee_base_msat,
                    it.fee_proportional_millionths,
                    it.cltv_expiry_delta,
                    it.htlc_minimum_msat,
                    it.htlc_maximum_msat
                )
            })
            .collect(),
        Value::Fallbacks(fallbacks) => fallbacks
            .iter()
            .map(|it| format!("witness version {}, {}", it.version, show(&it.address)))
            .collect(),
    }
}

fn number_with_unit(name: &str, number: u64, message: &Message) -> String {
    match name {
        "offer_amount" => match message.value("offer_currency") {
            Some(Value::Text(currency)) => format!("{number} minor units of {}", currency.shown),
            _ => amount(number),
        },
        "erroneous_field" => Field(number).to_string(),
        "offer_quantity_max" if number == 0 => "unlimited".to_owned(),
        _ => number.to_string(),
    }
}

/// An amount in millisatoshi, and in bitcoin by moving the point.
fn amount(msat: u64) -> String {
    let digits = format!("{msat:012}");
    let (whole, fraction) =
        digits.split_at_checked(digits.len().saturating_sub(11)).unwrap_or(("0", &digits));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{msat} msat ({whole}{point}{fraction} BTC)")
}

/// A moment as a date, and in seconds since 1970.
pub(super) fn moment(seconds: u64) -> String {
    let date = UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        // Later years have five digits, which the format does not know.
        .filter(|_| seconds < 253_402_300_800)
        .map(|moment| humantime::format_rfc3339_seconds(moment).to_string());
    date.map_or_else(|| seconds.to_string(), |date| format!("{date} ({seconds})"))
}

fn chain(hash: &Bytes) -> String {
    hash.chain().map_or_else(|| show(hash), str::to_owned)
}

fn path(path: &Path) -> Vec<String> {
    let start = match &path.start {
        Start::Node { first_node_id } => format!("node {}", show(first_node_id)),
        Start::Channel { first_scid, first_scid_dir } => {
            format!("channel {first_scid}, side {first_scid_dir}")
        }
    };
    let hops = path.hops.iter().map(|hop| {
        let len = hop.encrypted_recipient_data.0.len();
        format!("  hop {}, {len} B for it", show(&hop.blinded_node_id))
    });
    let key = format!("  path key {}", show(&path.first_path_key));
    [format!("from {start}"), key].into_iter().chain(hops).collect()
}

fn show(bytes: &Bytes) -> String {
    if bytes.0.is_empty() { "empty".to_owned() } else { hex::encode(&bytes.0) }
}

#[cfg(test)]
mod tests {
    use super::{amount, moment};

    #[test]
    fn an_amount_is_shown_in_bitcoin_too_to_its_last_digit() {
        for (msat, shown) in [
            (0, "0 msat (0 BTC)"),
            (1, "1 msat (0.00000000001 BTC)"),
            (1_000, "1000 msat (0.00000001 BTC)"),
            (100_000_000_000, "100000000000 msat (1 BTC)"),
            (2_100_000_000_000_000_000, "2100000000000000000 msat (21000000 BTC)"),
        ] {
            assert_eq!(amount(msat), shown);
        }
    }

    #[test]
    fn a_moment_is_a_date_as_long_as_there_are_four_digits_for_the_year() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z (0)");
        assert_eq!(moment(253_402_300_799), "9999-12-31T23:59:59Z (253402300799)");
        assert_eq!(moment(253_402_300_800), "253402300800");
        assert_eq!(moment(u64::MAX), u64::MAX.to_string());
    }
}
