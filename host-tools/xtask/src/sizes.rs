//! `sizes`: what each image takes of its board, against the committed budgets.
//!
//! `firmware/budgets.json` has the budgets: an image that takes more fails. They are to go down;
//! where the goal is not reached, `firmware/DECISIONS.md` says what takes the room.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::firmware::{Board, EMULATED, IMAGES, PICO, Size, told_of_the_image, told_of_the_pico};
use crate::no_panic;
use crate::process::output;
use crate::report::Report;
use crate::workspace::Workspace;

/// Has an emulated board answer a request of the largest size.
const WORST_REQUEST: &str = "worst-request";

/// What an image takes.
#[derive(Debug)]
struct Taken {
    board: Board,
    size: Size,
    /// How deep the stack is after a request of the largest size was answered with another.
    peak_stack: u64,
    panics: usize,
}

/// Prints a table, and fails for what is over its budget.
pub(crate) fn table(workspace: &Workspace, report: &mut Report) {
    report.step("sizes", "every image against its budget", || {
        for taken in measure(workspace)? {
            let Taken { board, size: Size { flash, static_ram }, peak_stack, panics } = &taken;
            let name = board.name;
            println!(
                "   {name}: flash {flash}, static RAM {static_ram}, stack {peak_stack}, no heap, \
                 {panics} calls to a panic"
            );
            taken.check(workspace)?;
        }
        Ok(())
    });
}

/// Prints one JSON array.
pub(crate) fn json(workspace: &Workspace) -> ExitCode {
    match measure(workspace) {
        Ok(all) => {
            println!("{}", Value::Array(all.iter().map(Taken::json).collect()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(workspace: &Workspace) -> Result<Vec<Taken>> {
    let driver = workspace.build_programs(&[WORST_REQUEST])?.join(WORST_REQUEST);
    let emulated = peak_stack(told_of_the_image(workspace, Command::new(&driver))?)?;
    // With the interrupts of USB, which every board has but the other emulated one, and on the
    // processor with the fewest registers: the best there is to go by for boards that are not run.
    let pico = peak_stack(told_of_the_pico(workspace, Command::new(&driver))?)?;
    IMAGES
        .into_iter()
        .map(|board| {
            let image = board.build(workspace)?;
            let size = board.size(workspace)?;
            let panics = no_panic::inspect(&image)?.len();
            let peak_stack = if board.name == EMULATED.name { emulated } else { pico };
            Ok(Taken { board, size, peak_stack, panics })
        })
        .collect()
}

/// The depth of a board's stack, as the board itself reports it to its driver.
fn peak_stack(mut driver: Command) -> Result<u64> {
    let said = output(&mut driver)?;
    let said: Value = serde_json::from_str(&said)?;
    said.get("stack").and_then(Value::as_u64).context("the depth of the stack")
}

impl Taken {
    fn json(&self) -> Value {
        let mut value = json!({
            "board": self.board.name,
            "flash": self.size.flash,
            "static_ram": self.size.static_ram,
            "peak_stack": self.peak_stack,
            "heap": 0,
            "panic_symbols": self.panics,
        });
        if ![EMULATED.name, PICO.name].contains(&self.board.name)
            && let Some(fields) = value.as_object_mut()
        {
            fields.insert("estimated".to_owned(), true.into());
        }
        value
    }

    fn check(&self, workspace: &Workspace) -> Result<()> {
        let path = workspace.root.join("firmware/budgets.json");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let budgets: Value = serde_json::from_str(&text)?;
        let ram = self.size.static_ram.saturating_add(self.peak_stack);
        for (what, taken) in [("flash", self.size.flash), ("ram", ram)] {
            let name = self.board.name;
            let budget = budgets.get(name).and_then(|board| board.get(what)?.as_u64());
            let budget = budget.with_context(|| format!("no budget for {name}'s {what}"))?;
            if taken > budget {
                bail!("{name} takes {taken} bytes of {what}, its budget is {budget}");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_that_is_handed_out_has_a_budget_and_nothing_else_has() {
        let budgets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/budgets.json");
        let budgets: Value = serde_json::from_str(&fs::read_to_string(budgets).unwrap()).unwrap();
        let mut held: Vec<&String> = budgets.as_object().unwrap().keys().collect();
        let mut images = IMAGES.map(|board| board.name);
        held.sort_unstable();
        images.sort_unstable();
        assert_eq!(held, images);
    }
}
