//! The server's own program, run as the server's user on its data.

use std::io::Read;
use std::time::Duration;

use super::Agent;
use super::machine::Job;
use super::protocol::Fault;

const AS_SERVER: [&str; 5] = [
    "--reuid=xo-server",
    "--regid=xo-server",
    "--init-groups",
    "--",
    "xo-server",
];
const DATA: &str = "--data-dir=/var/lib/xo-server";
pub(super) const UNIT: &str = "xo-server.service";

/// What it prints.
pub(super) fn run(
    agent: &Agent,
    arguments: &[&str],
    input: &[u8],
    limit: Duration,
) -> Result<String, Fault> {
    feed(agent, arguments, &mut { input }, limit)
}

/// The same, of something that comes.
pub(super) fn feed(
    agent: &Agent,
    arguments: &[&str],
    input: &mut (dyn Read + Send),
    limit: Duration,
) -> Result<String, Fault> {
    let arguments = [&AS_SERVER[..], arguments, &[DATA]].concat();
    let job = Job::new("setpriv", &arguments, limit);
    agent.machine.feed(&job, input).map_err(|error| {
        let error = error.to_string();
        // It is the server's program that speaks.
        let said = error.strip_prefix("setpriv: ").unwrap_or(&error);
        Fault::failed(said.strip_prefix("xo-server: ").unwrap_or(said))
    })
}
