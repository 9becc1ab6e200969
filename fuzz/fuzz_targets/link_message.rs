#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| countersign_tests::properties::link_message(data));
