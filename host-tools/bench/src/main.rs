//! What each step costs: ours, LDK's, and the floor of the cryptography beneath both.
//!
//! `countersign-bench` prints tables, `countersign-bench STEP...` the rows of these steps, and
//! `countersign-bench --json` one JSON array. It runs itself under valgrind's callgrind, twice for
//! each figure. A person reads what each case is made of first, and at the end which goals are
//! reached.
//!
//! `countersign-bench device FOLDER` does the same steps on an emulated Cortex-M4, with the images
//! that `cargo xtask bench --device` puts into the folder: the same code on the same bytes, which
//! this program makes and hands over. It fails when a goal is missed.

mod allocation;
mod callgrind;
mod case;
mod claim;
mod device;
mod floor;
mod ldk;
mod measure;
mod ours;
mod report;
mod step;
mod supply;
mod work;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::floor::Primitive;
use crate::measure::{Row, Side, prices, row};
use crate::step::Step;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => tables(),
        ["--json"] => array(),
        ["device", folder] => device::tables(folder),
        ["device", folder, "--json"] => device::array(folder),
        ["run", side, name, times] => run(side, name, times),
        [option, ..] if option.starts_with('-') => {
            eprintln!("usage: countersign-bench [--json | STEP... | device FOLDER [--json]]");
            return ExitCode::from(2);
        }
        ref names => some(names),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Everything, for a person.
fn tables() -> Result<()> {
    case::describe();
    let prices = prices()?;
    println!("\nwhat the floor counts, in instructions");
    for (primitive, price) in Primitive::ALL.iter().zip(prices.0) {
        println!("{:<13}{price:>12}", primitive.name());
    }
    let measure = |steps: &[Step]| -> Result<Vec<Row>> {
        steps.iter().map(|step| row(*step, &prices)).collect()
    };
    let rows = measure(&Step::TABLE)?;
    report::steps(&rows);
    for (title, steps) in Step::GROWTH {
        report::growth(title, &measure(steps)?);
    }
    report::goals(&rows);
    Ok(())
}

/// The rows of the steps with these names.
fn some(names: &[&str]) -> Result<()> {
    let steps = names.iter().map(|name| named(name)).collect::<Result<Vec<_>>>()?;
    let prices = prices()?;
    let rows = steps.into_iter().map(|step| row(step, &prices)).collect::<Result<Vec<_>>>()?;
    report::steps(&rows);
    Ok(())
}

fn named(name: &str) -> Result<Step> {
    Step::named(name).with_context(|| format!("there is no step {name}"))
}

/// The steps alone, for a program.
fn array() -> Result<()> {
    let prices = prices()?;
    let rows =
        Step::TABLE.into_iter().map(|step| row(step, &prices)).collect::<Result<Vec<_>>>()?;
    println!("{}", report::json(&rows));
    Ok(())
}

/// What valgrind watches: a task once to be warm, then as many times as it is told.
fn run(side: &str, name: &str, times: &str) -> Result<()> {
    let times: usize = times.parse().context("how many times is no number")?;
    let stock = callgrind::MOST_TIMES + 1;
    let repeat = |task: &mut dyn FnMut()| (0..=times).for_each(|_| task());
    match side {
        "ours" => Side::Ours.ready(named(name)?, stock, repeat)?,
        "ldk" => Side::Ldk.ready(named(name)?, stock, repeat)?,
        "primitive" => {
            let primitive = Primitive::ALL.into_iter().find(|primitive| primitive.name() == name);
            let primitive = primitive.with_context(|| format!("there is no primitive {name}"))?;
            repeat(&mut primitive.prepare());
        }
        _ => bail!("there is no side {side}"),
    }
    Ok(())
}
