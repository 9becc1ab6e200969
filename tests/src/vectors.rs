//! The specification's own test vectors, read as they are and from where they are.
//!
//! The folder is `BOLT_VECTORS`, or else `../shared/vectors` beside the workspace. Without it the
//! tests that need it say so and pass; in CI (`CI` is set) they fail.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

/// The text of a vector file, or `None` where the vectors are not at hand.
///
/// # Panics
///
/// In CI, when the file is missing.
pub fn text(file: &str) -> Option<String> {
    let path = folder().join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = format!(
                "{}: {error}. Check out lightning/bolts at commit a3772650 and name its folder in \
                 BOLT_VECTORS, or put the vectors in ../shared/vectors.",
                path.display()
            );
            assert!(std::env::var_os("CI").is_none(), "{message}");
            // Not `eprintln`: a passing test's output would be swallowed.
            let _ = writeln!(io::stderr(), "\nSKIPPED: {message}");
            None
        }
    }
}

/// A vector file as JSON, or `None` where the vectors are not at hand.
///
/// # Panics
///
/// As [`text`], and when the file is not JSON.
pub fn json(file: &str) -> Option<Value> {
    let text = text(file)?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}")))
}

/// The bytes of a hexadecimal string in a vector file.
///
/// # Panics
///
/// When `value` is not such a string.
pub fn hex(value: &Value) -> Vec<u8> {
    hex::decode(string(value)).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// A string in a vector file.
///
/// # Panics
///
/// When `value` is not one.
pub fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// A list in a vector file.
///
/// # Panics
///
/// When `value` is not one.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list"))
}

fn folder() -> PathBuf {
    match std::env::var_os("BOLT_VECTORS") {
        Some(folder) => folder.into(),
        None => [env!("CARGO_MANIFEST_DIR"), "..", "..", "shared", "vectors"].iter().collect(),
    }
}
