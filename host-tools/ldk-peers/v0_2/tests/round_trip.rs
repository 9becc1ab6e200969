//! The processes of this release with each other: the tests are those of every release.

const PEER: &str = env!("CARGO_BIN_EXE_ldk-peer-0-2");
const RELEASE: &str = "0.2.7";

#[cfg(test)]
#[path = "../../tests/round_trip.rs"]
mod round_trip;
