//! XAPI client: everything needed to talk to an XCP-ng or XenServer pool, and nothing of Xen Orchestra.
//!
//! - [`Session`]: login, calls, relogin, following the master;
//! - [`Session::run`]: `Async.*` calls awaited through their task;
//! - [`EventFeed`]: the first state of a pool, then its changes, by `event.from`;
//! - [`Download`] and [`Upload`]: exports, imports, raw disks, statistics;
//! - [`console`]: the byte channel to a VM's screen.
//!
//! Facts come from `xapi-wire.md` of the project's references.

mod abort;
pub mod address;
pub mod console;
pub mod data;
mod error;
mod events;
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod login;
mod probe;
mod proxy;
mod rpc;
mod session;
mod stream;
mod task;
mod trust;
mod xml;

pub use abort::{abortable, is_aborted};
pub use address::Address;
pub use data::{Download, Upload};
pub use error::{ApiError, Error, Result};
pub use events::{Batch, Change, EventFeed, Load};
pub use limits::Limits;
pub use probe::{Sight, probe};
pub use proxy::Proxy;
pub use rpc::Reply;
pub use session::{Credentials, Session, Target};
pub use task::TaskValue;
pub use trust::{Fingerprint, Trust, TrustMode};
pub use xapi_records as records;
