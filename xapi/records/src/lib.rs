//! XAPI records: typed structs of the fields that XO uses, read straight from JSON.
//!
//! Pure and lean: references and uuids take no heap, words and maps that repeat are shared, fields that nobody reads are
//! never stored. [`Class`] names what is watched, [`Record`] is one record, [`record`] holds a struct per class.
//!
//! Invariant: no answer of a host makes parsing panic; a field that is missing or odd takes its default.

mod class;
mod date;
mod field;
mod id;
mod map;
pub mod record;
mod reference;
mod word;

pub use class::Class;
pub use date::parse_date;
pub use id::Id;
pub use map::StrMap;
pub use record::{Record, Typed, parse_all};
pub use reference::Ref;
pub use word::Word;
