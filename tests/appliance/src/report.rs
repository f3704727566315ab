//! The numbers that were seen.

use std::fmt::Write;

/// Rows of what was measured.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<(String, String)>,
}

impl Report {
    /// Adds a row, and prints it as it comes.
    pub fn row(&mut self, what: impl Into<String>, value: impl Into<String>) {
        let (what, value) = (what.into(), value.into());
        println!("  {what}: {value}");
        self.rows.push((what, value));
    }

    /// All of them.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for (what, value) in &self.rows {
            let _ = writeln!(text, "| {what} | {value} |");
        }
        text
    }
}
