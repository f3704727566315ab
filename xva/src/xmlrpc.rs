//! XML-RPC as XAPI speaks it: values, and the calls and answers around them.
//!
//! Leaves the meaning of the values to the callers. Reading takes what XAPI's own decoder takes and is
//! bounded in depth; writing is compact, because known clients trip over white space between elements.

mod message;
mod parse;
mod value;
mod write;

pub use message::{Call, parse_call, parse_response, write_call, write_response};
pub use parse::{MAX_DEPTH, ParseError, parse};
pub use value::{Struct, Value};
pub use write::{to_xml, write};
