//! End to end: real clients, the real server, the lab.

mod architecture;
mod bad_input;
mod clients;
mod command_line;
mod console;
mod faults;
mod lifecycle;
mod live;
mod security;
mod transfers;
