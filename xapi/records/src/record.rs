//! One record of any class, and a struct per class (in the modules below, by domain).
//!
//! Fields carry XAPI's names in Rust's spelling; their meaning is XAPI's. Dates are seconds since 1970 (`None`: never), sizes
//! are bytes, unless XAPI says otherwise.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};

use crate::{Class, Id, Ref};

pub mod devices;
pub mod host;
pub mod network;
pub mod pool;
pub mod storage;
pub mod vm;

pub use devices::{GpuGroup, Pci, Pgpu, Pusb, UsbGroup, Vgpu, VgpuType, Vtpm, Vusb};
pub use host::{Certificate, Host, HostMetrics, HostPatch};
pub use network::{Bond, Network, Pif, PifMetrics, Vif};
pub use pool::{Message, Pool, PoolPatch, PoolUpdate, Task};
pub use storage::{Pbd, Sm, Sr, Vbd, Vdi};
pub use vm::{Console, Vm, VmGuestMetrics, VmMetrics};

/// Declares the struct of a class: each field with the name that XAPI gives it.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $wire:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
        #[serde(default)]
        #[allow(missing_docs, reason = "named as in XAPI's data model")]
        pub struct $name {
            $(
                #[serde(rename = $wire, deserialize_with = "crate::field::read")]
                pub $field: $type,
            )*
        }
    };
}
pub(crate) use record;

/// Calls a macro with every class and the struct of the same name.
#[macro_export]
macro_rules! for_each_class {
    ($macro:ident) => {
        $macro! {
            Pool, Host, HostMetrics, Vm, VmMetrics, VmGuestMetrics, Sr, Sm, Pbd, Pif, PifMetrics, Vdi, Vbd, Vif, Network,
            Bond, Message, Task, HostPatch, PoolPatch, PoolUpdate, Pci, Pgpu, Vgpu, VgpuType, GpuGroup, Vtpm, Pusb, Vusb,
            UsbGroup, Certificate, Console
        }
    };
}

/// The struct of a class: what lets a store of records be asked by type.
pub trait Typed: Sized + 'static {
    /// The class whose records this struct holds.
    const CLASS: Class;

    /// The record as this struct, if it is of this class.
    fn from_record(record: &Record) -> Option<&Self>;
}

macro_rules! define {
    ($($class:ident),*) => {
        /// A record of any class.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "one per class")]
        pub enum Record {
            $($class(Box<$class>),)*
        }

        impl Record {
            /// Reads one record from its JSON text.
            ///
            /// # Errors
            /// When the text is not a JSON object. Fields that are missing or odd take their default.
            pub fn parse(class: Class, json: &str) -> Result<Self, serde_json::Error> {
                match class {
                    $(Class::$class => serde_json::from_str(json).map(Self::$class),)*
                }
            }

            /// The class of this record.
            #[must_use]
            pub fn class(&self) -> Class {
                match self {
                    $(Self::$class(_) => Class::$class,)*
                }
            }

            /// The uuid of this record; empty when it told none.
            #[must_use]
            pub fn uuid(&self) -> &Id {
                match self {
                    $(Self::$class(record) => &record.uuid,)*
                }
            }
        }

        $(
            impl From<$class> for Record {
                fn from(record: $class) -> Self {
                    Self::$class(Box::new(record))
                }
            }

            impl Typed for $class {
                const CLASS: Class = Class::$class;

                fn from_record(record: &Record) -> Option<&Self> {
                    match record {
                        Record::$class(record) => Some(record),
                        _ => None,
                    }
                }
            }
        )*

        /// Reads the answer of `<class>.get_all_records`, a JSON object from reference to record, in one pass.
        ///
        /// # Errors
        /// When the text is not a JSON object of JSON objects.
        pub fn parse_all(class: Class, json: &str) -> Result<Vec<(Ref, Record)>, serde_json::Error> {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            let records = match class {
                $(Class::$class => {
                    deserializer.deserialize_map(Records(Record::$class))?
                })*
            };
            deserializer.end()?;
            Ok(records)
        }
    };
}

for_each_class!(define);

/// Collects the records of an answer, each boxed into its variant.
struct Records<T>(fn(Box<T>) -> Record);

impl<'de, T: serde::Deserialize<'de>> Visitor<'de> for Records<T> {
    type Value = Vec<(Ref, Record)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        while let Some((reference, record)) = map.next_entry()? {
            records.push((reference, self.0(record)));
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Values of any shape.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(OpaqueRef:)?[ -~é]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{0,3}", inner, 0..3)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_field_of_any_shape_hides_no_record(value in value()) {
            for class in Class::ALL {
                let record = json!({
                    "uuid": "u", "name_label": value, "VBDs": value, "other_config": value, "tags": value, "priority": value,
                    "snapshot_time": value, "is_a_template": value, "VM": value, "progress": value, "size": value,
                    "certificates": value, "purpose": value, "migration_compression": value, "power_state": value,
                    "error_info": value, "memory_total": value, "nobody reads this": value,
                });
                let record = Record::parse(class, &record.to_string()).unwrap();
                prop_assert_eq!(record.uuid(), &Id::new("u"));
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "[\\[\\]{}\",:a0 ]{0,24}") {
            for class in Class::ALL {
                let _ = (Record::parse(class, &text), parse_all(class, &text));
            }
        }
    }

    const VM: &str = r#"{
        "uuid": "6b1d4a8e-7c1f-4c55-9d4f-2f1f7f8e0002", "name_label": "web \"1\"", "power_state": "Running",
        "is_a_template": false, "memory_dynamic_max": 2147483648, "VCPUs_max": 2, "start_delay": 0,
        "resident_on": "OpaqueRef:aa1fd8e4-666d-93c4-e707-bfc9cd54fc5e", "affinity": "OpaqueRef:NULL",
        "VBDs": ["OpaqueRef:8836b310-dc49-485d-e846-3334fad8471a"], "tags": ["a", "b"],
        "platform": {"vga": "std"}, "snapshot_time": "20260821T02:00:23Z", "children": [{"never": ["read"]}]
    }"#;

    fn vm(json: &str) -> Vm {
        match Record::parse(Class::Vm, json).unwrap() {
            Record::Vm(vm) => *vm,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_transports_give_the_same_record() {
        let xml = VM
            .replace("2147483648", "\"2147483648\"")
            .replace("\"VCPUs_max\": 2", "\"VCPUs_max\": \"2\"")
            .replace("\"start_delay\": 0", "\"start_delay\": \"0\"");
        let record = vm(VM);
        assert_eq!(record, vm(&xml));
        assert_eq!(&*record.name_label, "web \"1\"");
        assert_eq!(record.memory_dynamic_max, 2_147_483_648);
        assert_eq!(record.snapshot_time, Some(1_787_277_623));
        assert_eq!(record.platform.get("vga"), Some("std"));
        assert_eq!(
            record.tags.iter().map(|t| &**t).collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert!(record.affinity.is_null() && !record.resident_on.is_null());
    }

    #[test]
    fn what_is_missing_or_odd_takes_its_default() {
        assert_eq!(vm("{}"), Vm::default());
        let odd = r#"{"uuid": 5, "VBDs": "none", "tags": [1, null, "x"], "platform": [], "power_state": null,
            "memory_dynamic_max": "much", "is_a_template": "yes", "other_config": {"n": 1, "l": [2]},
            "VCPUs_max": 18446744073709551615, "snapshot_time": 12, "metrics": {}, "name_label": 7}"#;
        let record = vm(odd);
        assert_eq!(record.vcpus_max, i64::MAX);
        assert_eq!(record.other_config.get("n"), Some("1"));
        assert_eq!(&*record.name_label, "7");
        assert!(record.metrics.is_null() && record.vbds.is_empty() && !record.is_a_template);
        assert_eq!(record.tags.len(), 3);
    }

    #[test]
    fn a_whole_answer_is_read_in_one_pass() {
        let answer = format!(r#"{{"OpaqueRef:1": {VM}, "OpaqueRef:2": {{}}}}"#);
        let records = parse_all(Class::Vm, &answer).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].0, Ref::parse("OpaqueRef:1"));
        assert_eq!(*records[0].1.uuid(), "6b1d4a8e-7c1f-4c55-9d4f-2f1f7f8e0002");
        assert_eq!(parse_all(Class::Task, "{}").unwrap(), []);
        for bad in ["", "[]", "{", r#"{"a": 1}"#, "{} trailing", "null"] {
            assert!(parse_all(Class::Vm, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_class_reads_an_empty_record_as_its_own() {
        for class in Class::ALL {
            assert_eq!(Record::parse(class, "{}").unwrap().class(), class);
            assert!(Record::parse(class, "[").is_err());
        }
    }
}
