//! Whether the harness reaches the whole public interface of each portable crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Fails with the name of every public function that the harness does not list as often as the
/// crate defines it.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let reach = workspace.root.join("firmware/no-panic/reach/src");
    let proofs = workspace.root.join("firmware/no-panic/proof/src/bin");
    let mut forgotten = Vec::new();
    for package in workspace.portable() {
        let name = package.name.strip_prefix("countersign-").context("a package's name")?;
        if !proofs.join(format!("{name}.rs")).is_file() {
            forgotten.push(format!("{name} has no program in firmware/no-panic/proof/src/bin"));
        }
        let mut harness = fs::read_to_string(reach.join(format!("{name}.rs"))).unwrap_or_default();
        walk(&reach.join(name), &mut |source| harness.push_str(source))?;
        let mut defined = BTreeMap::<String, usize>::new();
        walk(&package.folder.join("src"), &mut |source| {
            for function in public_functions(source) {
                let count = defined.entry(function.to_owned()).or_default();
                *count = count.saturating_add(1);
            }
        })?;
        for (function, count) in defined {
            let listed = listed(&harness, &function);
            if listed < count {
                forgotten
                    .push(format!("{name}: {function} is defined {count} times, listed {listed}"));
            }
        }
    }
    if forgotten.is_empty() {
        return Ok(());
    }
    bail!("list these in firmware/no-panic/reach:\n{}", forgotten.join("\n"))
}

/// The names of the public functions in a source file, tests left out.
fn public_functions(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().take_while(|line| *line != "#[cfg(test)]");
    lines.filter_map(|line| {
        let line = line.trim_start();
        let function = line.strip_prefix("pub fn ").or(line.strip_prefix("pub const fn "))?;
        function.split(['(', '<']).next()
    })
}

/// How often the harness lists `function` by its address, or calls it.
fn listed(harness: &str, function: &str) -> usize {
    let named = |path: &str| {
        path.strip_suffix(function)
            .is_some_and(|before| before.ends_with([':', ' ', '[']) || before.is_empty())
    };
    let addresses = harness.split(" as *const ()").filter(|path| {
        // With its generic arguments, if it has any of its own.
        named(path) || path.rsplit_once("::<").is_some_and(|(path, _)| named(path))
    });
    let calls = [format!(".{function}("), format!("::{function}(")];
    let calls = calls.iter().map(|call| harness.matches(call).count());
    addresses.count().saturating_add(calls.sum())
}

fn walk(folder: &Path, each: &mut dyn FnMut(&str)) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, each)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_functions_are_found_and_tests_are_not() {
        let source = "pub fn a(x: u8) {}\n    pub const fn b<const N: usize>() {}\n\
                      pub(crate) fn c() {}\nfn d() {}\n#[cfg(test)]\nmod tests { pub fn e() {} }";
        assert_eq!(public_functions(source).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_function_is_listed_by_its_whole_name() {
        let harness = "keep([Reader::bytes as *const (), Reader::array::<33> as *const ()]);\n\
                       \x20   sha256 as *const (),\n    crate::walk(path.hops());\nuse x::hash;\n";
        for function in ["bytes", "array", "sha256", "hops"] {
            assert_eq!(listed(harness, function), 1, "{function}");
        }
        for function in ["rray", "256", "hash", "walk_path"] {
            assert_eq!(listed(harness, function), 0, "{function}");
        }
    }
}
