//! Integration tests of the store, on SQLite always and on PostgreSQL when `XO_TEST_POSTGRES` is
//! the URL of a server where databases may be made. Each test has a database of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acls;
mod cloud_configs;
mod crash;
mod groups;
mod migrating;
mod opening;
mod servers;
mod settings;
mod support;
mod tasks;
mod tokens;
mod users;
