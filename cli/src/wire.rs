//! Talking to the server: addresses, trust in its certificate, JSON-RPC over WebSocket, HTTP.

pub mod address;
pub mod http;
pub mod message;
pub mod rpc;
pub mod side_channel;
pub mod socket;
pub mod target;
pub mod trust;
