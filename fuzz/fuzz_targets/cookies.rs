//! A line of cookies.
#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| xo_api::fuzzing::cookies(line));
