//! A filter: parsed or refused, and what was parsed decides about any object.
#![no_main]

use xo_model::filter::Filter;

const OBJECT: &str =
    r#"{"type":"VM","name_label":"web","tags":["a","b"],"memory":{"size":1024},"x":null}"#;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(filter) = Filter::parse(text) {
        let _ = filter.matches_json(OBJECT);
    }
});
