//! Typed reading of a row's columns. An unfit value is [`StoreError::Unreadable`], never a panic.

use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;

fn unreadable<E>(column: &'static str) -> impl FnOnce(E) -> StoreError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |source| StoreError::Unreadable {
        column,
        source: source.into(),
    }
}

pub(crate) fn text(row: &AnyRow, column: &'static str) -> Result<String, StoreError> {
    row.try_get(column).map_err(unreadable(column))
}

pub(crate) fn maybe_text(row: &AnyRow, column: &'static str) -> Result<Option<String>, StoreError> {
    row.try_get(column).map_err(unreadable(column))
}

pub(crate) fn integer(row: &AnyRow, column: &'static str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(unreadable(column))
}

pub(crate) fn maybe_integer(row: &AnyRow, column: &'static str) -> Result<Option<i64>, StoreError> {
    row.try_get(column).map_err(unreadable(column))
}

pub(crate) fn flag(row: &AnyRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(integer(row, column)? != 0)
}

pub(crate) fn json<T: DeserializeOwned>(
    row: &AnyRow,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(&text(row, column)?).map_err(unreadable(column))
}

pub(crate) fn maybe_json<T: DeserializeOwned>(
    row: &AnyRow,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    maybe_text(row, column)?
        .map(|text| serde_json::from_str(&text).map_err(unreadable(column)))
        .transpose()
}

/// A word out of a fixed list.
pub(crate) fn word<T>(
    row: &AnyRow,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let found = text(row, column)?;
    parse(&found).ok_or_else(|| unreadable(column)(format!("unknown word {found:?}")))
}
