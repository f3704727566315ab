//! The VM's own screen: what the appliance is, where it is found, and what can be done by keys when no browser gets there.
//!
//! - [`App`]: what is shown and what keys do, without a terminal and without an agent;
//! - [`draw`]: one frame of it;
//! - [`run`]: a terminal, an agent, and the time between them.
//!
//! It asks the agent alone: it works while the server does not. Plain ASCII on 80 by 24, as the oldest serial console shows it.

mod app;
mod form;
mod terminal;
mod view;

pub use app::{App, Outcome, Task, What};
pub use form::Form;
pub use terminal::run;
pub use view::draw;
