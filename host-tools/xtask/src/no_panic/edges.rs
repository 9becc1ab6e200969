//! The calls by which a linked program reaches a panic.
//!
//! A function of `core` that ends in a panic and never returns belongs to the machinery of
//! panicking. Every call into that machinery from elsewhere is an edge; the debug information names
//! the functions that were inlined where it lies.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::output;

/// Where every panic arrives.
const ARRIVALS: [&str; 3] = ["core::panicking::", "rust_begin_unwind", "rust_panic"];

/// One call to the machinery of panicking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    /// The function of `core` that is called, then the functions outside `core` that were inlined
    /// around the call, innermost first, up to the first of ours.
    pub(crate) frames: Vec<String>,
}

impl Edge {
    pub(crate) fn names(&self, frame: &str) -> bool {
        self.frames.iter().any(|each| each == frame)
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.frames.join("\n"))
    }
}

#[derive(Debug, Default)]
struct Function {
    name: String,
    branches: Vec<Branch>,
    returns: bool,
}

#[derive(Debug)]
struct Branch {
    at: u64,
    to: u64,
    leaves: bool,
}

/// Every edge of a linked program, each once.
pub(crate) fn disassemble(elf: &Path) -> Result<Vec<Edge>> {
    let listing = output(Command::new("arm-none-eabi-objdump").args(["-d", "-C"]).arg(elf))?;
    let functions = parse(&listing);
    let panicking = machinery(&functions);
    let mut calls = Vec::new();
    for (address, function) in &functions {
        if !panicking.contains(address) {
            calls.extend(function.branches.iter().filter(|call| panicking.contains(&call.to)));
        }
    }
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let mut resolve = Command::new("arm-none-eabi-addr2line");
    resolve.args(["-f", "-i", "-C", "-a", "-e"]).arg(elf);
    resolve.args(calls.iter().map(|call| format!("{:#x}", call.at)));
    let resolved = output(&mut resolve)?;
    let mut edges = BTreeSet::new();
    for (call, frames) in calls.iter().zip(frames(&resolved)) {
        let callee = functions.get(&call.to).context("a branch into a function")?;
        let mut edge = vec![plain(&callee.name)];
        edge.extend(frames);
        edges.insert(Edge { frames: edge });
    }
    if edges.len() > calls.len() {
        bail!("addr2line and objdump disagree");
    }
    Ok(edges.into_iter().collect())
}

/// The functions of a disassembly by their addresses.
fn parse(listing: &str) -> BTreeMap<u64, Function> {
    let mut functions = BTreeMap::new();
    let mut current = 0;
    for line in listing.lines() {
        if let Some((address, name)) = heading(line) {
            current = address;
            functions.insert(address, Function { name: name.to_owned(), ..Function::default() });
        } else if let Some(function) = functions.get_mut(&current) {
            read_instruction(line, function);
        }
    }
    functions
}

/// `00026dd8 <core::panicking::panic_fmt>:`
fn heading(line: &str) -> Option<(u64, &str)> {
    let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
    Some((u64::from_str_radix(address, 16).ok()?, name))
}

/// Address, encoding, mnemonic and operands, with a tab before each but the first.
fn read_instruction(line: &str, function: &mut Function) {
    let mut columns = line.split('\t');
    let (Some(address), Some(_), Some(mnemonic)) = (columns.next(), columns.next(), columns.next())
    else {
        return;
    };
    let operands = columns.next().unwrap_or_default();
    if mnemonic.starts_with("bx")
        || (mnemonic.starts_with("pop") || mnemonic.starts_with("ldm") || mnemonic == "mov")
            && operands.contains("pc")
        || mnemonic.starts_with("ldr") && operands.starts_with("pc")
    {
        function.returns = true;
    }
    let to = operands.split_once(" <").and_then(|(to, _)| u64::from_str_radix(to, 16).ok());
    let at = u64::from_str_radix(address.trim().trim_end_matches(':'), 16).ok();
    if let (true, Some(at), Some(to)) = (mnemonic.starts_with('b'), at, to) {
        function.branches.push(Branch { at, to, leaves: !mnemonic.starts_with("bl") });
    }
}

/// The functions that only ever end in a panic: those of `core` from which there is no way out.
fn machinery(functions: &BTreeMap<u64, Function>) -> BTreeSet<u64> {
    let arrives = |function: &Function| {
        !function.returns && ARRIVALS.iter().any(|name| function.name.contains(name))
    };
    let arrivals = functions.iter().filter(|(_, function)| arrives(function));
    let mut found: BTreeSet<u64> = arrivals.map(|(address, _)| *address).collect();
    loop {
        let more: Vec<u64> = functions
            .iter()
            .filter(|(address, function)| {
                !found.contains(address)
                    && !function.returns
                    && is_core(&function.name)
                    && function.branches.iter().any(|branch| found.contains(&branch.to))
                    && function.branches.iter().all(|branch| {
                        // Into another function and not back: its returns are ours.
                        !branch.leaves
                            || found.contains(&branch.to)
                            || !functions.contains_key(&branch.to)
                    })
            })
            .map(|(address, _)| *address)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// The frames of each address in the output of `addr2line -a -f -i`, innermost first, up to and
/// including the first function of ours; without those of `core`.
fn frames(resolved: &str) -> Vec<Vec<String>> {
    let mut addresses: Vec<Vec<String>> = Vec::new();
    let mut lines = resolved.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("0x") {
            addresses.push(Vec::new());
            continue;
        }
        // After each name, where it is: line numbers change with every release.
        lines.next();
        if let Some(frames) = addresses.last_mut()
            && !frames.last().is_some_and(|last| is_ours(last))
        {
            // `core` is inlined in whatever way this compiler release has it.
            if !is_core(line) {
                frames.push(plain(line));
            }
        }
    }
    addresses
}

fn is_core(frame: &str) -> bool {
    frame.trim_start_matches('<').starts_with("core::")
}

fn is_ours(frame: &str) -> bool {
    frame.trim_start_matches('<').starts_with("countersign_")
}

/// A function's name without the hash that some compilers end it with.
fn plain(name: &str) -> String {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 => path.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
00000100 <core::panicking::panic_fmt>:
     100:\te7fe      \tb.n\t100 <core::panicking::panic_fmt>
00000200 <core::result::unwrap_failed>:
     200:\tf7ff ffff \tbl\t100 <core::panicking::panic_fmt>
00000300 <core::fmt::write>:
     300:\tf7ff ffff \tbl\t200 <core::result::unwrap_failed>
     304:\tbd80      \tpop\t{r7, pc}
00000400 <_start>:
     400:\tf7ff ffff \tbl\t200 <core::result::unwrap_failed>
     404:\te7fe      \tb.n\t404 <_start+0x4>
";

    #[test]
    fn what_never_returns_belongs_to_the_machinery_and_its_callers_are_edges() {
        let functions = parse(LISTING);
        assert_eq!(functions.len(), 4);
        assert_eq!(machinery(&functions), BTreeSet::from([0x100, 0x200]));
    }

    #[test]
    fn frames_are_outside_core_and_end_with_the_first_of_ours() {
        let resolved = "0x00000400\ncore::result::Result<T,E>::expect\n/x/result.rs:1\n\
                        countersign_crypto::open::h0123456789abcdef\n/y/aead.rs:2\n\
                        countersign_onion::peel\n/z/peel.rs:3\n";
        assert_eq!(frames(resolved), [["countersign_crypto::open"]]);
    }
}
