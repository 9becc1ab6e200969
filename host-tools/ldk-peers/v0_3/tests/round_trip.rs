//! The processes of this release with each other: the tests are those of every release.

const PEER: &str = env!("CARGO_BIN_EXE_ldk-peer-0-3");
const RELEASE: &str = "0.3.0-rc3";

#[cfg(test)]
#[path = "../../tests/round_trip.rs"]
mod round_trip;
