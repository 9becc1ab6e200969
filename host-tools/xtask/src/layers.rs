//! The architecture as a check: which crate may know which, and what none of them may do.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::{Package, Workspace};

/// Each portable crate and the portable crates below it. `onion` and `blinding` do not know each
/// other; `policy` sees neither bytes nor keys.
const LAYERS: [(&str, &[&str]); 10] = [
    ("units", &[]),
    ("tlv", &["units"]),
    ("crypto", &["units", "tlv"]),
    ("mnemonic", &["crypto"]),
    ("blinding", &["units", "tlv", "crypto"]),
    ("onion", &["units", "tlv", "crypto"]),
    ("offers", &["units", "tlv", "crypto", "blinding"]),
    ("policy", &["units"]),
    ("link", &["units", "tlv"]),
    (
        "signer",
        &["units", "tlv", "crypto", "mnemonic", "blinding", "onion", "offers", "policy", "link"],
    ),
];

/// Cryptography, and the crates that may name it.
const CRYPTOGRAPHY: [(&str, &[&str]); 10] = [
    ("bip39", &["mnemonic"]),
    ("chacha20", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("hmac", &["crypto", "mnemonic"]),
    ("pbkdf2", &["mnemonic"]),
    ("poly1305", &["crypto"]),
    ("secp256k1", &["crypto"]),
    ("secp256k1-sys", &["crypto"]),
    ("sha2", &["crypto", "mnemonic"]),
    ("subtle", &["crypto"]),
];

/// The lines that open every portable crate.
const HEADER: [&str; 2] = ["#![no_std]", "#![forbid(unsafe_code)]"];

/// Fails with every violation at once.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut broken = Vec::new();
    for package in workspace.portable() {
        judge(workspace, package, &mut broken)?;
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("{}\nthe rules are in host-tools/xtask/src/layers.rs", broken.join("\n"))
}

fn judge(workspace: &Workspace, package: &Package, broken: &mut Vec<String>) -> Result<()> {
    let Some(layer) = package.name.strip_prefix("countersign-") else {
        bail!("{} lacks the prefix `countersign-`", package.name);
    };
    let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        bail!("{layer} has no place among the layers: give it one in LAYERS");
    };
    for dependency in &package.dependencies {
        let allowed = match dependency.strip_prefix("countersign-") {
            Some(other) => below.contains(&other),
            None if workspace.has(dependency) => false,
            None => CRYPTOGRAPHY
                .iter()
                .find(|(name, _)| name == dependency)
                .is_none_or(|(_, crates)| crates.contains(&layer)),
        };
        if !allowed {
            broken.push(format!("{layer} must not depend on {dependency}"));
        }
    }
    for feature in &package.features {
        broken.push(format!("{layer} has a Cargo feature, `{feature}`: portable crates have none"));
    }
    let root = package.folder.join("src/lib.rs");
    let source = fs::read_to_string(&root).with_context(|| root.display().to_string())?;
    for line in HEADER {
        if !source.lines().any(|each| each == line) {
            broken.push(format!("{layer}/src/lib.rs lacks {line}"));
        }
    }
    Ok(())
}
