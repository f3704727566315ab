//! The xo-cli command line: signs in to an `xo-server`, calls its methods, moves files through it.
//!
//! A table of contents: `arguments` and `input` turn what was typed into values, `wire` talks to the
//! server, `command` holds one file per sub-command, `output` is what is printed.

pub mod arguments;
pub mod command;
pub mod configuration;
pub mod error;
pub mod input;
pub mod output;
pub mod spelling;
pub mod wire;

pub use command::run;
