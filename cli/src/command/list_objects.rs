//! `list-objects`: the objects of the server, as a table on a terminal and as JSON elsewhere.

use std::cmp::Ordering;

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
    let objects = client.call("xo.getAllObjects", &params).await?;
    client.close().await;
    let objects: Vec<Value> = match objects {
        Value::Object(by_id) => by_id.into_iter().map(|(_, object)| object).collect(),
        Value::Array(objects) => objects,
        _ => {
            return Err(Error::Transfer {
                reason: "the server sent no objects".into(),
            });
        }
    };
    if common.json || !output::is_terminal() {
        let shown = if properties.is_empty() {
            objects
        } else {
            objects
                .iter()
                .map(|object| selection::reduce(object, &properties))
                .collect()
        };
        return output::json(&Value::Array(shown));
    }
    let mut rows: Vec<&Value> = objects.iter().collect();
    rows.sort_by(|one, other| by_type_and_name(one, other));
    if !rows.is_empty() {
        let columns = table::columns(&rows, &properties);
        output::line(&table::render(&rows, &columns, terminal_width()))?;
    }
    let plural = if rows.len() == 1 { "object" } else { "objects" };
    output::note(&format!("{} {plural}", rows.len()));
    Ok(())
}

fn by_type_and_name(one: &Value, other: &Value) -> Ordering {
    let key = |object: &'_ Value, name: &str| {
        object
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    ["type", "name_label", "id"]
        .iter()
        .map(|name| key(one, name).cmp(&key(other, name)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Columns of the terminal. Some report none, and in very few nothing could be shown.
fn terminal_width() -> Option<u16> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    (columns > 0).then(|| columns.max(NARROWEST_COLUMNS))
}
