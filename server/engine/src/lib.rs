//! What can be done: every operation once, whoever asks for it and however.
//!
//! A call goes through one pipeline ([`Engine::call`]): find the [`Method`], check who asks, check the parameters, look up the
//! objects they name, check the rights on them, run, report. One file per noun holds its methods.

mod access;
mod action;
mod appliance;
mod call;
mod caller;
mod console;
mod engine;
mod error;
mod feed;
mod method;
mod metrics;
mod nouns;
mod objects;
mod ongoing;
mod order;
mod pieces;
mod pools;
mod recent;
mod second_factor;
mod setup;
mod stats;
mod subject;
mod tasks;
mod throttle;
mod transfer;

pub use access::Permission;
pub use action::{Action, Answer, Started};
pub use appliance::ask_agent;
pub use call::{Call, Outcome};
pub use caller::{Caller, Credentials, SignIn};
pub use console::{Console, Viewing};
pub use engine::{Engine, Options};
pub use error::{Error, ParamError, Result};
pub use feed::{ClientFeed, Round};
pub use method::schema::{self, Schema};
pub use method::{Access, Method, Param, Resolve};
pub use objects::{Page, Query};
pub use pieces::Pieces;
pub use pools::OwnPool;
pub use setup::{AdminCreation, SetupState};
pub use tasks::{Task, TaskNotice, Tasks, task_json};
pub use transfer::{ByteStream, Incoming, Outgoing, Transfer};
pub use xo_inventory::{Inventory, Item};
pub use xo_model::{ObjectType, project};
pub use xo_store::TaskStatus;
