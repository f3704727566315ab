//! A text frame of JSON-RPC.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| xo_api::fuzzing::frame(text));
