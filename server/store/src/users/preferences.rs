//! What clients keep with a user: how a change of it is merged.

use serde_json::{Map, Value};

/// `change` put over `current`, key by key at the top level; a `null` deletes its key (JSON-RPC
/// `user.set`).
pub(super) fn merge_preferences(
    mut current: Map<String, Value>,
    change: Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in change {
        if value.is_null() {
            current.shift_remove(&key);
        } else {
            current.insert(key, value);
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn map() -> impl Strategy<Value = Map<String, Value>> {
        let value = prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from)];
        proptest::collection::vec(("[a-d]", value), 0..6)
            .prop_map(|entries| entries.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_merge_sets_what_it_names_deletes_nulls_and_keeps_the_rest(
            current in map(),
            change in map(),
        ) {
            let merged = merge_preferences(current.clone(), change.clone());
            for key in ["a", "b", "c", "d"] {
                let expected = match change.get(key) {
                    Some(Value::Null) => None,
                    Some(value) => Some(value),
                    None => current.get(key),
                };
                prop_assert_eq!(merged.get(key), expected);
            }
        }
    }

    #[test]
    fn a_merge_is_shallow() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let merged = merge_preferences(
            object(json!({ "filters": { "VM": 1, "host": 2 } })),
            object(json!({ "filters": { "VM": 3 } })),
        );
        assert_eq!(Value::from(merged), json!({ "filters": { "VM": 3 } }));
    }
}
