//! How much is measured, and which rows.

use std::time::Duration;

use super::table::Row;

/// The size of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Repetitions of each measurement.
    pub repetitions: usize,
    /// VMs of the two pools that are loaded.
    pub pools: [usize; 2],
    /// Clients of the crowded case.
    pub crowd: usize,
    /// How long events flow, at the slow and at the fast rate.
    pub slow: Duration,
    /// See `slow`.
    pub fast: Duration,
    /// How long single objects are asked for.
    pub requests: Duration,
    /// Only rows whose name contains one of these are measured; all when there are none.
    pub filters: Vec<String>,
}

impl Plan {
    /// The run whose figures count.
    pub fn full(filters: Vec<String>) -> Self {
        Self {
            repetitions: 5,
            pools: [1_000, 10_000],
            crowd: 100,
            slow: Duration::from_secs(8),
            fast: Duration::from_secs(4),
            requests: Duration::from_secs(2),
            filters,
        }
    }

    /// A look: everything once, and smaller.
    pub fn quick(filters: Vec<String>) -> Self {
        Self {
            repetitions: 1,
            pools: [200, 1_000],
            crowd: 20,
            slow: Duration::from_secs(2),
            fast: Duration::from_secs(1),
            requests: Duration::from_millis(500),
            filters,
        }
    }

    /// Whether one of these rows is asked for.
    pub fn wants(&self, rows: &[Row]) -> bool {
        let wanted = |row: &Row| {
            let name = row.name.to_lowercase();
            self.filters
                .iter()
                .any(|f| name.contains(&f.to_lowercase()))
        };
        self.filters.is_empty() || rows.iter().any(wanted)
    }
}
