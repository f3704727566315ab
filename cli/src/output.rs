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

use serde::ser::{Serialize, SerializeSeq, Serializer as _};
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value};

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
    indented(|output| value.serialize(output).map(|_| Ok(())))
}

/// Prints a JSON list, indented by two spaces. Entries are made one at a time: a list may be as large as an
/// infrastructure, and an error of an entry ends it.
pub fn json_list(entries: impl Iterator<Item = Result<Value, Error>>) -> Result<(), Error> {
    indented(|output| {
        let mut list = output.serialize_seq(None)?;
        for entry in entries {
            match entry {
                Ok(entry) => list.serialize_element(&entry)?,
                Err(error) => return Ok(Err(error)),
            }
        }
        list.end().map(Ok)
    })
}

type Indented<'a> = serde_json::Serializer<Box<dyn Write + 'a>, PrettyFormatter<'static>>;

fn indented(
    write: impl FnOnce(&mut Indented<'_>) -> serde_json::Result<Result<(), Error>>,
) -> Result<(), Error> {
    if is_terminal() {
        let mut text = Vec::new();
        let buffer: Box<dyn Write + '_> = Box::new(&mut text);
        write(&mut Serializer::pretty(buffer)).map_err(std::io::Error::from)??;
        return line(&String::from_utf8_lossy(&text));
    }
    // Not line by line, as the standard output would do it.
    let output = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    let mut serializer = Serializer::pretty(Box::new(output) as Box<dyn Write>);
    write(&mut serializer).map_err(std::io::Error::from)??;
    let mut output = serializer.into_inner();
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
