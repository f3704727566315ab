//! An appliance in a folder, whose programs are written down instead of run.

use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use xo_appliance::agent::machine::{Job, Machine, Space};
use xo_appliance::agent::protocol::Fault;
use xo_appliance::agent::verbs::{self, Run};
use xo_appliance::agent::{Agent, CONFIRM_WITHIN};

pub const MIB: u64 = 1024 * 1024;
pub const UNIT: &str = "run/systemd/network/10-xoa.network";

pub const LINKS: &str = r#"[{"ifname":"enX0","link_type":"ether","operstate":"UP","address":"52:54:00:ab:cd:ef",
    "addr_info":[{"family":"inet","local":"10.0.0.9","prefixlen":24}]}]"#;

type Script = Vec<(&'static str, Result<String, String>)>;

/// What the fake machine knows and was told.
pub struct World {
    /// `program arguments`, with the input after a `<`.
    pub ran: Vec<String>,
    /// Beginnings of such lines, and what is printed or said; the last that fits counts.
    pub script: Script,
    pub space: Space,
    /// Name servers that answer.
    pub name_servers: Vec<IpAddr>,
    /// Paths that the server answers.
    pub server: Vec<(&'static str, String)>,
    /// Addresses where somebody listens.
    pub listens: Vec<String>,
    pub published: Vec<(String, String)>,
}

struct Fake(Arc<Mutex<World>>);

impl Machine for Fake {
    fn run(&self, job: &Job<'_>) -> io::Result<String> {
        let mut world = self.0.lock().unwrap();
        let mut line = [&[job.program], job.arguments].concat().join(" ");
        let script = &world.script;
        let found = script.iter().rfind(|(begin, _)| line.starts_with(begin));
        let answer = found.map_or(Ok(String::new()), |(_, answer)| answer.clone());
        if !job.input.is_empty() {
            line.push_str(" < ");
            line.push_str(&String::from_utf8_lossy(job.input));
        }
        world.ran.push(line);
        answer.map_err(io::Error::other)
    }

    fn feed(&self, job: &Job<'_>, from: &mut (dyn Read + Send)) -> io::Result<String> {
        let mut input = Vec::new();
        from.read_to_end(&mut input)?;
        let input = &input[..];
        self.run(&Job { input, ..*job })
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        Ok(self.0.lock().unwrap().space)
    }

    fn ask_name_server(&self, server: IpAddr) -> io::Result<()> {
        let answers = self.0.lock().unwrap().name_servers.contains(&server);
        answers
            .then_some(())
            .ok_or_else(|| io::Error::other("silence"))
    }

    fn ask_server(&self, path: &str, _: &Path, token: Option<&str>) -> io::Result<String> {
        let world = self.0.lock().unwrap();
        let asked = token.map_or(path.to_owned(), |token| format!("{path} as {token}"));
        let found = world.server.iter().rfind(|(known, _)| *known == asked);
        found
            .map(|(_, body)| body.clone())
            .ok_or_else(|| io::Error::other("connection refused"))
    }

    fn reach(&self, address: &str) -> io::Result<()> {
        let listens = &self.0.lock().unwrap().listens;
        let is_there = listens.contains(&address.to_owned());
        is_there
            .then_some(())
            .ok_or_else(|| io::ErrorKind::ConnectionRefused.into())
    }

    fn publish(&self, key: &str, value: &str) -> io::Result<bool> {
        self.0
            .lock()
            .unwrap()
            .published
            .push((key.to_owned(), value.to_owned()));
        Ok(true)
    }
}

pub struct Scene {
    pub folder: TempDir,
    pub world: Arc<Mutex<World>>,
    pub agent: Agent,
}

impl Scene {
    /// An appliance where all is well.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let world = Arc::new(Mutex::new(World {
            ran: Vec::new(),
            script: vec![
                ("ip -json address show", Ok(LINKS.to_owned())),
                (
                    "ip -4 -json route",
                    Ok(r#"[{"gateway":"10.0.0.1"}]"#.to_owned()),
                ),
                ("ip -6 -json route", Ok("[]".to_owned())),
                (
                    "ip -json neighbour",
                    Ok(r#"[{"state":["REACHABLE"]}]"#.to_owned()),
                ),
                (
                    "systemctl show",
                    Ok("ActiveState=active\nSubState=running\nNRestarts=0\n".to_owned()),
                ),
            ],
            space: Space {
                total: 8000 * MIB,
                free: 6000 * MIB,
            },
            name_servers: vec!["10.0.0.2".parse().unwrap()],
            server: vec![
                ("/rest/v0/setup", "{}".to_owned()),
                (
                    "/metrics",
                    "xo_pools{state=\"connected\"} 2\nxo_pools{state=\"lost\"} 0\n".to_owned(),
                ),
            ],
            listens: Vec::new(),
            published: Vec::new(),
        }));
        let agent = agent(folder.path(), &world);
        Self {
            folder,
            world,
            agent,
        }
    }

    /// The agent died, and another one starts.
    pub fn restart(&mut self) {
        self.agent = agent(self.folder.path(), &self.world);
        self.agent.settle();
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// From now on, programs whose line begins so fail.
    pub fn fails(&self, line: &'static str, why: &str) {
        self.world
            .lock()
            .unwrap()
            .script
            .push((line, Err(why.to_owned())));
    }

    /// From now on, such programs print this.
    pub fn prints(&self, line: &'static str, text: &str) {
        self.world
            .lock()
            .unwrap()
            .script
            .push((line, Ok(text.to_owned())));
    }

    /// What ran since it was asked last.
    pub fn ran(&self) -> Vec<String> {
        std::mem::take(&mut self.world.lock().unwrap().ran)
    }

    /// Asks as root does.
    pub fn ask(&self, verb: &str, params: Value) -> Result<Value, Fault> {
        let Value::Object(params) = params else {
            panic!("parameters are an object")
        };
        let verb = verbs::find(verb, true)?;
        match verb.run {
            Run::Value(run) => run(&self.agent, params),
            Run::File(..) | Run::Upload(..) => panic!("a file"),
        }
    }

    /// Sends a file as root does.
    pub fn send(&self, verb: &str, mut file: &[u8]) -> Result<Value, Fault> {
        match verbs::find(verb, true)?.run {
            Run::Upload(take) => take(&self.agent, &mut file),
            Run::Value(_) | Run::File(..) => panic!("no upload"),
        }
    }

    pub fn look(&self, verb: &str) -> Value {
        self.ask(verb, Value::Object(Map::new())).unwrap()
    }

    /// Changes the network on trial, which begins; returns its number.
    pub fn change(&self, address: &str) -> Value {
        let told = self.ask(
            "network.set",
            json!({ "mode": "static", "addresses": [address] }),
        );
        let change = told.unwrap()["change"].clone();
        self.agent.tick(Instant::now() + Duration::from_secs(2));
        change
    }
}

fn agent(root: &Path, world: &Arc<Mutex<World>>) -> Agent {
    Agent::new(root, Box::new(Fake(Arc::clone(world))), CONFIRM_WITHIN)
}

/// The files of the system that the agent reads.
pub fn fill(root: &Path) {
    let put = |path: &str, content: &[u8]| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    put("proc/uptime", b"3700.25 7000.00\n");
    put(
        "proc/meminfo",
        b"MemTotal: 1014612 kB\nMemFree: 5 kB\nMemAvailable: 700000 kB\n",
    );
    put("proc/sys/kernel/hostname", b"xoa\n");
    put("proc/sys/kernel/osrelease", b"6.12.1\n");
    put("proc/cmdline", b"quiet panic=10\n");
    put("run/systemd/timesync/synchronized", b"");
    put("run/systemd/resolve/resolv.conf", b"nameserver 10.0.0.2\n");
    put(
        "var/lib/xo-server/tls.crt",
        certificate(Duration::from_secs(400 * 86_400)).as_bytes(),
    );
}

/// A certificate that is valid for this long, from an hour ago.
pub fn certificate(valid: Duration) -> String {
    let mut params = rcgen::CertificateParams::new(vec!["xoa".to_owned()]).unwrap();
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - Duration::from_secs(3600);
    params.not_after = now + valid;
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}
