//! From a built disk to a signed repository of releases (TUF), as static files that any web server serves.
//!
//! Owns the keys, the metadata and what a release consists of. What it says of a release is `xo-release`'s.
//!
//! Invariant: a version is published once; the same version never comes with other bytes. A command that fails changes nothing that
//! clients, or a later command, go by.

mod bundle;
mod chain;
mod disk;
mod edition;
mod error;
mod image;
mod keys;
mod lock;
mod policy;
mod repository;
mod signing;
mod verity;

pub use bundle::bundle;
pub use disk::Parts;
pub use error::PublishError;
pub(crate) use keys::examine as examine_root;
pub use keys::{Keys, Named, Signatures, Signing};
pub use lock::Lock;
pub use policy::Duty;
pub use repository::{Kept, NewRelease, Repository, Trusts};
