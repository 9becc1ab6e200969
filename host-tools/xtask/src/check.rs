//! `check`: what a reader should never have to point out.

use crate::layers;
use crate::process::{cargo, run};
use crate::report::Report;
use crate::workspace::Workspace;

/// The workspaces beside the main one.
const OTHER_WORKSPACES: [&str; 2] = ["fuzz", "firmware/no-panic/proof"];

/// Formatting, clippy and documentation of the default members, and the layers.
pub(crate) fn all(workspace: &Workspace, report: &mut Report) {
    report.step("fmt", "rustfmt on every workspace", || {
        run(cargo().current_dir(&workspace.root).args(["fmt", "--all", "--check"]))?;
        for folder in OTHER_WORKSPACES {
            let mut fmt = cargo();
            fmt.current_dir(&workspace.root).args(["fmt", "--check", "--manifest-path"]);
            run(fmt.arg(format!("{folder}/Cargo.toml")))?;
        }
        Ok(())
    });
    report.step("clippy", "every lint of the table, warnings are errors", || {
        run(cargo().current_dir(&workspace.root).args([
            "clippy",
            "--quiet",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    });
    report.step("docs", "rustdoc, warnings are errors", || {
        let mut command = cargo();
        command.current_dir(&workspace.root).env("RUSTDOCFLAGS", "-D warnings");
        run(command.args(["doc", "--quiet", "--no-deps"]))
    });
    report.step("layers", "arrows point down, crates stay portable", || layers::check(workspace));
}
