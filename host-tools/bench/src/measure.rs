//! One row of the table: a step, each side's cost, and the floor.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::floor::{Prices, Primitive};
use crate::step::Step;
use crate::{allocation, callgrind, ldk, ours, work};

/// Batches of which the fastest counts: a busy machine only ever makes a run slower.
const BATCHES: usize = 9;
/// Runs of a batch.
const RUNS: usize = 20;

/// Whose way of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Our crates'.
    Ours,
    /// LDK's.
    Ldk,
}

/// What a step costs one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Instructions under callgrind.
    pub(crate) instructions: u64,
    /// Requests to the heap.
    pub(crate) allocations: u64,
    /// The time of a run in the fastest batch.
    pub(crate) time: Duration,
}

/// A step and its costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The step.
    pub(crate) step: Step,
    /// What it costs us.
    pub(crate) ours: Cost,
    /// What it costs LDK; `None` for a step that LDK does not take.
    pub(crate) ldk: Option<Cost>,
    /// What the cryptography beneath it costs, in instructions.
    pub(crate) floor: u64,
}

impl Side {
    /// Its name among this program's arguments.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Ldk => "ldk",
        }
    }

    /// The side's way of a step, ready to be run this many times.
    ///
    /// # Errors
    ///
    /// When the side has none.
    pub(crate) fn prepare(self, step: Step, times: usize) -> Result<Box<dyn FnMut()>> {
        self.way(step, times).with_context(|| format!("LDK does not take {}", step.name()))
    }

    fn way(self, step: Step, times: usize) -> Option<Box<dyn FnMut()>> {
        match self {
            Self::Ours => Some(ours::prepare(step)),
            Self::Ldk => ldk::prepare(step, times),
        }
    }

    /// What the step costs the side, if it takes it.
    fn cost(self, step: Step) -> Result<Option<Cost>> {
        let Some(mut run) = self.way(step, 2) else { return Ok(None) };
        let instructions = callgrind::instructions(&[self.name(), &step.name()])?;
        run();
        let allocations = allocation::count(run);
        let times = (0..BATCHES).map(|_| self.time(step)).collect::<Result<Vec<_>>>()?;
        let time = times.into_iter().min().unwrap_or_default();
        Ok(Some(Cost { instructions, allocations, time }))
    }

    /// The time of a run, in one batch.
    fn time(self, step: Step) -> Result<Duration> {
        let mut run = self.prepare(step, RUNS + 1)?;
        run();
        let start = Instant::now();
        for _ in 0..RUNS {
            run();
        }
        Ok(start.elapsed() / u32::try_from(RUNS).expect("few"))
    }
}

/// The price of each primitive.
///
/// # Errors
///
/// When valgrind fails.
pub(crate) fn prices() -> Result<Prices> {
    let mut prices = [0; Primitive::ALL.len()];
    for (price, primitive) in prices.iter_mut().zip(Primitive::ALL) {
        *price = callgrind::instructions(&["primitive", primitive.name()])?;
    }
    Ok(Prices(prices))
}

/// Measures one step.
///
/// # Errors
///
/// When valgrind fails.
pub(crate) fn row(step: Step, prices: &Prices) -> Result<Row> {
    let floor = work::of(step).instructions(prices);
    let ours = Side::Ours.cost(step)?.context("ours takes every step")?;
    Ok(Row { step, ours, ldk: Side::Ldk.cost(step)?, floor })
}
