//! `list-objects`: the objects of the server, as a table on a terminal and as JSON elsewhere.

use std::fmt;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::arguments::CommonOptions;
use crate::error::Error;
use crate::input::options;
use crate::input::selection::{self, Selection};
use crate::output::{self, table};
use crate::wire::target::Target;

const NARROWEST_COLUMNS: u16 = 60;

/// Prints the objects that match.
pub async fn run(mut common: CommonOptions, words: Vec<String>) -> Result<(), Error> {
    let words = options::take_common(&mut common, words)?;
    let Selection { properties, filter } = selection::parse(&words)?;
    let mut params = Map::new();
    if !filter.is_empty() {
        params.insert("filter".into(), Value::Object(filter));
    }
    let mut client = Target::resolve(&common)?.sign_in().await?;
    let objects = client.call_raw("xo.getAllObjects", &params).await?;
    client.close().await;
    let objects = split(&objects)?;
    if common.json || !output::is_terminal() {
        return output::json_list(objects.into_iter().map(|object| {
            let object = read(object)?;
            Ok(match properties.as_slice() {
                [] => object,
                properties => selection::reduce(&object, properties),
            })
        }));
    }
    let candidates = table::candidates(&properties);
    let mut rows = Vec::with_capacity(objects.len());
    for object in objects {
        let object = read(object)?;
        rows.push((sort_key(&object), selection::reduce(&object, &candidates)));
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    if !rows.is_empty() {
        let columns = table::columns(&rows, &properties);
        output::line(&table::render(&rows, &columns, terminal_width()))?;
    }
    let plural = if rows.len() == 1 { "object" } else { "objects" };
    output::note(&format!("{} {plural}", rows.len()));
    Ok(())
}

/// The entries of the answer, as text: only one at a time is worth its memory.
fn split(objects: &RawValue) -> Result<Vec<&RawValue>, Error> {
    objects
        .deserialize_map(Entries)
        .map_err(|error| unreadable(&error))
}

/// Collects the values of a map, in its order.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map of objects by identifier")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some((IgnoredAny, value)) = map.next_entry()? {
            values.push(value);
        }
        Ok(values)
    }
}

fn read(object: &RawValue) -> Result<Value, Error> {
    serde_json::from_str(object.get()).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::Transfer {
        reason: format!("the server sent objects that cannot be read: {error}"),
    }
}

/// Rows are ordered by type, name and identifier.
fn sort_key(object: &Value) -> [String; 3] {
    ["type", "name_label", "id"].map(|name| {
        object
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    })
}

/// Columns of the terminal. Some report none, and in very few nothing could be shown.
fn terminal_width() -> Option<u16> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    (columns > 0).then(|| columns.max(NARROWEST_COLUMNS))
}
