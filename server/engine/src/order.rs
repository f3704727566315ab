//! The order of lists.

use std::cmp::Ordering;

use serde_json::Value;

/// By which properties, each upwards or downwards; by none, things stay as they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order(Vec<By>);

#[derive(Debug, Clone)]
struct By {
    path: String,
    is_down: bool,
}

/// A value as it is compared: text before numbers before anything else, without regard to case; what is absent, or an empty list, comes last.
#[derive(Debug, PartialEq, PartialOrd)]
enum Key {
    Text(String),
    Number(f64),
    Other(String),
    Absent,
}

impl From<Option<Value>> for Key {
    fn from(value: Option<Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Absent,
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Absent, Self::Number),
            Some(Value::String(mut text)) if text.is_ascii() => {
                text.make_ascii_lowercase();
                Self::Text(text)
            }
            Some(Value::String(text)) => Self::Text(text.to_lowercase()),
            Some(Value::Array(list)) if list.is_empty() => Self::Absent,
            Some(other) => Self::Other(other.to_string().to_lowercase()),
        }
    }
}

impl Order {
    /// As `Query::sort` takes it.
    pub(crate) fn parse(text: &str) -> Self {
        let paths = text
            .split(',')
            .map(str::trim)
            .filter(|path| !path.is_empty());
        let by = |path: &str| By {
            is_down: path.starts_with('-'),
            path: path.strip_prefix('-').unwrap_or(path).to_owned(),
        };
        Self(paths.map(by).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first `count` in this order. `at` reads the value that a path leads to. What is equal stays as it came.
    pub(crate) fn first<T>(
        &self,
        mut items: Vec<T>,
        count: usize,
        at: impl Fn(&T, &str) -> Option<Value>,
    ) -> Vec<T> {
        if self.is_empty() {
            items.truncate(count);
            return items;
        }
        let keyed = items.into_iter().enumerate().map(|(n, item)| {
            let keys = self.0.iter().map(|by| Key::from(at(&item, &by.path)));
            (keys.collect::<Vec<_>>(), n, item)
        });
        let mut keyed: Vec<_> = keyed.collect();
        let order = |(a, n, _): &(Vec<Key>, usize, T), (b, m, _): &(Vec<Key>, usize, T)| {
            self.compare(a, b).then(n.cmp(m))
        };
        // A page of a long list: only what is on it and before it has to be in order.
        if count < keyed.len() {
            keyed.select_nth_unstable_by(count, order);
            keyed.truncate(count);
        }
        keyed.sort_unstable_by(order);
        keyed.into_iter().map(|(.., item)| item).collect()
    }

    fn compare(&self, a: &[Key], b: &[Key]) -> Ordering {
        let orders = self.0.iter().zip(a.iter().zip(b)).map(|(by, (a, b))| {
            // JSON has no numbers that cannot be compared.
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            if by.is_down { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn first(order: &str, values: Value, count: usize) -> Value {
        let Value::Array(values) = values else {
            panic!("a list is ordered")
        };
        let at = |value: &Value, path: &str| value.get(path).cloned();
        Value::from(Order::parse(order).first(values, count, at))
    }

    #[test]
    fn text_is_ordered_without_case_and_what_is_absent_comes_last() {
        let values = json!([{ "a": "é" }, {}, { "a": "b" }, { "a": 10 }, { "a": "A" }, { "a": 9 }, { "a": null }]);
        let ordered = json!([{ "a": "A" }, { "a": "b" }, { "a": "é" }, { "a": 9 }, { "a": 10 }, {}, { "a": null }]);
        assert_eq!(first("a", values, 9), ordered);
    }

    #[test]
    fn lists_are_ordered_by_what_they_begin_with_and_empty_ones_come_last() {
        let values = json!([{ "a": [] }, { "a": ["web"] }, { "a": ["Db", "x"] }, { "a": ["db"] }]);
        let ordered = json!([{ "a": ["Db", "x"] }, { "a": ["db"] }, { "a": ["web"] }, { "a": [] }]);
        assert_eq!(first("a", values, 4), ordered);
    }

    #[test]
    fn the_second_property_decides_where_the_first_does_not() {
        let values =
            json!([{ "a": 1, "b": 1 }, { "a": 2, "b": 1 }, { "a": 1, "b": 2 }, { "a": 2, "b": 2 }]);
        let ordered =
            json!([{ "a": 2, "b": 1 }, { "a": 2, "b": 2 }, { "a": 1, "b": 1 }, { "a": 1, "b": 2 }]);
        assert_eq!(first(" -a , b", values, 4), ordered);
    }

    #[test]
    fn a_page_is_what_the_whole_begins_with() {
        let values: Vec<Value> = (0..500)
            .map(|n| json!({ "a": n * 7919 % 50, "n": n }))
            .collect();
        for order in ["a", "-a", "-n", "a,-n", ""] {
            let whole = first(order, values.clone().into(), 500);
            for count in [0, 1, 49, 250, 499] {
                let page = first(order, values.clone().into(), count);
                assert_eq!(
                    page.as_array().unwrap()[..],
                    whole.as_array().unwrap()[..count],
                    "{order} {count}"
                );
            }
        }
    }
}
