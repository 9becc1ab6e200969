#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_tests::properties::tlv_round_trip(data));
