//! What boards take, as a table for a person and as JSON for a program.

use countersign_bench_emulator::{Cost, rp2040_milliseconds as milliseconds};
use serde_json::{Value, json};

use super::Row;
use crate::report::{GOALS, grouped, ratio, verdict};
use crate::step::{Size, Step};

/// What the project set itself for the RP2040, in milliseconds.
const TIMES: [(Step, u64); 2] =
    [(Step::Whole(Size::Big), 2_000), (Step::Whole(Size::Small), 1_500)];

/// What somebody counted before, of LDK 0.2.7 on a Cortex-M4, in millions of instructions. The
/// request was in 1,300 bytes and the reply in 32,768, of two layers: no row above is the same.
const PUBLISHED: [(&str, f64); 6] = [
    ("peel", 4.95),
    ("verify", 1.17),
    ("payment path", 12.6),
    ("invoice", 2.68),
    ("reply", 22.2),
    ("whole", 43.6),
];

/// The JSON array of the steps.
pub(crate) fn json(rows: &[Row]) -> Value {
    let cost = |cost: &Cost| {
        json!({
            "instructions": cost.instructions,
            "stack": cost.stack,
            "allocations": cost.allocations,
            "heap": cost.heap,
        })
    };
    rows.iter()
        .map(|row| {
            json!({
                "step": row.step.name(),
                "ours": cost(&row.ours),
                "ldk": cost(&row.ldk),
                "rp2040": {
                    "instructions": row.rp2040.instructions,
                    "milliseconds": milliseconds(row.rp2040.instructions),
                },
            })
        })
        .collect()
}

/// The table.
pub(crate) fn print(rows: &[Row]) {
    println!(
        "Instructions on an emulated Cortex-M4, and bytes of stack and heap; ours has no heap."
    );
    println!("RP2040: what is built for its Cortex-M0+, at 1.4 cycles an instruction and 133 MHz.");
    println!("No emulator here models what an instruction waits for flash: silicon is slower.");
    println!(
        "\n{:<13}{:>12}{:>12}{:>6}{:>8}{:>8}{:>8}{:>8}{:>14}{:>7}",
        "step", "ours", "LDK 0.2.7", "/LDK", "stack", "LDK's", "allocs", "heap", "RP2040", "ms"
    );
    for row in rows {
        println!(
            "{:<13}{:>12}{:>12}{:>6.2}{:>8}{:>8}{:>8}{:>8}{:>14}{:>7}",
            row.step.name(),
            grouped(row.ours.instructions),
            grouped(row.ldk.instructions),
            ratio(row.ours.instructions, row.ldk.instructions),
            grouped(row.ours.stack),
            grouped(row.ldk.stack),
            row.ldk.allocations,
            grouped(row.ldk.heap),
            grouped(row.rp2040.instructions),
            grouped(milliseconds(row.rp2040.instructions)),
        );
    }
    println!("\nLDK 0.2.7 as published, in millions, 1,300 bytes in and 32,768 of two layers out:");
    let published: Vec<_> =
        PUBLISHED.iter().map(|(what, millions)| format!("{what} {millions}")).collect();
    println!("{}; 335,808 bytes of flash, 37,612 of stack, 37,672 of heap", published.join(", "));
}

/// Each goal; whether all are reached.
pub(crate) fn goals(rows: &[Row]) -> bool {
    println!();
    let row = |step| rows.iter().find(|row| row.step == step);
    let mut all = true;
    for (step, goal) in GOALS {
        let Some(row) = row(step) else { continue };
        let of_ldk = ratio(row.ours.instructions, row.ldk.instructions);
        let what = format!("{} of LDK's", step.name());
        all &= verdict(&what, of_ldk <= goal, &format!("{of_ldk:.3}, of {goal}"));
    }
    for (step, goal) in TIMES {
        let Some(row) = row(step) else { continue };
        let taken = milliseconds(row.rp2040.instructions);
        let what = format!("{} on the RP2040", step.name());
        all &= verdict(&what, taken <= goal, &format!("{taken} ms, of {goal}"));
    }
    all
}
