//! What is printed: results and tables on the standard output, errors and progress on the standard error.
//!
//! Invariant: nothing that a server sent reaches a terminal with control characters in it, except line
//! feeds and tabs.

pub mod explain;
pub mod nearest;
pub mod progress;
pub mod table;

use std::borrow::Cow;
use std::io::{BufWriter, IsTerminal, Write};

use serde_json::Value;

use crate::error::Error;

const BUFFER_BYTES: usize = 64 << 10;

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// JSON, whatever the result is.
    Json,
    /// For people: a text result is printed bare, lists may become tables on a terminal.
    Human,
}

impl Format {
    /// The format that `--json` or its absence asks for.
    pub fn chosen(json: bool) -> Self {
        if json { Self::Json } else { Self::Human }
    }
}

/// Whether the standard output is a terminal.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Prints a line.
pub fn line(text: &str) -> Result<(), Error> {
    let text = if is_terminal() {
        printable(text)
    } else {
        Cow::Borrowed(text)
    };
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}

/// Prints JSON, indented by two spaces.
pub fn json(value: &Value) -> Result<(), Error> {
    if is_terminal() {
        return line(&format!("{value:#}"));
    }
    // Every object of a large infrastructure may pass here: not as one text in memory, nor line by line.
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut output, value).map_err(std::io::Error::from)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

/// Prints the result of a call.
pub fn result(value: &Value, format: Format) -> Result<(), Error> {
    match (value, format) {
        (Value::String(text), Format::Human) => line(text),
        (value, _) => json(value),
    }
}

/// Prints a remark on the standard error. Best effort: it is no part of the result.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Prints an error and what to do next on the standard error. Silent when our reader went away.
pub fn failure(error: &Error) {
    if error.exit_code() == crate::error::exit::OK {
        return;
    }
    note(&format!("error: {error}"));
    for hint in error.hints() {
        note(&format!("hint: {hint}"));
    }
}

/// The text without control characters other than line feeds and tabs.
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmful = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            clean.extend(character.escape_unicode());
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escape_sequences_of_a_server_are_made_visible() {
        assert_eq!(printable("a\x1b[31mb\n\tc"), "a\\u{1b}[31mb\n\tc");
        assert_eq!(printable("é ✓"), "é ✓");
    }
}
