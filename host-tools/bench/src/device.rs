//! The same steps on a board: QEMU's Cortex-M4, whose instructions it counts.

mod table;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use countersign_bench_emulator::{Cost, run};
use countersign_bench_steps::{INPUTS_BYTES, Inputs, Task};

use crate::measure::Side;
use crate::step::Step;
use crate::supply::Supply;

/// Everything, for a person, from the images in this folder.
///
/// # Errors
///
/// When an image fails, or a goal is missed.
pub(crate) fn tables(folder: &str) -> Result<()> {
    let rows = measure(folder)?;
    table::print(&rows);
    ensure!(table::goals(&rows), "a goal is missed");
    Ok(())
}

/// The steps alone, for a program.
///
/// # Errors
///
/// When an image fails.
pub(crate) fn array(folder: &str) -> Result<()> {
    println!("{}", table::json(&measure(folder)?));
    Ok(())
}

fn measure(folder: &str) -> Result<Vec<Row>> {
    let images = Images(folder.into());
    let tasks = Step::TABLE.into_iter().filter_map(|step| Some((step, step.task()?)));
    tasks.map(|(step, task)| images.row(step, task)).collect()
}

/// The folder with the images that `cargo xtask bench --device` builds.
struct Images(PathBuf);

/// An image.
#[derive(Debug, Clone, Copy)]
enum Image {
    /// A side's, for the Cortex-M4.
    CortexM4(Side),
    /// Ours, for the RP2040's Cortex-M0+. A Cortex-M4 runs it, too.
    CortexM0Plus,
}

/// A step, and what it costs on boards.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The step.
    step: Step,
    /// What it costs us on a Cortex-M4.
    ours: Cost,
    /// What it costs LDK there.
    ldk: Cost,
    /// What it costs us on an RP2040.
    rp2040: Cost,
}

impl Image {
    const fn file(self) -> &'static str {
        match self {
            Self::CortexM4(Side::Ours) => "bench-ours.elf",
            Self::CortexM4(Side::Ldk) => "bench-ldk.elf",
            Self::CortexM0Plus => "bench-ours-rp2040.elf",
        }
    }
}

impl Images {
    /// Measures one step.
    ///
    /// # Errors
    ///
    /// When an image is missing or fails, or QEMU does.
    fn row(&self, step: Step, task: Task) -> Result<Row> {
        let ours = Supply::new(Side::Ours, step);
        let ldk = Supply::new(Side::Ldk, step);
        Ok(Row {
            step,
            ours: self.cost(Image::CortexM4(Side::Ours), &ours.inputs(task))?,
            ldk: self.cost(Image::CortexM4(Side::Ldk), &ldk.inputs(task))?,
            rp2040: self.cost(Image::CortexM0Plus, &ours.inputs(task))?,
        })
    }

    fn cost(&self, image: Image, inputs: &Inputs<'_>) -> Result<Cost> {
        let mut space = Box::new([0; INPUTS_BYTES]);
        let mut file = tempfile::NamedTempFile::new().context("a file for the inputs")?;
        file.write_all(inputs.write(&mut space).context("inputs of that size")?)?;
        run(&self.0.join(image.file()), file.path())
    }
}
