//! The portable crates as they are built for a board, on QEMU's `mps2-an386`, asked for what the
//! specification's test vectors have the answers to.
//!
//! A question is a line on the emulator's standard input: a verb, then its parts in hexadecimal, `-`
//! for an empty one. The answer is a line on its standard output: parts in the same form, or
//! `refused`. The image knows no vector and no right answer; whoever asks does.

#![no_std]
#![no_main]

mod answer;
mod bolt1;
mod bolt12;
mod bolt4;
mod curve;
mod question;

use core::panic::PanicInfo;

use cortex_m_rt::entry;
use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_curve as _;
use countersign_memmove as _;
use countersign_onion::{Build, Peel};
use semihosting::{eprintln, process};

use crate::answer::Answer;
use crate::question::Question;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    process::exit(1)
}

/// What questions are answered with.
struct Bench<'m> {
    curve: Curve<'m>,
    peel: &'m mut Peel,
    build: &'m mut Build,
}

#[entry]
fn main() -> ! {
    static mut MEMORY: CurveMemory = CurveMemory::new();
    static mut PEEL: Peel = Peel::new();
    static mut BUILD: Build = Build::new();
    static mut QUESTION: Question = Question::new();
    static mut ANSWER: Answer = Answer::new();
    let Some(curve) = Curve::new(MEMORY, &Secret::new([7; 32])) else { process::exit(2) };
    let mut bench = Bench { curve, peel: PEEL, build: BUILD };
    let (question, answer) = (QUESTION, ANSWER);
    while question.read().is_some() {
        answer.clear();
        let known = reply(&mut bench, question, answer);
        answer.write(known);
    }
    process::exit(0)
}

/// Answers a question; `None` refuses.
fn reply(bench: &mut Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    match question.verb() {
        #[cfg(all(target_arch = "arm", target_abi = "eabi"))]
        "field" => curve::field(question, answer),
        "scalar" => curve::scalar(question, answer),
        "move" => shift(question, answer),
        "bigsize" => bolt1::bigsize(question, answer),
        "write-bigsize" => bolt1::write_bigsize(question, answer),
        "n1" => bolt1::n1(question),
        "n2" => bolt1::n2(question),
        "extension" => bolt1::extension(question),
        "build" => bolt4::build(bench, question, answer),
        "peel" => bolt4::peel(bench, question, answer),
        "tweak" => bolt4::tweak(question, answer),
        "unblind" => bolt4::unblind(bench, question, answer),
        "path" => bolt4::path(bench, question, answer),
        "decode" => bolt12::decode(question, answer),
        "offer" => bolt12::offer(question),
        "merkle" => bolt12::merkle(question, answer),
        "sign" => bolt12::sign(bench, question, answer),
        _ => process::exit(3),
    }
}

/// Bytes some of which were copied onto others of them.
#[expect(clippy::disallowed_methods, reason = "it is what is asked about, and the ranges fit")]
fn shift(question: &Question, answer: &mut Answer) -> Option<()> {
    let mut bytes: [u8; 64] = *question.array(0)?;
    let [from, to, length] = question.array(1)?.map(usize::from);
    let end = from.checked_add(length)?;
    if end > bytes.len() || to.checked_add(length)? > bytes.len() {
        return None;
    }
    bytes.copy_within(from..end, to);
    answer.part(&bytes)
}
