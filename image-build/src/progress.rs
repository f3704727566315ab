//! Tells a watching person how far the work is; silent when nobody watches.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

const BAR: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
const SPINNER: &str = "{msg} {spinner} {bytes}, {bytes_per_sec}";

/// A bar on standard error.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many bytes, when standard error is a terminal.
    #[must_use]
    pub fn new(what: &'static str, bytes: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::silent();
        }
        let bar = ProgressBar::new(bytes).with_message(what);
        Self(match ProgressStyle::with_template(BAR) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// The number of bytes that are behind, when nobody knows how many there will be.
    #[must_use]
    pub fn spinner(what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::silent();
        }
        let bar = ProgressBar::no_length().with_message(what);
        Self(match ProgressStyle::with_template(SPINNER) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Shows nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self(ProgressBar::hidden())
    }

    /// So many bytes are behind.
    pub fn reach(&self, bytes: u64) {
        self.0.set_position(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
