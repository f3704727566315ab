//! Lists: as links, as objects, as lines, as a table. Objects of the inventory are answered from their kept text; only the link is put in.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use serde_json::{Value, json};
use xo_engine::{Error, Item, Query, project};

use super::asked::{Asked, json_text};
use super::route::{Route, of};
use super::{BASE, collections};
use crate::problem::Problem;

/// Rows are turned to text in pieces of so many, as fast as the client takes them.
const ROWS_PER_PIECE: usize = 256;

/// One entry of a list.
#[derive(Clone)]
pub(super) enum Row {
    /// An object of a pool.
    Item(Arc<Item>),
    /// Anything else: where it is found, and its text.
    Made { href: String, json: String },
}

impl Row {
    /// Something of ours with an `id`, in this collection.
    pub(super) fn made(collection: &str, value: &Value) -> Self {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        Self::Made {
            href: format!("{BASE}/{collection}/{id}"),
            json: value.to_string(),
        }
    }

    fn json(&self) -> &str {
        match self {
            Self::Item(item) => &item.json,
            Self::Made { json, .. } => json,
        }
    }

    fn href(&self) -> String {
        match self {
            Self::Item(item) => collections::href(item),
            Self::Made { href, .. } => href.clone(),
        }
    }

    /// The row as one JSON value: a link, or an object with its link.
    fn write(&self, fields: &Fields, text: &mut BytesMut) {
        let href = Value::String(self.href()).to_string();
        let object = match fields {
            Fields::Links => return text.extend_from_slice(href.as_bytes()),
            Fields::All => None,
            Fields::Some(names) => project::project(self.json(), names),
        };
        let members = object
            .as_deref()
            .unwrap_or_else(|| self.json())
            .trim_start()
            .strip_prefix('{');
        text.extend_from_slice(b"{\"href\":");
        text.extend_from_slice(href.as_bytes());
        match members.map(str::trim_start) {
            None | Some("}") => text.put_u8(b'}'),
            Some(members) => {
                text.put_u8(b',');
                text.extend_from_slice(members.as_bytes());
            }
        }
    }
}

/// `fields=`
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fields {
    /// Left out: only where each is found.
    Links,
    /// `*`
    All,
    /// These; those that an object lacks are left out.
    Some(Vec<String>),
}

impl Fields {
    pub(super) fn parse(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None => Self::Links,
            Some("*") => Self::All,
            Some(list) => {
                let names = list
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty() && *name != "href");
                Self::Some(names.map(str::to_owned).collect())
            }
        }
    }
}

/// Adds the parameters of every list to a route.
pub(super) fn documented(route: Route, item: Value) -> Route {
    route
        .query("fields", json!({ "type": "string", "description": "`*`, or names with commas; without it only links are listed" }))
        .query("filter", json!({ "type": "string", "description": "what to list: `name_label:web power_state:Running`" }))
        .query("limit", json!({ "type": "integer", "minimum": 1 }))
        .query("offset", json!({ "type": "integer", "minimum": 0, "description": "leaves out the first ones" }))
        .query("sort", json!({ "type": "string", "description": "properties with commas; `-` before one reverses it; a path leads on through an id: `$pool.name_label`" }))
        .query("ndjson", json!({ "type": "boolean", "description": "one entry a line" }))
        .query("markdown", json!({ "type": "boolean", "description": "a table" }))
        .reply_json(
            200,
            "The list; the header `x-total-count` tells its length without `offset` and `limit`",
            json!({ "type": "array", "items": { "anyOf": Value::Array(vec![of("string"), item]) } }),
        )
}

/// The query that the parameters make of `base`.
pub(super) fn query(asked: &Asked, mut base: Query) -> Result<Query, Problem> {
    if let Some(filter) = asked.query("filter") {
        base = base.filter(filter)?;
    }
    if let Some(sort) = asked.query("sort") {
        base = base.sort(sort);
    }
    if let Some(offset) = asked.number("offset", 0)? {
        base = base.offset(offset);
    }
    if let Some(limit) = asked.number("limit", 1)? {
        base = base.limit(limit);
    }
    Ok(base)
}

/// Lists objects of pools.
pub(super) async fn objects(asked: &Asked, base: Query) -> Result<Response, Problem> {
    let query = query(asked, base)?;
    let page = asked.engine().query_page(&asked.caller, &query).await?;
    let rows = page.items.into_iter().map(Row::Item).collect();
    answer(asked, rows, page.total)
}

/// Lists anything else.
pub(super) fn values(
    asked: &Asked,
    collection: &str,
    values: Vec<Value>,
) -> Result<Response, Problem> {
    let page = query(asked, Query::everything())?.select_page(values);
    let rows = page.items.iter().map(|value| Row::made(collection, value));
    answer(asked, rows.collect(), page.total)
}

/// Only these members.
pub(super) fn pick(value: &Value, names: &[String]) -> Value {
    let found = names
        .iter()
        .filter_map(|name| value.get(name).map(|v| (name.clone(), v.clone())));
    Value::Object(found.collect())
}

/// How long the list is before `offset` and `limit`: what shows a part of it needs that.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

fn answer(asked: &Asked, rows: Vec<Row>, total: usize) -> Result<Response, Problem> {
    let mut response = shaped(asked, rows)?;
    response
        .headers_mut()
        .insert(TOTAL, HeaderValue::from(total));
    Ok(response)
}

fn shaped(asked: &Asked, rows: Vec<Row>) -> Result<Response, Problem> {
    let fields = Fields::parse(asked.query("fields"));
    match (asked.flag("ndjson"), asked.flag("markdown")) {
        (true, true) => Err(Error::invalid("markdown", "and ndjson cannot be combined").into()),
        (false, true) => Ok(markdown(&fields, &rows)),
        (true, false) => {
            let body = body(
                rows,
                fields,
                Shape {
                    open: b"",
                    between: b"\n",
                    close: b"\n",
                },
            );
            Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
        }
        (false, false) => {
            let body = body(
                rows,
                fields,
                Shape {
                    open: b"[",
                    between: b",",
                    close: b"]",
                },
            );
            Ok(json_text(StatusCode::OK, body))
        }
    }
}

#[derive(Clone, Copy)]
struct Shape {
    open: &'static [u8],
    between: &'static [u8],
    close: &'static [u8],
}

fn body(rows: Vec<Row>, fields: Fields, shape: Shape) -> Body {
    if rows.is_empty() {
        let close = if shape.open.is_empty() {
            &[]
        } else {
            shape.close
        };
        return Body::from([shape.open, close].concat());
    }
    if rows.len() <= ROWS_PER_PIECE {
        return Body::from(piece(&rows, &fields, shape, true, true));
    }
    let count = rows.len();
    let pieces = (0..count).step_by(ROWS_PER_PIECE).map(move |start| {
        let end = (start + ROWS_PER_PIECE).min(count);
        let rows = rows.get(start..end).unwrap_or_default();
        Ok::<_, std::convert::Infallible>(piece(rows, &fields, shape, start == 0, end == count))
    });
    Body::from_stream(stream::iter(pieces))
}

fn piece(rows: &[Row], fields: &Fields, shape: Shape, is_first: bool, is_last: bool) -> Bytes {
    let per_row = match fields {
        Fields::Links => 80,
        Fields::All => rows.first().map_or(0, |row| row.json().len() + 200),
        Fields::Some(names) => 80 + 48 * names.len(),
    };
    let mut text = BytesMut::with_capacity(rows.len() * per_row + 2);
    if is_first {
        text.extend_from_slice(shape.open);
    }
    for (i, row) in rows.iter().enumerate() {
        if i > 0 || !is_first {
            text.extend_from_slice(shape.between);
        }
        row.write(fields, &mut text);
    }
    if is_last {
        text.extend_from_slice(shape.close);
    }
    text.freeze()
}

fn markdown(fields: &Fields, rows: &[Row]) -> Response {
    let parsed: Vec<(String, Value)> = rows
        .iter()
        .map(|row| {
            (
                row.href(),
                serde_json::from_str(row.json()).unwrap_or_default(),
            )
        })
        .collect();
    let columns: Vec<String> = match fields {
        Fields::Links => Vec::new(),
        Fields::Some(names) => names.clone(),
        Fields::All => {
            let mut names = Vec::new();
            for key in parsed
                .iter()
                .filter_map(|(_, value)| value.as_object())
                .flat_map(|o| o.keys())
            {
                if !names.contains(key) {
                    names.push(key.clone());
                }
            }
            names
        }
    };
    let mut text = String::from("| href |");
    for column in &columns {
        let _ = write!(text, " {} |", cell(column));
    }
    text.push_str("\n|");
    text.push_str(&" --- |".repeat(columns.len() + 1));
    for (href, value) in &parsed {
        let _ = write!(text, "\n| {} |", cell(href));
        for column in &columns {
            let shown = match value.get(column) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => cell(text),
                Some(other) => cell(&other.to_string()),
            };
            let _ = write!(text, " {shown} |");
        }
    }
    text.push('\n');
    (
        [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")],
        text,
    )
        .into_response()
}

/// Text that neither ends a cell nor a row.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str, fields: &str) -> String {
        let row = Row::Made {
            href: "/x/1".into(),
            json: json.into(),
        };
        let mut out = BytesMut::new();
        row.write(&Fields::parse(Some(fields)), &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn the_link_is_put_into_the_kept_text() {
        assert_eq!(
            text(r#"{"a":1,"b":"}"}"#, "*"),
            r#"{"href":"/x/1","a":1,"b":"}"}"#
        );
        assert_eq!(
            text(r#"{"a":1,"b":"}"}"#, "b, href ,c"),
            r#"{"href":"/x/1","b":"}"}"#
        );
        assert_eq!(text(r#"{"a":1}"#, "c"), r#"{"href":"/x/1"}"#);
        assert_eq!(text("{}", "*"), r#"{"href":"/x/1"}"#);
    }

    #[test]
    fn a_cell_cannot_end_its_row() {
        assert_eq!(cell("a|b\nc\\"), "a\\|b c\\\\");
    }

    #[test]
    fn pieces_make_one_list() {
        let rows: Vec<Row> = (0..3)
            .map(|i| Row::Made {
                href: format!("/{i}"),
                json: "{}".into(),
            })
            .collect();
        let shape = Shape {
            open: b"[",
            between: b",",
            close: b"]",
        };
        let (a, b) = rows.split_at(2);
        let joined = [
            piece(a, &Fields::Links, shape, true, false),
            piece(b, &Fields::Links, shape, false, true),
        ];
        assert_eq!(joined.concat(), br#"["/0","/1","/2"]"#);
    }
}
