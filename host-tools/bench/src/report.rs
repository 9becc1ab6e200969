//! The figures, as tables for a person and as JSON for a program.

use serde_json::{Value, json};

use crate::measure::{Cost, Row};
use crate::step::{Size, Step};

/// What the project set itself, as parts of LDK's instructions and of the floor's.
pub(crate) const GOALS: [(Step, f64); 2] =
    [(Step::Whole(Size::Big), 0.65), (Step::Whole(Size::Small), 0.5)];
const FLOOR_GOAL: f64 = 1.15;

/// The JSON array of the steps.
pub(crate) fn json(rows: &[Row]) -> Value {
    let cost =
        |cost: &Cost| json!({ "instructions": cost.instructions, "allocations": cost.allocations });
    rows.iter()
        .map(|row| {
            json!({
                "step": row.step.name(),
                "ours": cost(&row.ours),
                "ldk": row.ldk.as_ref().map(cost),
                "floor": { "instructions": row.floor },
            })
        })
        .collect()
}

/// The table of the steps.
pub(crate) fn steps(rows: &[Row]) {
    println!(
        "\n{:<13}{:>12}{:>12}{:>12}{:>7}{:>7}{:>10}{:>10}{:>8}{:>8}",
        "step",
        "ours",
        "LDK 0.2.7",
        "floor",
        "/LDK",
        "/floor",
        "ours µs",
        "LDK µs",
        "allocs",
        "LDK's"
    );
    for row in rows {
        println!(
            "{:<13}{:>12}{:>12}{:>12}{:>7}{:>7.2}{:>10.1}{:>10}{:>8}{:>8}",
            row.step.name(),
            grouped(row.ours.instructions),
            of_ldk(row, |ldk| grouped(ldk.instructions)),
            grouped(row.floor),
            of_ldk(row, |ldk| format!("{:.2}", row.ours.ratio(ldk))),
            ratio(row.ours.instructions, row.floor),
            micros(&row.ours),
            of_ldk(row, |ldk| format!("{:.1}", micros(ldk))),
            row.ours.allocations,
            of_ldk(row, |ldk| ldk.allocations.to_string()),
        );
    }
}

/// How a table of growth goes on.
pub(crate) fn growth(title: &str, rows: &[Row]) {
    println!("\n{title}");
    for row in rows {
        println!(
            "{:<13}{:>12}{:>12}{:>12}{:>7}{:>7.2}",
            row.step.name(),
            grouped(row.ours.instructions),
            of_ldk(row, |ldk| grouped(ldk.instructions)),
            grouped(row.floor),
            of_ldk(row, |ldk| format!("{:.2}", row.ours.ratio(ldk))),
            ratio(row.ours.instructions, row.floor),
        );
    }
}

/// Each goal, and whether it is reached.
pub(crate) fn goals(rows: &[Row]) {
    println!();
    let allocations: u64 = rows.iter().map(|row| row.ours.allocations).sum();
    verdict("allocations of ours, all steps", allocations == 0, &format!("{allocations}, of 0"));
    for (step, goal) in GOALS {
        let Some(row) = rows.iter().find(|row| row.step == step) else { continue };
        let Some(ldk) = &row.ldk else { continue };
        let of_ldk = row.ours.ratio(ldk);
        let of_floor = ratio(row.ours.instructions, row.floor);
        let name = step.name();
        verdict(&format!("{name} of LDK's"), of_ldk <= goal, &format!("{of_ldk:.3}, of {goal}"));
        verdict(
            &format!("{name} of the floor"),
            of_floor <= FLOOR_GOAL,
            &format!("{of_floor:.3}, of {FLOOR_GOAL}"),
        );
    }
}

/// Says whether a goal is reached, and passes that on.
pub(crate) fn verdict(what: &str, reached: bool, figures: &str) -> bool {
    let word = if reached { "reached" } else { "MISSED" };
    println!("goal: {what}: {figures}: {word}");
    reached
}

/// What `say` says of LDK's cost; a dash where LDK does not take the step.
fn of_ldk(row: &Row, say: impl FnOnce(&Cost) -> String) -> String {
    row.ldk.as_ref().map_or_else(|| "-".into(), say)
}

impl Cost {
    /// Its instructions as a part of the `other`'s.
    fn ratio(&self, other: &Self) -> f64 {
        ratio(self.instructions, other.instructions)
    }
}

fn micros(cost: &Cost) -> f64 {
    cost.time.as_secs_f64() * 1e6
}

/// One number as a part of another.
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_apart() {
        let numbers = [0, 999, 1_000, 12_345_678];
        assert_eq!(numbers.map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
