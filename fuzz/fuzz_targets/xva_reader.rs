//! An XVA archive: read or refused, within the limits.
#![no_main]

use xva::{Checksums, Limits, Reader};

libfuzzer_sys::fuzz_target!(|archive: &[u8]| {
    let limits = Limits {
        ova_xml: 1 << 20,
        chunk: 1 << 20,
    };
    // Hardly any input has right checksums.
    let Ok(mut reader) = Reader::open(archive, limits, Checksums::Ignore) else {
        return;
    };
    while let Ok(Some(chunk)) = reader.next_chunk() {
        assert!(!chunk.data.is_empty() && chunk.data.len() as u64 <= limits.chunk);
    }
    let _ = reader.finish();
});
