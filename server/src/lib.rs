//! The xo-server daemon.
