//! `xo-lab`: serves a simulated pool until it is interrupted.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use xo_lab::{Failure, Lab, LabConfig, Times};

/// A simulated XCP-ng 8.3 pool over HTTP and HTTPS.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    /// Name of the pool
    #[arg(long, default_value = "Lab")]
    name: String,
    /// Number of hosts
    #[arg(long, default_value_t = 2)]
    hosts: usize,
    /// Number of VMs
    #[arg(long, default_value_t = 20)]
    vms: usize,
    /// Number of shared storage repositories
    #[arg(long, default_value_t = 2)]
    srs: usize,
    /// Decides every uuid, name and size; 1 is the pool that xo-server --lab has
    #[arg(long, default_value_t = 100)]
    seed: u64,
    /// Changes per second that the pool makes by itself
    #[arg(long, default_value_t = 0.0)]
    event_rate: f64,
    /// Milliseconds added to every call
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Milliseconds that event.from gathers changes before it answers
    #[arg(long, default_value_t = 50)]
    coalesce_ms: u64,
    /// Milliseconds that an operation such as a start takes
    #[arg(long, default_value_t = 300)]
    operation_ms: u64,
    /// Where to serve plain HTTP
    #[arg(long, default_value = "127.0.0.1:8880")]
    http: SocketAddr,
    /// Where to serve HTTPS
    #[arg(long, default_value = "127.0.0.1:8843")]
    https: SocketAddr,
    /// Who may sign in
    #[arg(long, default_value = "root")]
    user: String,
    /// Their password
    #[arg(long, default_value = "lab")]
    password: String,
    /// Milliseconds that a refused login takes (a real host: 5000)
    #[arg(long, default_value_t = 0)]
    login_delay_ms: u64,
    /// Fault: close the connection instead of answering the first N requests
    #[arg(long, value_name = "N", default_value_t = 0)]
    drop_connections: u32,
    /// Fault: answer the first N requests with garbage
    #[arg(long, value_name = "N", default_value_t = 0)]
    garbage: u32,
    /// Fault: event.from never answers
    #[arg(long)]
    stall_events: bool,
    /// Fault: event.from answers EVENTS_LOST N times
    #[arg(long, value_name = "N", default_value_t = 0)]
    events_lost: u32,
    /// Fault: logins answer HOST_IS_SLAVE with this address, which has no port: the master is asked at the same one
    #[arg(long, value_name = "ADDRESS")]
    slave_of: Option<String>,
    /// Fault: a call fails, as METHOD=CODE[,PARAM...]; may be repeated
    #[arg(long, value_name = "METHOD=CODE")]
    fail: Vec<String>,
    /// Fault: a call takes time, as METHOD=MILLISECONDS; may be repeated
    #[arg(long, value_name = "METHOD=MS")]
    slow: Vec<String>,
    /// Fault: sessions end every N seconds
    #[arg(long, value_name = "SECONDS")]
    expire_sessions: Option<u64>,
    /// Fault: after N seconds every object has a new reference
    #[arg(long, value_name = "SECONDS")]
    renew_references: Option<u64>,
}

impl Options {
    fn config(&self) -> LabConfig {
        LabConfig {
            name: self.name.clone(),
            hosts: self.hosts,
            vms: self.vms,
            srs: self.srs,
            seed: self.seed,
            event_rate: self.event_rate,
            latency: Duration::from_millis(self.latency_ms),
            coalesce: Duration::from_millis(self.coalesce_ms),
            operation_time: Duration::from_millis(self.operation_ms),
            login_delay: Duration::from_millis(self.login_delay_ms),
            http: Some(self.http),
            https: Some(self.https),
            user: self.user.clone(),
            password: self.password.clone(),
        }
    }

    fn set_faults(&self, lab: &Lab) -> anyhow::Result<()> {
        let faults = lab.faults();
        faults.drop_connections(Times::Count(self.drop_connections));
        faults.answer_garbage(Times::Count(self.garbage));
        faults.lose_events(Times::Count(self.events_lost));
        faults.stall_events(self.stall_events);
        faults.be_slave_of(self.slave_of.as_deref());
        for fault in &self.fail {
            let (method, words) = fault
                .split_once('=')
                .with_context(|| format!("--fail {fault}: expected METHOD=CODE"))?;
            let mut words = words.split(',');
            let code = words.next().unwrap_or_default();
            faults.fail_call(method, Failure::new(code, words), Times::Always);
        }
        for fault in &self.slow {
            let (method, time) = fault
                .split_once('=')
                .with_context(|| format!("--slow {fault}: expected METHOD=MS"))?;
            let time = time
                .parse()
                .with_context(|| format!("--slow {fault}: expected a number"))?;
            faults.slow_call(method, Duration::from_millis(time));
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let options = Options::parse();
    let lab = Lab::start(options.config())
        .await
        .context("the lab does not start")?;
    options.set_faults(&lab)?;
    println!("http:        {}", lab.http_url());
    println!("https:       {}", lab.https_url());
    println!("fingerprint: {}", with_colons(lab.fingerprint()));
    println!("user:        {}", options.user);
    let expiry = async {
        match options.expire_sessions {
            Some(seconds) => loop {
                tokio::time::sleep(Duration::from_secs(seconds.max(1))).await;
                lab.expire_sessions();
            },
            None => std::future::pending::<()>().await,
        }
    };
    let renewal = async {
        if let Some(seconds) = options.renew_references {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            lab.restart_with_new_references();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for an interrupt")?,
        () = expiry => {}
        () = renewal => {}
    }
    lab.stop().await;
    Ok(())
}

/// As hosts' consoles and browsers show it.
fn with_colons(hex: &str) -> String {
    let digits: Vec<char> = hex.to_uppercase().chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(String::from_iter).collect();
    pairs.join(":")
}
