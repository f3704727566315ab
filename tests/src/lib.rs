//! What the end-to-end tests and the benchmark share: a whole server on free ports, a lab beside it, a small JSON-RPC client.

pub mod bench;
pub mod built;
pub mod client;
pub mod rig;
