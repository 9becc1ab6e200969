//! `test`: everything that CI runs, cheapest first.

use crate::process::{cargo, run};
use crate::report::Report;
use crate::workspace::Workspace;
use crate::{arm, check, fuzz, miri, no_panic};

/// The package that compares us with LDK, outside the default members for its long compile.
const DIFFERENTIAL: &str = "countersign-ldk-tests";

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
    miri::run(workspace, report);
    fuzz::run(workspace, report, None, FUZZ_SECONDS);
    report.step("against LDK", "the same bytes to LDK and to us", || {
        run(cargo().current_dir(&workspace.root).args([
            "test",
            "--quiet",
            "--no-fail-fast",
            "--package",
            DIFFERENTIAL,
        ]))
    });
}
