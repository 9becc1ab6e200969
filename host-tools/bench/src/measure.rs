//! One row of the table: a step, each side's cost, and the floor.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use countersign_bench_ours::Memory;
use countersign_crypto::CurveMemory;

use crate::floor::{Prices, Primitive};
use crate::step::Step;
use crate::supply::Supply;
use crate::{allocation, callgrind, claim, work};

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

    /// Makes the side's way of a step ready to be done this many times, and gives it to `then`.
    ///
    /// # Errors
    ///
    /// When the side has none.
    pub(crate) fn ready<R>(
        self,
        step: Step,
        times: usize,
        then: impl FnOnce(&mut dyn FnMut()) -> R,
    ) -> Result<R> {
        let Some(task) = step.task() else {
            ensure!(self == Self::Ours, "LDK does not take {}", step.name());
            return Ok(then(&mut claim::prepare()));
        };
        let supply = Supply::new(self, step);
        let inputs = supply.inputs(task);
        Ok(match self {
            Self::Ours => {
                let mut memory = CurveMemory::new();
                let merchant =
                    countersign_bench_ours::Merchant::new(inputs.secret, inputs.relay, &mut memory);
                merchant.ready(&inputs, &mut Memory::new(), then)
            }
            Self::Ldk => {
                let merchant = countersign_bench_ldk::Merchant::new(&inputs.secret, inputs.relay);
                merchant.ready(&inputs, times, then)
            }
        })
    }

    /// What the step costs the side.
    fn cost(self, step: Step) -> Result<Cost> {
        let instructions = callgrind::instructions(&[self.name(), &step.name()])?;
        let allocations = self.ready(step, 2, |run| {
            run();
            allocation::count(run)
        })?;
        let times = (0..BATCHES).map(|_| self.time(step)).collect::<Result<Vec<_>>>()?;
        let time = times.into_iter().min().unwrap_or_default();
        Ok(Cost { instructions, allocations, time })
    }

    /// The time of a run, in one batch.
    fn time(self, step: Step) -> Result<Duration> {
        self.ready(step, RUNS + 1, |run| {
            run();
            let start = Instant::now();
            for _ in 0..RUNS {
                run();
            }
            start.elapsed() / u32::try_from(RUNS).expect("few")
        })
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
    let ldk = step.task().map(|_| Side::Ldk.cost(step)).transpose()?;
    Ok(Row { step, ours: Side::Ours.cost(step)?, ldk, floor })
}
