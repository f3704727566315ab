//! Who inherits access from whom (`xo-access-control.md`, "Inheritance").
//!
//! Ids and links only: what a user was granted, and where objects are kept, is the caller's. A link that leads nowhere means no.

use xapi_records::Id;

use crate::{Object, ObjectType};

/// Links are followed this far. The longest that make sense is VBD → VDI → VM → host → pool.
const MAX_DEPTH: usize = 16;

/// How access to an object follows from itself and from its [`parents`](Object::parents).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// Granted on the object itself, or on any parent.
    SelfOrAny,
    /// Granted on any parent; a grant on the object itself does not count.
    Any,
    /// Granted on every parent, of which there is at least one.
    All,
}

impl ObjectType {
    /// How access to objects of this type is inherited.
    #[must_use]
    pub fn inheritance(self) -> Inheritance {
        match self {
            Self::VmController
            | Self::Vdi
            | Self::VdiSnapshot
            | Self::Vbd
            | Self::Vif
            | Self::Pif
            | Self::Pbd
            | Self::Pci
            | Self::Pusb
            | Self::Vusb
            | Self::Task
            | Self::Message => Inheritance::Any,
            Self::UsbGroup => Inheritance::All,
            _ => Inheritance::SelfOrAny,
        }
    }
}

/// Where the links of objects are found.
pub trait LinkView {
    /// The type and the parents of an object; `None` when there is no such object.
    fn links(&self, id: &Id) -> Option<(ObjectType, &[Id])>;
}

/// Whether access to an object follows from what was granted. `granted` tells whether a permission was given on exactly this id.
pub fn may(view: &impl LinkView, id: &Id, granted: &impl Fn(&Id) -> bool) -> bool {
    resolve(view, id, granted, MAX_DEPTH)
}

/// The same for an object at hand, which need not be in the view (any more).
pub fn may_object(view: &impl LinkView, object: &Object, granted: &impl Fn(&Id) -> bool) -> bool {
    inherits(
        view,
        &object.id,
        object.kind,
        &object.parents,
        granted,
        MAX_DEPTH,
    )
}

fn resolve(view: &impl LinkView, id: &Id, granted: &impl Fn(&Id) -> bool, depth: usize) -> bool {
    match view.links(id) {
        Some((kind, parents)) => inherits(view, id, kind, parents, granted, depth),
        None => false,
    }
}

fn inherits(
    view: &impl LinkView,
    id: &Id,
    kind: ObjectType,
    parents: &[Id],
    granted: &impl Fn(&Id) -> bool,
    depth: usize,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let mut parents = parents.iter().filter(|parent| *parent != id).peekable();
    let by_parent = |parent: &Id| resolve(view, parent, granted, depth);
    match kind.inheritance() {
        Inheritance::SelfOrAny => granted(id) || parents.any(by_parent),
        Inheritance::Any => parents.any(by_parent),
        Inheritance::All => parents.peek().is_some() && parents.all(by_parent),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Default)]
    struct Objects(HashMap<Id, (ObjectType, Vec<Id>)>);

    impl LinkView for Objects {
        fn links(&self, id: &Id) -> Option<(ObjectType, &[Id])> {
            self.0
                .get(id)
                .map(|(kind, parents)| (*kind, parents.as_slice()))
        }
    }

    fn objects(list: &[(&str, ObjectType, &[&str])]) -> Objects {
        let entry = |(id, kind, parents): &(&str, ObjectType, &[&str])| {
            (
                Id::new(id),
                (*kind, parents.iter().map(|p| Id::new(p)).collect()),
            )
        };
        Objects(list.iter().map(entry).collect())
    }

    /// The objects to which a grant on one gives access.
    fn reached(objects: &Objects, granted_on: &str) -> Vec<String> {
        let mut reached: Vec<String> = objects
            .0
            .keys()
            .filter(|id| may(objects, id, &|id: &Id| *id == granted_on))
            .map(ToString::to_string)
            .collect();
        reached.sort();
        reached
    }

    fn estate() -> Objects {
        use ObjectType as T;
        objects(&[
            ("pool", T::Pool, &[]),
            ("host", T::Host, &["pool"]),
            ("sr", T::Sr, &["pool"]),
            ("net", T::Network, &["pool"]),
            ("vm", T::Vm, &["host"]),
            ("snap", T::VmSnapshot, &["vm"]),
            ("template", T::VmTemplate, &["pool"]),
            ("dom0", T::VmController, &["host"]),
            ("vdi", T::Vdi, &["sr", "vm"]),
            ("vdi-snap", T::VdiSnapshot, &["vdi"]),
            ("vbd", T::Vbd, &["vdi"]),
            ("cd", T::Vbd, &[]),
            ("vif", T::Vif, &["net", "vm"]),
            ("pif", T::Pif, &["host"]),
            ("pbd", T::Pbd, &["host", "sr"]),
            ("pusb1", T::Pusb, &["host"]),
            ("pusb2", T::Pusb, &["other-host"]),
            ("group1", T::UsbGroup, &["pusb1"]),
            ("group2", T::UsbGroup, &["pusb1", "pusb2"]),
            ("group0", T::UsbGroup, &[]),
            ("unmanaged", T::VdiUnmanaged, &["sr"]),
            ("message", T::Message, &["vm"]),
        ])
    }

    #[test]
    fn a_grant_on_a_vm_reaches_what_belongs_to_it() {
        assert_eq!(
            reached(&estate(), "vm"),
            ["message", "snap", "vbd", "vdi", "vdi-snap", "vif", "vm"]
        );
    }

    #[test]
    fn a_grant_on_a_host_reaches_what_runs_and_is_plugged_there() {
        assert_eq!(
            reached(&estate(), "host"),
            [
                "dom0", "group1", "host", "message", "pbd", "pif", "pusb1", "snap", "vbd", "vdi",
                "vdi-snap", "vif", "vm"
            ]
        );
    }

    #[test]
    fn a_grant_on_a_pool_reaches_all_but_what_has_no_path_to_it() {
        let reached = reached(&estate(), "pool");
        for absent in ["cd", "group0", "group2", "pusb2"] {
            assert!(!reached.iter().any(|id| id == absent), "{absent}");
        }
        assert_eq!(reached.len(), estate().0.len() - 4);
    }

    #[test]
    fn a_grant_on_a_link_itself_does_not_count() {
        for id in ["vdi", "vbd", "cd", "vif", "pif", "dom0", "message"] {
            assert_eq!(reached(&estate(), id), [""; 0], "{id}");
        }
        assert_eq!(reached(&estate(), "missing"), [""; 0]);
    }

    #[test]
    fn links_that_go_in_circles_end() {
        use ObjectType as T;
        let looped = objects(&[
            ("a", T::VmSnapshot, &["b"]),
            ("b", T::VmSnapshot, &["a"]),
            ("c", T::Vm, &["c"]),
        ]);
        assert_eq!(reached(&looped, "d"), [""; 0]);
        assert_eq!(reached(&looped, "a"), ["a", "b"]);
        assert_eq!(reached(&looped, "c"), ["c"]);
    }
}
