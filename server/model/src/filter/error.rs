//! What is wrong with a filter, and where.

use std::ops::Range;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid filter at character {}: {problem}", self.span.start + 1)]
pub struct FilterError {
    /// What is wrong, for a reader.
    pub problem: String,
    /// Where, in characters of the text, from 0. Empty at the end of the text.
    pub span: Range<usize>,
}

impl FilterError {
    pub(super) fn new(span: Range<usize>, problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            span,
        }
    }

    /// The filter with the place marked below it, in two lines.
    #[must_use]
    pub fn pointed(&self, filter: &str) -> String {
        let filter = filter.replace(char::is_whitespace, " ");
        let marks = self.span.len().max(1);
        format!(
            "{filter}\n{:start$}{}",
            "",
            "^".repeat(marks),
            start = self.span.start
        )
    }
}
