//! How it is asked for: JSON-RPC, REST, events, sign-in, transfers.
