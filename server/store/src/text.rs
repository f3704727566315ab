//! Which text may be stored. The rules are PostgreSQL's where it is the stricter one, so that both
//! databases accept the same values.

use crate::error::{Noun, StoreError};

/// Longest name, host or id in bytes.
const NAME_BYTES: usize = 512;
/// Longest description or label in bytes.
const TEXT_BYTES: usize = 16 * 1024;

/// A value that identifies something: not empty, no surrounding blanks, no control characters, at
/// most 512 bytes.
pub(crate) fn check_name(noun: Noun, field: &'static str, value: &str) -> Result<(), StoreError> {
    let reason = if value.is_empty() {
        "must not be empty"
    } else if value.len() > NAME_BYTES {
        "must not be longer than 512 bytes"
    } else if value.trim() != value {
        "must not begin or end with a blank"
    } else if value.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(());
    };
    Err(StoreError::invalid(noun, field, reason))
}

/// Free text: no NUL, at most 16 KiB.
pub(crate) fn check_text(noun: Noun, field: &'static str, value: &str) -> Result<(), StoreError> {
    let reason = if value.len() > TEXT_BYTES {
        "must not be longer than 16 KiB"
    } else if value.contains('\0') {
        "must not contain a NUL character"
    } else {
        return Ok(());
    };
    Err(StoreError::invalid(noun, field, reason))
}

/// [`check_text`] of what may be absent.
pub(crate) fn check_maybe_text(
    noun: Noun,
    field: &'static str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    value.map_or(Ok(()), |value| check_text(noun, field, value))
}
