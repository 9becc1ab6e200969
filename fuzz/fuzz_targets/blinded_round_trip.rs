#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_tests::properties::blinded_round_trip(data));
