//! Every input that a fuzzer starts from, or once failed on, holds its property.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use countersign_tests::properties::ALL;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    listing.map(|entry| entry.unwrap().path()).collect()
}

fn stems(folder: &str) -> BTreeSet<String> {
    let paths = entries(&fuzz().join(folder));
    paths.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_property_has_a_fuzz_target_and_a_corpus() {
    let properties: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(properties.len(), ALL.len(), "a name is used twice");
    assert_eq!(stems("fuzz_targets"), properties);
    assert_eq!(stems("corpus"), properties);
}

#[test]
fn every_input_of_every_corpus_holds_its_property() {
    for (name, property) in ALL {
        let inputs = entries(&fuzz().join("corpus").join(name));
        assert!(inputs.len() >= 3, "{name} has {} seeds: give it more", inputs.len());
        for path in inputs {
            let input = fs::read(&path).unwrap();
            // The name of the file, should the property fail.
            println!("{}", path.display());
            property(&input);
        }
    }
}
