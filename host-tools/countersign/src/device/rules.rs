use core::str::FromStr;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use countersign_policy::{Rule, Unit};
use serde_json::json;

use crate::connection::Connection;
use crate::page::Page;

/// Show the merchant's rules, or change them
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Change rules, all of these or none; the device shows what would change
    Set {
        /// NAME=VALUE in the rule's unit, a currency's letters, or off
        #[arg(required = true, value_name = "NAME=VALUE")]
        changes: Vec<Setting>,
    },
}

/// What a rule is to be set to.
#[derive(Clone, Copy, Debug)]
struct Setting(Rule, Option<u64>);

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("a change is NAME=VALUE")?;
        let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name);
        let rule = rule.ok_or_else(|| format!("there is no rule {name}"))?;
        let unit = rule.unit().ok_or_else(|| format!("{rule} always holds"))?;
        let value = match (unit, value) {
            (_, "off") => None,
            (Unit::Letters, letters) => Some(letters_number(letters)?),
            (
                Unit::Msat
                | Unit::Count
                | Unit::Bytes
                | Unit::Seconds
                | Unit::Moment
                | Unit::PerCent
                | Unit::PerMillion
                | Unit::Blocks
                | Unit::MsatPerMillion
                | Unit::Choice,
                digits,
            ) => {
                let wanted = || format!("{rule} is a number of {} or off", unit_name(unit));
                Some(digits.replace('_', "").parse().map_err(|_not_a_number| wanted())?)
            }
        };
        Ok(Self(rule, value))
    }
}

pub(crate) fn run(arguments: &Arguments, connection: &mut Connection) -> anyhow::Result<Page> {
    match &arguments.verb {
        None => show(connection),
        Some(Verb::Set { changes }) => set(changes, connection),
    }
}

fn show(connection: &mut Connection) -> anyhow::Result<Page> {
    let rules = connection.wait(async |client| client.rules().await)?;
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for each in rules {
        let Some(rule) = Rule::from_number(each.rule) else {
            bail!("the device has a rule {} that this program does not know: update it", each.rule);
        };
        let unit = rule.unit().map_or("", unit_name);
        let value = shown(rule, each.value);
        lines.push(format!("{:>3} {:<22} {value:>16} {unit}", rule.number(), rule.name()));
        list.push(json!({
            "rule": rule.number(), "name": rule.name(), "unit": unit, "value": each.value,
        }));
    }
    Ok(lines.into_iter().fold(Page::new(json!(list)), Page::line))
}

fn set(changes: &[Setting], connection: &mut Connection) -> anyhow::Result<Page> {
    let wanted: Vec<_> = changes.iter().map(|Setting(rule, value)| (*rule, *value)).collect();
    let outcome = connection.wait(async |client| client.propose_rules(&wanted).await)?;
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for change in outcome {
        let rule = Rule::from_number(change.rule).context("a rule of newer firmware")?;
        let (old, new) = (shown(rule, change.old), shown(rule, change.new));
        lines.push(format!("{:<22} {old} → {new}", rule.name()));
        list.push(json!({ "name": rule.name(), "old": change.old, "new": change.new }));
    }
    if lines.is_empty() {
        lines.push("The rules are as wanted.".to_owned());
    }
    Ok(lines.into_iter().fold(Page::new(json!(list)), Page::line))
}

/// What is set, as people read it.
fn shown(rule: Rule, value: Option<u64>) -> String {
    match (value, rule.unit()) {
        (None, _) => "off".to_owned(),
        (Some(number), Some(Unit::Letters)) => letters(number),
        (Some(number), _) => number.to_string(),
    }
}

const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Msat => "msat",
        Unit::Count => "items",
        Unit::Bytes => "bytes",
        Unit::Seconds => "seconds",
        Unit::Moment => "seconds since 1970",
        Unit::PerCent => "percent",
        Unit::PerMillion => "millionths",
        Unit::Blocks => "blocks",
        Unit::Letters => "letters",
        Unit::MsatPerMillion => "msat per million",
        Unit::Choice => "choice",
    }
}

fn letters_number(letters: &str) -> Result<u64, String> {
    match letters.as_bytes() {
        &[first, second, third] if letters.bytes().all(|letter| letter.is_ascii_uppercase()) => {
            Ok(u32::from_be_bytes([0, first, second, third]).into())
        }
        _ => Err("a currency is three capital letters, such as EUR".to_owned()),
    }
}

fn letters(number: u64) -> String {
    let [.., first, second, third] = number.to_be_bytes();
    [first, second, third].map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{Rule, Setting, letters};

    #[test]
    fn a_setting_is_read_in_its_rules_own_unit() {
        for (text, rule, value) in [
            ("largest-unattended=5_000", Rule::LargestUnattended, Some(5_000)),
            ("quantity=off", Rule::Quantity, None),
            ("currency=EUR", Rule::Currency, Some(0x45_55_52)),
        ] {
            let Setting(read, set) = text.parse().unwrap();
            assert_eq!((read, set), (rule, value), "{text}");
        }
        assert_eq!(letters(0x45_55_52), "EUR");
        for wrong in ["quantity", "quantity=many", "currency=eur", "network=1", "no-rule=1"] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
    }
}
