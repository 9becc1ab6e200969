//! `countersign decode`: what a string says, and whether it is valid.

mod kind;
mod lines;
mod message;
mod page;
mod refusal;
mod value;
mod warning;

use std::io::{self, BufReader, BufWriter, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_units::UnixTime;

use kind::Kind;
use lines::Lines;
use message::Message;
use refusal::Refusal;

/// Say what an offer, a refund, a request, an invoice or a payer proof contains, and whether it is
/// valid
///
/// Valid means: every rule for readers in BOLT 12 holds that needs nothing but the message itself,
/// and so does its signature, if it has one. That a message has expired is only a warning.
///
/// Text fields are a stranger's words. They are printed escaped, in JSON too: control, format,
/// bidirectional, invisible and private characters, line separators and the backslash stand as
/// \u{…} with the number of the character in hexadecimal.
///
/// JSON is one object a string: `{"ok":true,"kind":"offer",…,"unknown_records":[…],"warnings":[…]}`
/// with the fields named as in BOLT 12, bytes in hexadecimal, numbers and amounts (in millisatoshi)
/// as numbers; or `{"ok":false,"kind":…,"error":…,"field":…,"offset":…}`.
///
/// Exits with 0 when all are valid, 1 when one is not, 2 for wrong usage.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON, one object a line, instead of a page for people
    #[arg(long)]
    json: bool,
    /// What the strings are: needed for hexadecimal that does not show it
    #[arg(long)]
    kind: Option<Kind>,
    /// lno1…, lnr1…, lni1…, lnp1… or hexadecimal; - reads one a line from standard input and
    /// prints JSON
    #[arg(required = true, value_name = "STRING")]
    strings: Vec<String>,
}

/// What a decoder needs beside the strings.
struct Context<'m> {
    curve: Curve<'m>,
    now: UnixTime,
    kind: Option<Kind>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut memory = CurveMemory::new();
    // Nothing here is secret, so there is nothing to blind.
    let curve = Curve::new(&mut memory, &Secret::new([0; 32]))
        .ok_or_else(|| anyhow::anyhow!("libsecp256k1 wants more memory than it was given"))?;
    let now = UnixTime(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let context = Context { curve, now, kind: arguments.kind };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut all_valid = true;
    for string in &arguments.strings {
        if string == "-" {
            all_valid &= decode_lines(&context, &mut out)?;
        } else {
            let decoded = Message::decode(string, &context);
            all_valid &= decoded.is_ok();
            if arguments.json {
                print_json(&decoded, &mut out)?;
            } else {
                page::print(&decoded, &mut out)?;
            }
        }
    }
    out.flush()?;
    Ok(if all_valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Decodes standard input line by line and says whether all of it was valid.
fn decode_lines(context: &Context<'_>, out: &mut impl Write) -> io::Result<bool> {
    let mut lines = Lines::new(BufReader::new(io::stdin().lock()));
    let mut all_valid = true;
    while let Some(line) = lines.next()? {
        let decoded = line.and_then(|line| Message::decode(&line, context));
        all_valid &= decoded.is_ok();
        print_json(&decoded, out)?;
        // Whoever feeds us line by line gets each answer at once.
        if !lines.has_more_at_hand() {
            out.flush()?;
        }
    }
    Ok(all_valid)
}

fn print_json(decoded: &Result<Message, Refusal>, out: &mut impl Write) -> io::Result<()> {
    match decoded {
        Ok(message) => serde_json::to_writer(&mut *out, message)?,
        Err(refusal) => serde_json::to_writer(&mut *out, refusal)?,
    }
    writeln!(out)
}
