//! The committed list of the panics that remain, and why each cannot happen.
//!
//! Stanzas between empty lines: the frames of an edge, innermost first, then lines that begin with
//! `= ` and give the reason. Lines that begin with `#` are for readers.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};

use super::edges::Edge;
use crate::workspace::Workspace;

/// Fails unless the edges found are those listed.
pub(crate) fn compare(workspace: &Workspace, found: &[Edge]) -> Result<()> {
    let path = workspace.root.join("firmware/no-panic/panic-edges.txt");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let listed = parse(&text)?;
    let found: BTreeSet<Edge> = found.iter().cloned().collect();
    let mut differences = Vec::new();
    for edge in found.difference(&listed) {
        differences.push(format!("not in panic-edges.txt:\n{edge}"));
    }
    for edge in listed.difference(&found) {
        differences.push(format!("in panic-edges.txt, but no longer in the image:\n{edge}"));
    }
    if differences.is_empty() {
        println!("   {} edges, each listed with its reason", found.len());
        return Ok(());
    }
    bail!("{}", differences.join("\n\n"))
}

fn parse(text: &str) -> Result<BTreeSet<Edge>> {
    let mut edges = BTreeSet::new();
    for stanza in text.split("\n\n") {
        let lines = || stanza.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let frames: Vec<String> =
            lines().filter(|line| !line.starts_with("= ")).map(str::to_owned).collect();
        if frames.is_empty() {
            continue;
        }
        if !lines().any(|line| line.starts_with("= ")) {
            bail!("panic-edges.txt gives no reason for\n{}", frames.join("\n"));
        }
        edges.insert(Edge { frames });
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_without_a_reason_is_refused() {
        assert_eq!(parse("# heading\n\na\nb\n= because\n\nc\n= why\n= not").unwrap().len(), 2);
        assert!(parse("a\nb\n").is_err());
    }
}
