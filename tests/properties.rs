//! Every property holds for bytes without any structure, and for none at all.
//!
//! The fuzzers search; this only makes sure that `cargo test` alone runs each property.

use countersign_tests::properties::ALL;
use proptest::prelude::*;

#[test]
fn every_property_holds_for_no_bytes() {
    for (_, property) in ALL {
        property(&[]);
    }
}

proptest! {
    #[test]
    fn every_property_holds_for_any_bytes(data in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, property) in ALL {
            property(&data);
        }
    }
}
