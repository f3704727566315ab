//! A backup of the server: unpacked or refused, and nothing but its own files written.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    xo_server::backup::fuzzing::backup(bytes, folder.path());
});
