//! The text form: bech32 without a checksum, and every way to spoil it.

use crate::dice::Dice;

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// `bytes` under `prefix`, in lower case.
#[must_use]
pub fn encode(prefix: &str, bytes: &[u8]) -> String {
    let mut text = format!("{prefix}1");
    for group in groups(bytes) {
        text.push(char::from(ALPHABET[usize::from(group)]));
    }
    text
}

/// The five-bit groups of `bytes`, padded with zeros.
fn groups(bytes: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)).collect();
    bits.chunks(5)
        .map(|five| (0..5).fold(0, |group, at| (group << 1) | five.get(at).copied().unwrap_or(0)))
        .collect()
}

/// The whole bytes that a text's characters hold, whatever is wrong with it.
#[must_use]
pub fn bytes(text: &str) -> Vec<u8> {
    let bits: Vec<u8> =
        symbols(text).flat_map(|symbol| (0..5).rev().map(move |at| (symbol >> at) & 1)).collect();
    bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| (byte << 1) | bit)).collect()
}

/// The values of the characters after the prefix; one that has none counts as zero.
fn symbols(text: &str) -> impl DoubleEndedIterator<Item = u8> {
    let text: String = text.chars().filter(|c| *c != '+' && !c.is_whitespace()).collect();
    let data = text.rsplit('1').next().unwrap_or_default().to_lowercase().into_bytes();
    data.into_iter().map(|character| {
        let place = ALPHABET.iter().position(|other| *other == character).unwrap_or(0);
        u8::try_from(place).expect("below 32")
    })
}

/// What the leftover bits after the last whole byte are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Fewer than five, all zero: as BIP 173 has it.
    Right,
    /// Five or more, or not all zero.
    Wrong,
}

/// Judges the padding of a text whose characters are all good.
#[must_use]
pub fn padding(text: &str) -> Padding {
    let symbols: Vec<u8> = symbols(text).collect();
    let left = symbols.len() * 5 % 8;
    let last = symbols.iter().rev().take(2).enumerate();
    let bits = last.fold(0_u16, |bits, (at, symbol)| bits | (u16::from(*symbol) << (5 * at)));
    if left < 5 && bits & ((1 << left) - 1) == 0 { Padding::Right } else { Padding::Wrong }
}

/// One way to write a text differently, or wrongly.
pub fn spoil(dice: &mut Dice, text: &str) -> String {
    let at = dice.below(text.len());
    match dice.below(14) {
        0 => text.to_uppercase(),
        1 => {
            let (head, tail) = text.split_at(at);
            format!("{head}{}", tail.to_uppercase())
        }
        2 | 3 => insert(text, at, "+"),
        4 => insert(text, at, "+ \n\t "),
        5 => insert(text, at, dice.pick(&["++", " ", "+ +", "\u{a0}", "+\u{2003}", "-"])),
        6 => format!("{text}{}", dice.pick(&["+", " ", "+ ", "\n"])),
        7 => format!("{}{text}", dice.pick(&["+", " ", "lno1", "\u{b}"])),
        8 => replace(text, at, dice.pick(&['b', 'i', 'o', '1', 'é', 'Q'])),
        9 => replace(text, at, char::from(dice.pick(ALPHABET))),
        10 => format!("{text}{}", char::from(dice.pick(ALPHABET))),
        11 => replace(text, text.len() - 1, char::from(dice.pick(ALPHABET))),
        12 => text[..at].to_owned(),
        _ => format!("{}{}", dice.pick(&["lno", "lnr", "lni", "lnp", "ln", ""]), &text[3..]),
    }
}

fn insert(text: &str, at: usize, piece: &str) -> String {
    let (head, tail) = text.split_at(at);
    format!("{head}{piece}{tail}")
}

fn replace(text: &str, at: usize, with: char) -> String {
    let (head, tail) = text.split_at(at);
    format!("{head}{with}{}", &tail[1..])
}
