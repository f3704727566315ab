//! The xo-cli command line.
