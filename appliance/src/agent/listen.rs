//! The socket: who may connect, one thread a connection, each call in the log.
//!
//! Invariant: whoever asks is known by what the kernel says of the other end, never by what they send. Connections, lines and idle times
//! are bounded.

use std::io::{self, BufReader, BufWriter};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Agent;
use super::protocol::{Answer, Fault, Incoming, Kind, Pieces, Request, read_line, write_line};
use super::verbs::{self, Run};

const MOST_CONNECTIONS: usize = 16;
const IDLE: Duration = Duration::from_secs(30);

/// Who may ask, by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peers {
    /// The server's user; nobody's when the machine has none.
    pub server: Option<u32>,
    /// Who the agent itself runs as: root, but in tests.
    pub own: u32,
}

/// How far somebody may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Root,
    Server,
}

impl Peers {
    fn trust(self, uid: u32) -> Option<Trust> {
        if uid == 0 || uid == self.own {
            Some(Trust::Root)
        } else if self.server == Some(uid) {
            Some(Trust::Server)
        } else {
            None
        }
    }
}

/// Looks a name up in a file such as `passwd` or `group`: the third field.
pub fn number_of(table: &str, name: &str) -> Option<u32> {
    let mut rows = table.lines().map(|line| line.split(':'));
    rows.find_map(|mut row| (row.next()? == name).then(|| row.nth(1)?.parse().ok())?)
}

/// Opens the socket. Only its owner and `group` may connect.
///
/// # Errors
/// When another agent serves there, or the system says no.
pub fn bind(path: &Path, group: Option<u32>) -> io::Result<UnixListener> {
    if UnixStream::connect(path).is_ok() {
        let what = "another agent serves there already";
        return Err(io::Error::new(io::ErrorKind::AddrInUse, what));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Until the group is right, nobody but the owner.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    let listener = bound?;
    if group.is_some() {
        chown(path, None, group)?;
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Serves until the process ends.
///
/// # Errors
/// When a connection cannot be taken for a reason that will not pass.
pub fn serve(listener: &UnixListener, agent: &Arc<Agent>, peers: Peers) -> io::Result<()> {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        let place = Place::take(&open);
        let agent = Arc::clone(agent);
        let thread = std::thread::Builder::new().name("connection".to_owned());
        let started = thread.spawn(move || {
            if let Err(error) = converse(&stream, &agent, peers, place.as_ref()) {
                eprintln!("connection: {error}");
            }
        });
        if let Err(error) = started {
            eprintln!("connection: refused: {error}");
        }
    }
}

/// One of the connections that may be open.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(open));
        (open.fetch_add(1, Ordering::Relaxed) < MOST_CONNECTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn converse(
    stream: &UnixStream,
    agent: &Agent,
    peers: Peers,
    place: Option<&Place>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    let (uid, pid) = (peer.uid.as_raw(), peer.pid.as_raw_nonzero());
    let mut input = BufReader::new(stream);
    let mut output = BufWriter::new(stream);
    let refusal = match (peers.trust(uid), place) {
        (None, _) => Some(Fault::new(
            Kind::Forbidden,
            format!("user {uid} may not ask the agent"),
        )),
        (_, None) => Some(Fault::new(
            Kind::Busy,
            "too many connections are open: try again",
        )),
        _ => None,
    };
    if let Some(fault) = refusal {
        eprintln!("user {uid}, process {pid}: refused: {fault}");
        return write_line(&mut output, &Answer::Error(fault));
    }
    let is_root = peers.trust(uid) == Some(Trust::Root);
    loop {
        let line = match read_line(&mut input) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) if is_silence(&error) => return Ok(()),
            Err(error) => {
                let fault = Fault::new(Kind::Invalid, error.to_string());
                write_line(&mut output, &Answer::Error(fault))?;
                return Err(error);
            }
        };
        let began = Instant::now();
        let (name, outcome) = answer(&line, agent, is_root, &mut input, &mut output);
        let outcome = match outcome {
            Ok(None) if name == verbs::WAIT => continue,
            Ok(None) => "done".to_owned(),
            Ok(Some(fault)) => format!("{fault}"),
            Err(error) => {
                eprintln!("{name} for user {uid}, process {pid}: broke off: {error}");
                return Err(error);
            }
        };
        let took = began.elapsed().as_millis();
        eprintln!("{name} for user {uid}, process {pid}: {outcome} ({took} ms)");
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Answers one request; returns its verb for the log, and the fault that was answered.
fn answer(
    line: &[u8],
    agent: &Agent,
    is_root: bool,
    input: &mut (impl io::Read + Send),
    output: &mut impl io::Write,
) -> (String, io::Result<Option<Fault>>) {
    let request = match serde_json::from_slice::<Request>(line) {
        Ok(request) => request,
        Err(error) => {
            let fault = Fault::new(Kind::Invalid, format!("this is no request: {error}"));
            return ("?".to_owned(), tell(output, Err(fault)));
        }
    };
    let verb = match verbs::find(&request.verb, is_root) {
        Ok(verb) => verb,
        Err(fault) => return ("?".to_owned(), tell(output, Err(fault))),
    };
    let told = match verb.run {
        Run::Value(run) => tell(output, run(agent, request.params)),
        Run::File(name, write) => match verbs::nothing(request.params) {
            Err(fault) => tell(output, Err(fault)),
            Ok(()) => stream(output, &name(agent), |pieces| write(agent, pieces)).map(|()| None),
        },
        Run::Upload(take) => match verbs::nothing(request.params) {
            Err(fault) => tell(output, Err(fault)),
            Ok(()) => upload(input, output, |pieces| take(agent, pieces)),
        },
    };
    (verb.name.to_owned(), told)
}

fn tell(
    output: &mut impl io::Write,
    outcome: Result<serde_json::Value, Fault>,
) -> io::Result<Option<Fault>> {
    match outcome {
        Ok(value) => {
            write_line(output, &Answer::Ok(value))?;
            Ok(None)
        }
        Err(fault) => {
            write_line(output, &Answer::Error(fault.clone()))?;
            Ok(Some(fault))
        }
    }
}

fn stream(
    output: &mut impl io::Write,
    name: &str,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    write_line(output, &Answer::Stream(name.to_owned()))?;
    let mut pieces = Pieces::new(output);
    write(&mut pieces)?;
    pieces.end()
}

/// Takes a file; what is left of one that is refused is read, so that the answer is heard.
fn upload(
    input: &mut (impl io::Read + Send),
    output: &mut impl io::Write,
    take: impl FnOnce(&mut (dyn io::Read + Send)) -> Result<serde_json::Value, Fault>,
) -> io::Result<Option<Fault>> {
    let mut pieces = Incoming::new(input);
    let outcome = take(&mut pieces);
    io::copy(&mut pieces, &mut io::sink())?;
    tell(output, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_the_servers_user_are_heard() {
        let peers = Peers {
            server: Some(998),
            own: 0,
        };
        assert_eq!(peers.trust(0), Some(Trust::Root));
        assert_eq!(peers.trust(998), Some(Trust::Server));
        assert_eq!(peers.trust(1000), None);
        let nobody = Peers {
            server: None,
            own: 0,
        };
        assert_eq!(nobody.trust(998), None);
    }

    #[test]
    fn numbers_of_users_and_groups_are_read() {
        let table = "root:x:0:0:root:/root:/bin/sh\nxo-server:!*:998:997::/:/sbin/nologin\nodd\n";
        assert_eq!(number_of(table, "xo-server"), Some(998));
        assert_eq!(number_of(table, "odd"), None);
        assert_eq!(number_of("xo-server:!*:997:\n", "xo-server"), Some(997));
        assert_eq!(number_of("xo-server:!*:many:\n", "xo-server"), None);
    }
}
