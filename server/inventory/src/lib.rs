//! The live state of every pool, in memory.
//!
//! - [`Inventory`]: all objects by id, type and pool, with their JSON made once;
//! - [`Connection`]: one watcher per pool, which keeps its part of the inventory true;
//! - [`Subscription`]: what changed, coalesced per object, for one client.
//!
//! Invariant: only a watcher writes; everything else reads. Inventory is never stored: pools are its truth.

mod backoff;
mod connection;
mod feed;
mod inventory;
mod metrics;
mod pool;
mod watcher;
mod world;

pub use connection::{Connection, Heard, Settings, State, Status};
pub use feed::{Notice, Subscription};
pub use inventory::{Inventory, Item};
pub use metrics::Latency;
pub use pool::PoolHandle;
