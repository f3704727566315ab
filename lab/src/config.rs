//! What a lab is asked to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The size, the speed and the manners of a simulated pool. `Default` is a small, quick pool on free ports of the
/// loopback interface.
#[derive(Debug, Clone)]
pub struct LabConfig {
    /// Name of the pool.
    pub name: String,
    /// How many hosts, at least 1. The first is the master.
    pub hosts: usize,
    /// How many VMs, besides control domains, templates and snapshots.
    pub vms: usize,
    /// How many shared SRs, besides each host's local ones, the ISO SR and the tools SR.
    pub srs: usize,
    /// Decides every uuid, name and size.
    pub seed: u64,
    /// Changes per second that the pool makes by itself.
    pub event_rate: f64,
    /// Added to every call.
    pub latency: Duration,
    /// How long `event.from` gathers changes before it answers. A real host: 50 ms.
    pub coalesce: Duration,
    /// How long an operation takes that takes time in a real pool (a start, a copy). Zero: none.
    pub operation_time: Duration,
    /// How long a refused login takes. A real host: 5 s.
    pub login_delay: Duration,
    /// Where to serve plain HTTP; `None` is nowhere.
    pub http: Option<SocketAddr>,
    /// Where to serve HTTPS; `None` is nowhere.
    pub https: Option<SocketAddr>,
    /// The user who may sign in.
    pub user: String,
    /// Their password.
    pub password: String,
}

impl Default for LabConfig {
    fn default() -> Self {
        let free = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Self {
            name: "Lab".to_owned(),
            hosts: 2,
            vms: 20,
            srs: 2,
            seed: 1,
            event_rate: 0.0,
            latency: Duration::ZERO,
            coalesce: Duration::from_millis(50),
            operation_time: Duration::ZERO,
            login_delay: Duration::ZERO,
            http: free,
            https: free,
            user: "root".to_owned(),
            password: "lab".to_owned(),
        }
    }
}
