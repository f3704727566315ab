//! Users, groups, tokens, pool connections, permissions, tasks, templates and settings in SQL.
//!
//! Invariant: one writer at a time, on SQLite and on PostgreSQL alike; a method either happened
//! whole or left nothing behind. What happened survives a killed process and a power cut.
//! Invariant: no clock here. Times come in as milliseconds since 1970, randomness from [`Entropy`].
//! Who may do what is the engine's business.

mod acls;
mod cloud_configs;
mod config;
mod database;
mod entropy;
mod error;
mod groups;
mod passwords;
mod row;
mod schema;
mod seal;
mod secret;
mod servers;
mod settings;
mod store;
mod tasks;
mod text;
mod tokens;
mod users;

pub use acls::{Acl, Acls};
pub use cloud_configs::{CloudConfig, CloudConfigKind, CloudConfigs};
pub use config::{DatabaseLocation, PasswordCost, StoreConfig};
pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use error::{ErrorKind, Noun, StoreError};
pub use groups::{Group, Groups};
pub use secret::Secret;
pub use servers::{NewServer, Server, ServerChange, Servers};
pub use settings::Settings;
pub use store::Store;
pub use tasks::{Task, TaskStatus, Tasks};
pub use tokens::{IssuedToken, NewToken, Token, Tokens};
pub use users::{NewUser, Permission, User, UserChange, Users};
