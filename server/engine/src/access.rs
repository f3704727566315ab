//! Who may do what on which object: the permissions of version 1 (`xo-access-control.md`).
//!
//! Users, groups and entries are kept in memory as one snapshot, made anew after each change, so that every check is immediate and
//! the feed can ask for each object that it sends.

use std::collections::HashMap;
use std::sync::Arc;

use xo_inventory::{Inventory, Item};
use xo_store::{Acl, Group, User};

/// A right on an object; a higher one does not imply a lower one unless a role says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See it.
    View,
    /// Use it: start, stop, console.
    Operate,
    /// Change and delete it.
    Administrate,
}

impl Permission {
    /// All, the least first.
    pub const ALL: [Self; 3] = [Self::View, Self::Operate, Self::Administrate];

    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Operate => "operate",
            Self::Administrate => "administrate",
        }
    }
}

/// The fixed roles: id, name, permissions.
pub(crate) const ROLES: [(&str, &str, &[Permission]); 3] = [
    ("viewer", "Viewer", &[Permission::View]),
    (
        "operator",
        "Operator",
        &[Permission::View, Permission::Operate],
    ),
    (
        "admin",
        "Admin",
        &[
            Permission::View,
            Permission::Operate,
            Permission::Administrate,
        ],
    ),
];

/// What an entry's action grants: a role's permissions, or the one that it names.
pub(crate) fn permissions_of(action: &str) -> Vec<Permission> {
    if let Some((_, _, permissions)) = ROLES.iter().find(|(id, _, _)| *id == action) {
        return permissions.to_vec();
    }
    Permission::ALL
        .into_iter()
        .filter(|p| p.name() == action)
        .collect()
}

/// The rights of one user: explicit entries by object id.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Grants(HashMap<String, Vec<Permission>>);

impl Grants {
    pub(crate) fn has(&self, object: &str, permission: Permission) -> bool {
        self.0
            .get(object)
            .is_some_and(|list| list.contains(&permission))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[Permission])> {
        self.0
            .iter()
            .map(|(id, list)| (id.as_str(), list.as_slice()))
    }
}

/// One user as the checks see them.
#[derive(Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) is_admin: bool,
    pub(crate) grants: Grants,
}

impl Account {
    /// True with the right on the object, by an entry on it or on what holds it.
    pub(crate) fn may(&self, inventory: &Inventory, object: &Item, permission: Permission) -> bool {
        if self.is_admin {
            return true;
        }
        if self.grants.is_empty() {
            return false;
        }
        inventory.is_granted(object, |id| {
            id.with_str(|id| self.grants.has(id, permission))
        })
    }
}

/// Everybody, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    accounts: HashMap<String, Arc<Account>>,
}

impl Directory {
    pub(crate) fn build(users: &[User], groups: &[Group], acls: &[Acl]) -> Self {
        let mut accounts = HashMap::new();
        for user in users {
            let mut grants = Grants::default();
            let is_mine = |subject: &str| {
                subject == user.id
                    || groups
                        .iter()
                        .any(|g| g.id == subject && g.users.contains(&user.id))
            };
            for acl in acls.iter().filter(|acl| is_mine(&acl.subject)) {
                let list = grants.0.entry(acl.object.clone()).or_default();
                for permission in permissions_of(&acl.action) {
                    if !list.contains(&permission) {
                        list.push(permission);
                    }
                }
            }
            let account = Account {
                name: user.name.clone(),
                is_admin: user.permission == xo_store::Permission::Admin,
                grants,
            };
            accounts.insert(user.id.clone(), Arc::new(account));
        }
        Self { accounts }
    }

    /// True while nobody was ever created.
    pub(crate) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    pub(crate) fn account(&self, user: &str) -> Option<&Arc<Account>> {
        self.accounts.get(user)
    }
}
