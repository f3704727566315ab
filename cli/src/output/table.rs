//! Lists of objects as tables.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

use super::printable;
use crate::input::selection;

/// Columns of a table when none were asked for, as far as any object has them.
const USUAL_COLUMNS: [&str; 4] = ["type", "name_label", "power_state", "id"];

/// The properties that a row needs: those asked for, else the usual ones.
pub fn candidates(asked: &[String]) -> Vec<String> {
    match asked {
        [] => USUAL_COLUMNS.map(str::to_owned).into(),
        asked => asked.to_vec(),
    }
}

/// The columns to show for these rows.
pub fn columns(rows: &[Value], asked: &[String]) -> Vec<String> {
    let mut columns = candidates(asked);
    if asked.is_empty() {
        columns.retain(|column| rows.iter().any(|row| row.get(column).is_some()));
    }
    columns
}

/// The table as text, one row per object; `width` in characters, `None` for unlimited.
pub fn render(rows: &[Value], columns: &[String], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    // Without a width, the library would ask the terminal on its own, and some terminals answer 0.
    match width {
        None => table.set_content_arrangement(ContentArrangement::Disabled),
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
    };
    table.set_header(columns);
    for row in rows {
        table.add_row(
            columns
                .iter()
                .map(|column| cell(selection::property(row, column))),
        );
    }
    for (name, column) in columns.iter().zip(table.column_iter_mut()) {
        column.set_padding((0, 2));
        if is_identifier(name) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

/// Identifiers are there to be copied: they are never wrapped.
fn is_identifier(column: &str) -> bool {
    column.starts_with('$') || matches!(column, "id" | "uuid")
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => printable(text).replace(['\n', '\t'], " "),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn usual_columns_are_those_that_some_object_has() {
        let (vm, host) = (
            json!({"id": "1", "type": "VM"}),
            json!({"id": "2", "name_label": "h"}),
        );
        assert_eq!(
            columns(&[vm.clone(), host], &[]),
            ["type", "name_label", "id"]
        );
        assert_eq!(columns(&[vm], &["uuid".into()]), ["uuid"]);
    }

    #[test]
    fn a_row_per_object_with_plain_cells() {
        let vm =
            json!({"id": "1", "name_label": "a\nb\u{1b}", "CPUs": {"number": 2}, "tags": ["x"]});
        let columns: Vec<String> = ["name_label", "CPUs.number", "tags", "no"]
            .map(Into::into)
            .into();
        let text = render(&[vm], &columns, None);
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[0], ["name_label", "CPUs.number", "tags", "no"]);
        assert_eq!(rows[1], ["a", "b\\u{1b}", "2", "[\"x\"]"]);
    }

    #[test]
    fn a_narrow_table_wraps_names_but_no_identifiers() {
        let id = "a01667e0-8e29-49fc-a550-17be4226783c";
        let vm = json!({"id": id, "name_label": "a long name ".repeat(8)});
        let text = render(&[vm], &["name_label".into(), "id".into()], Some(60));
        assert!(text.contains(id), "{text}");
        assert!(
            text.lines().count() > 2 && text.lines().all(|line| line.len() <= 60),
            "{text}"
        );
    }
}
