//! `test`: everything that CI runs, cheapest first.

use std::env;
use std::process::Command;

use crate::firmware::{EMULATED, EMULATED_IMAGE};
use crate::process::{cargo, run};
use crate::report::Report;
use crate::setup::{self, Tool};
use crate::workspace::{STARTED, Workspace};
use crate::{arm, bench, check, firmware, fuzz, miri, no_panic, sizes, work};

/// How long each fuzz target runs here: enough to prove that it does.
const FUZZ_SECONDS: u32 = 4;

/// What needs nothing but Rust.
pub(crate) fn quick(workspace: &Workspace, report: &mut Report) {
    check::all(workspace, report);
    report.step("unit and promise tests", "cargo test of the default members", || {
        run(cargo().current_dir(&workspace.root).args(["test", "--quiet", "--no-fail-fast"]))
    });
}

/// Everything.
pub(crate) fn all(workspace: &Workspace, report: &mut Report) {
    quick(workspace, report);
    arm::build_portable(workspace, report);
    no_panic::prove(workspace, report);
    firmware::check(workspace, report);
    let release = workspace.target.join("firmware/release");
    firmware::build(workspace, report, &firmware::Selection::all(), Some(&release));
    firmware::emulate(workspace, report);
    firmware::emulate_pico(workspace, report);
    sizes::table(workspace, report);
    bench::device_table(workspace, report);
    miri::run(workspace, report);
    work::measure(workspace, report);
    fuzz::run(workspace, report, None, FUZZ_SECONDS);
    slow(workspace, report);
}

/// The members outside the default ones: what links LDK, its differential tests, and everything
/// together over TCP.
fn slow(workspace: &Workspace, report: &mut Report) {
    report.step("clippy of what links LDK", "every lint, warnings are errors", || {
        let mut clippy = workspace.cargo_slow("clippy");
        run(clippy.args(["--quiet", "--all-targets", "--", "-D", "warnings"]))
    });
    report.step("tests of what links LDK", "side by side, and end to end over TCP", || {
        setup::ensure(Tool::Qemu)?;
        workspace.build_programs(&STARTED)?;
        let mut test = workspace.cargo_slow("test");
        // Some of the devices are the image in QEMU.
        test.env(EMULATED_IMAGE, EMULATED.build(workspace)?);
        run(test.args(["--quiet", "--no-fail-fast"]))
    });
    demos(report);
}

/// The main job on the images that are flashed, by the commands that a merchant uses.
fn demos(report: &mut Report) {
    for (device, emulator) in [("qemu", Tool::Qemu), ("pico-emulated", Tool::Rp2040)] {
        let what = "an LDK wallet asks for an invoice, and gets the one of the emulated board";
        report.step(&format!("demo {device}"), what, || {
            setup::ensure(Tool::ArmGcc)?;
            setup::ensure(emulator)?;
            // A process of its own: it ends what it starts when it is interrupted.
            run(Command::new(env::current_exe()?).args(["demo", "--device", device]))
        });
    }
    let told = "the merchant pays a user, and is paid what somebody owes them";
    report.step("demo --refund", told, || {
        let mut demo = Command::new(env::current_exe()?);
        run(demo.args(["demo", "--refund", "--device", "sim", "--json"]))
    });
}
