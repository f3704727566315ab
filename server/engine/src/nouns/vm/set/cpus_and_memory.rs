//! Numbers of CPUs and limits of memory: they bound each other, so those asked for pull the others along.
//!
//! Invariant: what is written satisfies `static min ≤ dynamic min ≤ dynamic max ≤ static max` and `CPUs ≤ max`.

use serde_json::{Map, Value, json};

use super::Edit;
use crate::call::size_of;
use crate::{Error, Result};

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    static_min: i64,
    dynamic_min: i64,
    dynamic_max: i64,
    static_max: i64,
}

/// What was asked for; in bytes.
#[derive(Debug, Default, PartialEq)]
struct Wish {
    memory: Option<i64>,
    dynamic_min: Option<i64>,
    dynamic_max: Option<i64>,
    static_max: Option<i64>,
}

/// More than any host has, in bytes: 64 TiB.
const MOST_MEMORY: i64 = 1 << 46;

/// Writes the settings of CPUs and memory that `values` names; false when there are none.
pub(super) async fn apply(edit: &Edit<'_>, values: &Map<String, Value>) -> Result<bool> {
    let bytes = |name: &str| match values.get(name).filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => {
            let bytes = size_of(value).and_then(|bytes| i64::try_from(bytes).ok());
            bytes
                .filter(|bytes| *bytes <= MOST_MEMORY)
                .map(Some)
                .ok_or_else(|| Error::invalid(name, "must be a size up to 64 TiB, such as `4 GiB`"))
        }
    };
    let wish = Wish {
        memory: bytes("memory")?,
        dynamic_min: bytes("memoryMin")?,
        dynamic_max: bytes("memoryMax")?,
        static_max: bytes("memoryStaticMax")?,
    };
    let memory = wish != Wish::default();
    if memory {
        write_memory(edit, &wish).await?;
    }
    let cpus = (count(values, "CPUs")?, count(values, "cpusMax")?);
    if cpus != (None, None) {
        write_cpus(edit, cpus).await?;
    }
    Ok(memory || cpus != (None, None))
}

async fn write_memory(edit: &Edit<'_>, wish: &Wish) -> Result<()> {
    let (limits, is_halted) = edit.record(|vm| {
        let limits = Limits {
            static_min: vm.memory_static_min,
            dynamic_min: vm.memory_dynamic_min,
            dynamic_max: vm.memory_dynamic_max,
            static_max: vm.memory_static_max,
        };
        (limits, vm.power_state == "Halted")
    })?;
    let new = limits.with(wish);
    let Limits {
        static_min,
        dynamic_min,
        dynamic_max,
        static_max,
    } = new;
    let session = &edit.pool.session;
    if is_halted {
        let args = json!([edit.vm, static_min, static_max, dynamic_min, dynamic_max]);
        return Ok(session.run("VM.set_memory_limits", args).await.map(drop)?);
    }
    if wish.static_max.is_some() && static_max != limits.static_max {
        // Refused by the pool with the reason: a VM takes it only while it is halted.
        session
            .perform("VM.set_memory_static_max", json!([edit.vm, static_max]))
            .await?;
    }
    let args = json!([edit.vm, dynamic_min, dynamic_max]);
    Ok(session
        .run("VM.set_memory_dynamic_range", args)
        .await
        .map(drop)?)
}

impl Limits {
    fn with(mut self, wish: &Wish) -> Self {
        if let Some(all) = wish.memory {
            (self.dynamic_min, self.dynamic_max, self.static_max) = (all, all, all);
        }
        if let Some(max) = wish.static_max {
            self.static_max = max;
            self.dynamic_max = self.dynamic_max.min(max);
        }
        if let Some(max) = wish.dynamic_max {
            self.dynamic_max = max;
            self.static_max = self.static_max.max(max);
        }
        if let Some(min) = wish.dynamic_min {
            self.dynamic_min = min;
            self.dynamic_max = self.dynamic_max.max(min);
            self.static_max = self.static_max.max(self.dynamic_max);
        }
        self.dynamic_min = self.dynamic_min.min(self.dynamic_max);
        self.static_min = self.static_min.min(self.dynamic_min);
        self
    }
}

fn count(values: &Map<String, Value>, name: &str) -> Result<Option<i64>> {
    let Some(value) = values.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let told = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64().map(|number| number as i64),
    };
    told.filter(|count| *count > 0)
        .map(Some)
        .ok_or_else(|| Error::invalid(name, "must be a number greater than 0"))
}

async fn write_cpus(edit: &Edit<'_>, (wanted, max): (Option<i64>, Option<i64>)) -> Result<()> {
    let (now, now_max, is_halted) = edit.record(|vm| {
        (
            vm.vcpus_at_startup,
            vm.vcpus_max,
            vm.power_state == "Halted",
        )
    })?;
    let cpus = wanted.unwrap_or(now).min(max.unwrap_or(i64::MAX));
    let max = max.unwrap_or(now_max).max(cpus);
    let session = &edit.pool.session;
    if !is_halted {
        if max != now_max {
            session
                .perform("VM.set_VCPUs_max", json!([edit.vm, max]))
                .await?;
        }
        if wanted.is_some() {
            session
                .run("VM.set_VCPUs_number_live", json!([edit.vm, cpus]))
                .await?;
        }
        return Ok(());
    }
    // The pool refuses more CPUs than the maximum at any moment.
    let (first, second) = (("VCPUs_max", max), ("VCPUs_at_startup", cpus));
    let order = if max >= now {
        [first, second]
    } else {
        [second, first]
    };
    for (field, value) in order {
        edit.field(field, json!(value)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Limits = Limits {
        static_min: 1,
        dynamic_min: 4,
        dynamic_max: 8,
        static_max: 16,
    };

    #[test]
    fn what_is_asked_for_pulls_the_other_limits_along() {
        let memory = Wish {
            memory: Some(10),
            ..Wish::default()
        };
        let expected = Limits {
            static_min: 1,
            dynamic_min: 10,
            dynamic_max: 10,
            static_max: 10,
        };
        assert_eq!(NOW.with(&memory), expected);
        let more = Wish {
            dynamic_max: Some(32),
            ..Wish::default()
        };
        assert_eq!(
            NOW.with(&more),
            Limits {
                dynamic_max: 32,
                static_max: 32,
                ..NOW
            }
        );
        let less = Wish {
            static_max: Some(2),
            ..Wish::default()
        };
        let expected = Limits {
            static_min: 1,
            dynamic_min: 2,
            dynamic_max: 2,
            static_max: 2,
        };
        assert_eq!(NOW.with(&less), expected);
        let raised = Wish {
            dynamic_min: Some(12),
            ..Wish::default()
        };
        assert_eq!(
            NOW.with(&raised),
            Limits {
                dynamic_min: 12,
                dynamic_max: 12,
                ..NOW
            }
        );
    }

    proptest! {
        #[test]
        fn limits_stay_in_order(
            memory in prop::option::of(1..100_i64), min in prop::option::of(1..100_i64),
            max in prop::option::of(1..100_i64), top in prop::option::of(1..100_i64),
        ) {
            let wish = Wish { memory, dynamic_min: min, dynamic_max: max, static_max: top };
            let Limits { static_min, dynamic_min, dynamic_max, static_max } = NOW.with(&wish);
            prop_assert!(static_min <= dynamic_min && dynamic_min <= dynamic_max && dynamic_max <= static_max);
        }
    }
}
