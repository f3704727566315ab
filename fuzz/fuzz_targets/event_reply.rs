//! What a pool answers to `event.from`: nothing that it sends may end the server.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| xapi::fuzzing::event_reply(body));
