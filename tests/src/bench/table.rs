//! Measured values, their medians, and the table that is printed.

use std::fmt::Write;

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

/// One line: what was measured, and each repetition's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What.
    pub name: String,
    /// Of the values and the target.
    pub unit: &'static str,
    /// What is to be reached, if anything.
    pub target: Option<Target>,
    /// One for each repetition.
    pub values: Vec<f64>,
}

impl Row {
    /// A line without values.
    pub fn new(name: impl Into<String>, unit: &'static str, target: Option<Target>) -> Self {
        Self {
            name: name.into(),
            unit,
            target,
            values: Vec::new(),
        }
    }

    /// The middle value; between the two middle ones their mean.
    pub fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        let above = sorted.get(sorted.len() / 2)?;
        let below = sorted.get(sorted.len().saturating_sub(1) / 2)?;
        Some(f64::midpoint(*above, *below))
    }

    /// Whether the median reaches the target; `None` without one.
    pub fn is_reached(&self) -> Option<bool> {
        let median = self.median()?;
        Some(match self.target? {
            Target::AtMost(limit) => median <= limit,
            Target::AtLeast(limit) => median >= limit,
        })
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// The value below which the share `rank` (0 to 1) of all values lie. `values` must be sorted.
pub fn percentile(values: &[u32], rank: f64) -> u32 {
    let at = (values.len() as f64 * rank).ceil() as usize;
    values
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

/// The table as text.
pub fn render(rows: &[Row]) -> String {
    let mut cells = vec![["what", "median", "(min–max)", "target", ""].map(str::to_owned)];
    for row in rows {
        let sorted = row.sorted();
        let (Some(median), Some(min), Some(max)) = (row.median(), sorted.first(), sorted.last())
        else {
            continue;
        };
        let target = row.target.map_or(String::new(), |target| match target {
            Target::AtMost(limit) => format!("≤ {} {}", number(limit), row.unit),
            Target::AtLeast(limit) => format!("≥ {} {}", number(limit), row.unit),
        });
        let verdict = row
            .is_reached()
            .map_or("", |reached| if reached { "reached" } else { "missed" });
        cells.push([
            row.name.clone(),
            format!("{} {}", number(median), row.unit),
            format!("({}–{})", number(*min), number(*max)),
            target,
            verdict.to_owned(),
        ]);
    }
    let width = |column: usize| {
        let widths = cells.iter().filter_map(|line| line.get(column));
        widths
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for line in &cells {
        let mut out = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = match column {
                1..=3 => write!(out, "{cell:>width$}   "),
                _ => write!(out, "{cell:width$}   "),
            };
        }
        text.push_str(out.trim_end());
        text.push('\n');
    }
    text
}

/// Three significant digits, thousands apart.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0..1.0 => 3,
        1.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    if digits > 0 {
        let text = text.trim_end_matches('0');
        return text.trim_end_matches('.').to_owned();
    }
    let mut apart = String::new();
    for (i, digit) in text.chars().enumerate() {
        if i > 0 && (text.len() - i) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles_are_those_of_the_sorted_values() {
        let mut row = Row::new("x", "s", Some(Target::AtMost(3.0)));
        assert_eq!(row.median(), None);
        row.values = vec![5.0, 1.0, 3.0];
        assert_eq!(row.median(), Some(3.0));
        assert_eq!(row.is_reached(), Some(true));
        row.values.push(4.0);
        assert_eq!(row.median(), Some(3.5));
        assert_eq!(row.is_reached(), Some(false));
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 0.5), 50);
        assert_eq!(percentile(&hundred, 0.99), 99);
        assert_eq!(percentile(&[], 0.5), 0);
    }

    #[test]
    fn a_table_says_what_was_reached() {
        let mut row = Row::new("single GETs", "/s", Some(Target::AtLeast(8000.0)));
        row.values = vec![12345.0, 9000.4, 0.25];
        assert_eq!(
            render(&[row]),
            "what            median       (min–max)       target\n\
             single GETs   9,000 /s   (0.25–12,345)   ≥ 8,000 /s   reached\n"
        );
    }
}
