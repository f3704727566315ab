//! What a host answers to `/rrd_updates`: columns of numbers at regular times (`xapi-wire.md` section 5).
//!
//! Invariant: every column has the same length, ends at `end` and has `None` where the host has no number.

use serde::Deserialize;
use serde_json::Value;

/// All columns, oldest value first.
#[derive(Debug, PartialEq)]
pub(super) struct Table {
    /// The time of the last value, in seconds since 1970.
    pub(super) end: i64,
    /// Seconds from one value to the next.
    pub(super) step: i64,
    pub(super) columns: Vec<Column>,
}

/// One measured quantity of one object.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    /// `host`, `vm` or `sr`.
    pub(super) class: String,
    /// The uuid of the object.
    pub(super) object: String,
    /// `cpu0`, `memory_total_kib`, ...
    pub(super) metric: String,
    pub(super) values: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Report {
    meta: Meta,
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Meta {
    step: i64,
    end: i64,
    legend: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    t: i64,
    values: Vec<Value>,
}

impl Table {
    /// Reads an answer and keeps the last `points` values of each column.
    pub(super) fn parse(text: &[u8], points: usize) -> Result<Self, String> {
        let report: Report = match serde_json::from_slice(text) {
            Ok(report) => report,
            Err(error) => {
                let loose = std::str::from_utf8(text).map_err(|_| error.to_string())?;
                serde_json::from_str(&strict(loose)).map_err(|_| error.to_string())?
            }
        };
        let Report { meta, data } = report;
        if meta.step <= 0 {
            return Err(format!("their step is {} s", meta.step));
        }
        let end = data.iter().map(|row| row.t).max().unwrap_or(meta.end);
        let oldest = data.iter().map(|row| row.t).min().unwrap_or(end);
        let length = match data.is_empty() {
            true => 0,
            false => usize::try_from(end.saturating_sub(oldest) / meta.step)
                .map_or(points, |steps| steps.saturating_add(1).min(points)),
        };
        let mut columns: Vec<Column> = meta
            .legend
            .iter()
            .map(|legend| Column::named(legend, length))
            .collect();
        for row in &data {
            let back = usize::try_from(end.saturating_sub(row.t) / meta.step).unwrap_or(usize::MAX);
            let Some(at) = length
                .checked_sub(1)
                .and_then(|last| last.checked_sub(back))
            else {
                continue;
            };
            for (column, value) in columns.iter_mut().zip(&row.values) {
                if let Some(place) = column.values.get_mut(at) {
                    *place = number(value);
                }
            }
        }
        Ok(Self {
            end,
            step: meta.step,
            columns,
        })
    }

    /// The column of a metric whose name satisfies `is`.
    pub(super) fn find(&self, mut is: impl FnMut(&str) -> bool) -> Option<&Column> {
        self.columns.iter().find(|column| is(&column.metric))
    }

    /// How many values each column has.
    pub(super) fn len(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The value of a column at a time.
    pub(super) fn at(&self, column: &Column, time: i64) -> Option<f64> {
        let back = usize::try_from(self.end.checked_sub(time)? / self.step).ok()?;
        let last = column.values.len().checked_sub(1)?;
        *column.values.get(last.checked_sub(back)?)?
    }
}

impl Column {
    /// `AVERAGE:vm:<uuid>:cpu0`
    fn named(legend: &str, length: usize) -> Self {
        let mut parts = legend.splitn(4, ':').skip(1).map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            class: next(),
            object: next(),
            metric: next(),
            values: vec![None; length],
        }
    }
}

/// Numbers come as text or as such; `NaN` and the infinite ones are gaps.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    f64::is_finite(number).then_some(number)
}

/// Hosts before 23.31 write names without quotes and `NaN` as it is: quotes the names and makes `null` of what is no number.
fn strict(loose: &str) -> String {
    let mut out = String::with_capacity(loose.len() + loose.len() / 8);
    let mut rest = loose;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let taken = if first == '"' {
            let end = rest
                .get(1..)
                .and_then(|text| text.find('"'))
                .map_or(rest.len(), |at| at + 2);
            out.push_str(rest.get(..end).unwrap_or(rest));
            end
        } else if first.is_ascii_alphabetic() || rest.starts_with("-I") {
            let end = rest
                .trim_start_matches('-')
                .find(|c| !is_word(c))
                .unwrap_or(rest.len());
            let end = end + usize::from(first == '-');
            let word = rest.get(..end).unwrap_or(rest);
            if rest
                .get(end..)
                .unwrap_or_default()
                .trim_start()
                .starts_with(':')
            {
                out.push('"');
                out.push_str(word);
                out.push('"');
            } else if matches!(word, "true" | "false" | "null") {
                out.push_str(word);
            } else {
                out.push_str("null");
            }
            end
        } else if first.is_ascii_digit() || first == '-' {
            // Whole, so that the `e` of `1.5e-3` is not taken for a name.
            let is_number =
                |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            let end = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
            out.push_str(rest.get(..end).unwrap_or(rest));
            end
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW: &str = r#"{"meta": {"start": 100, "step": 5, "end": 120, "rows": 3, "columns": 2,
        "legend": ["AVERAGE:host:u1:cpu0", "AVERAGE:host:u1:loadavg"]},
        "data": [{"t": 120, "values": ["0.5", "NaN"]}, {"t": 115, "values": ["0.25", "1.5e-1"]},
                 {"t": 105, "values": ["1", "Infinity"]}]}"#;
    const OLD: &str = r#"{meta: {start: 100, step: 5, end: 120, rows: 3, columns: 2,
        legend: ["AVERAGE:host:u1:cpu0", "AVERAGE:host:u1:loadavg"]},
        data: [{t: 120, values: [0.5, NaN]}, {t: 115, values: [0.25, 1.5e-1]}, {t:105,values:[1,-Infinity]}]}"#;

    #[test]
    fn old_and_new_hosts_tell_the_same_and_gaps_stay_gaps() {
        let table = Table::parse(NEW.as_bytes(), 120).unwrap();
        assert_eq!(table, Table::parse(OLD.as_bytes(), 120).unwrap());
        assert_eq!((table.end, table.step, table.len()), (120, 5, 4));
        assert_eq!(
            table.columns[0].values,
            [Some(1.0), None, Some(0.25), Some(0.5)]
        );
        assert_eq!(table.columns[1].values, [None, None, Some(0.15), None]);
        assert_eq!(
            (
                table.columns[1].class.as_str(),
                table.columns[1].object.as_str()
            ),
            ("host", "u1")
        );
        assert_eq!(table.at(&table.columns[0], 115), Some(0.25));
        assert_eq!(table.at(&table.columns[0], 125), None);
    }

    #[test]
    fn no_more_points_are_kept_than_asked_for() {
        let table = Table::parse(NEW.as_bytes(), 2).unwrap();
        assert_eq!(table.columns[0].values, [Some(0.25), Some(0.5)]);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["", "[]", "{", "{\"meta\": 1}", "\u{0}"] {
            assert!(Table::parse(text.as_bytes(), 10).is_err(), "{text}");
        }
        let without_step = NEW.replace("\"step\": 5", "\"step\": 0");
        assert!(
            Table::parse(without_step.as_bytes(), 10)
                .unwrap_err()
                .contains("step")
        );
    }

    proptest! {
        #[test]
        fn no_answer_makes_parsing_panic(text in ".{0,200}", step: i64, end: i64, a: i64, b: i64) {
            let _ = Table::parse(text.as_bytes(), 120);
            let odd = format!(
                r#"{{meta: {{step: {step}, end: {end}, legend: ["{}"]}}, data: [{{t: {a}, values: [1]}}, {{t: {b}, values: [2]}}]}}"#,
                text.replace(['"', '\\'], ""),
            );
            if let Ok(table) = Table::parse(odd.as_bytes(), 120) {
                prop_assert!(table.len() <= 120);
            }
        }
    }
}
