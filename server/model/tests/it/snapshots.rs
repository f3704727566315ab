//! One object of each type, whole.

use std::collections::HashSet;

use xo_model::ObjectType;

use crate::estate::{Estate, Objects};

#[test]
fn each_type_has_its_object() {
    let estate = Estate::new();
    let objects = Objects::of(&mut estate.pool());
    let mut shown = HashSet::new();
    for (_, name) in estate.names() {
        let object = objects
            .0
            .values()
            .find(|o| o.reference.to_string() == format!("OpaqueRef:{name}"));
        if let Some(object) = object.filter(|object| shown.insert(object.kind)) {
            insta::assert_json_snapshot!(object.kind.name(), objects.by_reference(&name));
        }
    }
    for kind in ObjectType::ALL {
        assert!(shown.contains(kind), "{kind}");
    }
}
