//! What the agent does outside of its own process and files: programs, free space, name servers, the server on this machine.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use xo_firstboot::xenbus::{DEVICE, XenStore};

use crate::local_https;

/// What a program may print, in bytes; the rest is read and dropped.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
const LOOK: Duration = Duration::from_millis(20);

/// A program to run.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its name; never from a request.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// For its standard input.
    pub input: &'a [u8],
    /// How long it may take.
    pub limit: Duration,
}

impl<'a> Job<'a> {
    /// Without input.
    pub fn new(program: &'static str, arguments: &'a [&'a str], limit: Duration) -> Self {
        Self {
            program,
            arguments,
            input: b"",
            limit,
        }
    }
}

/// Of a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// All of it.
    pub total: u64,
    /// What a program can still write.
    pub free: u64,
}

/// The machine; tests put one in its place that remembers what it was told.
pub trait Machine: Send + Sync {
    /// Runs a program that must succeed; returns what it printed.
    ///
    /// # Errors
    /// Names the program, with its last words.
    fn run(&self, job: &Job<'_>) -> io::Result<String>;

    /// Runs a program that reads what comes, as it comes.
    ///
    /// # Errors
    /// As [`Machine::run`]; also when what comes breaks off.
    fn feed(&self, job: &Job<'_>, input: &mut (dyn Read + Send)) -> io::Result<String>;

    /// How full a file system is.
    ///
    /// # Errors
    /// The system's.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// Asks a name server anything; any answer is one.
    ///
    /// # Errors
    /// When none comes.
    fn ask_name_server(&self, server: IpAddr) -> io::Result<()>;

    /// Gets a path of the server on this machine, which must show the certificate of this PEM file; signed in by a token, if there is one.
    ///
    /// # Errors
    /// When it does not answer so.
    fn ask_server(&self, path: &str, certificate: &Path, token: Option<&str>)
    -> io::Result<String>;

    /// Connects to an address (`host`, `host:port`) and leaves.
    ///
    /// # Errors
    /// When nobody is there.
    fn reach(&self, address: &str) -> io::Result<()>;

    /// Writes a key of XenStore; tells whether there is one.
    ///
    /// # Errors
    /// What XenStore says.
    fn publish(&self, key: &str, value: &str) -> io::Result<bool>;
}

/// This machine.
#[derive(Debug, Clone)]
pub struct Here {
    /// Where its server listens.
    pub server: SocketAddr,
}

impl Machine for Here {
    fn run(&self, job: &Job<'_>) -> io::Result<String> {
        self.feed(job, &mut { job.input })
    }

    fn feed(&self, job: &Job<'_>, from: &mut (dyn Read + Send)) -> io::Result<String> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", job.program));
        let mut child = Command::new(job.program)
            .args(job.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("LC_ALL", "C.UTF-8")
            .spawn()
            .map_err(named)?;
        let input = child.stdin.take();
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            let output = scope.spawn(|| drain(output));
            let errors = scope.spawn(|| drain(errors));
            // A program that does not want all of it has a reason, which it tells.
            let fed = input.map_or(Ok(()), |mut input| pass(from, &mut input));
            if fed.is_err() {
                let _ = child.kill();
            }
            let ended = wait(&mut child, job.limit);
            let output = output.join().unwrap_or_default();
            let errors = errors.join().unwrap_or_default();
            let status = ended.map_err(named)?;
            fed?;
            if status.success() {
                return Ok(output);
            }
            let last = errors.lines().rfind(|line| !line.trim().is_empty());
            let said = last.map_or_else(|| status.to_string(), |line| line.trim().to_owned());
            Err(io::Error::other(format!("{}: {said}", job.program)))
        })
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let told = rustix::fs::statvfs(path)?;
        Ok(Space {
            total: told.f_blocks.saturating_mul(told.f_frsize),
            free: told.f_bavail.saturating_mul(told.f_frsize),
        })
    }

    fn ask_name_server(&self, server: IpAddr) -> io::Result<()> {
        ask_name_server(SocketAddr::new(server, 53), Duration::from_secs(2))
    }

    fn ask_server(
        &self,
        path: &str,
        certificate: &Path,
        token: Option<&str>,
    ) -> io::Result<String> {
        local_https::get(self.server, path, certificate, token)
    }

    fn reach(&self, address: &str) -> io::Result<()> {
        let patience = Duration::from_secs(3);
        let mut last = io::Error::other(format!("{address} has no address"));
        for place in places(address)? {
            match TcpStream::connect_timeout(&place, patience) {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn publish(&self, key: &str, value: &str) -> io::Result<bool> {
        let store = XenStore::open(&PathBuf::from(DEVICE)).map_err(io::Error::other)?;
        store.map_or(Ok(false), |mut store| {
            store.write(key, value).map_err(io::Error::other)?;
            Ok(true)
        })
    }
}

/// Passes on what comes until its end, or until nobody wants it; only what comes can fail.
fn pass(from: &mut (dyn Read + Send), to: &mut impl Write) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if to
            .write_all(piece.get(..count).unwrap_or_default())
            .is_err()
        {
            return Ok(());
        }
    }
}

/// Reads all, keeps what fits.
fn drain(pipe: Option<impl Read>) -> String {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        let mut limited = (&mut pipe).take(OUTPUT_LIMIT as u64);
        let _ = limited.read_to_end(&mut kept);
        let _ = io::copy(&mut pipe, &mut io::sink());
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<std::process::ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if began.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            let what = format!("did not end within {} s", limit.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        std::thread::sleep(LOOK);
    }
}

/// Where a pool is: `host`, `host:port`, `[address]:port`, or an IPv6 address by itself; HTTPS when no port is told.
fn places(address: &str) -> io::Result<Vec<SocketAddr>> {
    const HTTPS: u16 = 443;
    if let Ok(ip) = address.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, HTTPS)]);
    }
    let places = match address.rsplit_once(':') {
        Some(_) => address.to_socket_addrs()?,
        None => (address, HTTPS).to_socket_addrs()?,
    };
    Ok(places.collect())
}

/// Asks for the name servers of the root, which every resolver knows. RFC 1035, section 4.
fn ask_name_server(server: SocketAddr, patience: Duration) -> io::Result<()> {
    // Identifier, recursion desired, one question: the root's NS records.
    const QUESTION: [u8; 17] = [0x78, 0x6F, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];
    let any: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(patience))?;
    let mut answer = [0; 512];
    for last in [false, true] {
        socket.send(&QUESTION)?;
        match socket.recv(&mut answer) {
            // The same identifier, and the bit that says it is an answer.
            Ok(length)
                if length >= 12 && answer.starts_with(&QUESTION[..2]) && answer[2] & 0x80 != 0 =>
            {
                return Ok(());
            }
            Ok(_) if last => return Err(io::Error::other("what it answers is no answer")),
            Err(error) if last => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Here {
        Here {
            server: ([127, 0, 0, 1], 1).into(),
        }
    }

    #[test]
    fn a_program_gets_its_input_and_its_output_comes_back() {
        let job = Job {
            input: b"over there",
            ..Job::new("cat", &[], Duration::from_secs(20))
        };
        assert_eq!(here().run(&job).unwrap(), "over there");
    }

    #[test]
    fn a_program_that_fails_is_named_with_its_last_words() {
        let failing = ["-c", "echo first >&2; echo the disk is gone >&2; exit 3"];
        let job = Job::new("sh", &failing, Duration::from_secs(20));
        let error = here().run(&job).unwrap_err().to_string();
        assert_eq!(error, "sh: the disk is gone");
        let job = Job::new("no-such-program", &[], Duration::from_secs(1));
        let error = here().run(&job).unwrap_err().to_string();
        assert!(error.starts_with("no-such-program: "), "{error}");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let job = Job::new("sleep", &["600"], Duration::from_millis(50));
        let error = here().run(&job).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_pool_is_reached_when_somebody_listens_at_its_address() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        here().reach(&address).unwrap();
        drop(listener);
        here().reach(&address).unwrap_err();
        for (address, place) in [
            ("10.0.0.1", "10.0.0.1:443"),
            ("10.0.0.1:8443", "10.0.0.1:8443"),
            ("fd00::1", "[fd00::1]:443"),
            ("[fd00::1]", "[fd00::1]:443"),
            ("[fd00::1]:8443", "[fd00::1]:8443"),
        ] {
            assert_eq!(places(address).unwrap(), [place.parse().unwrap()]);
        }
    }

    #[test]
    fn a_name_server_is_there_when_it_answers_what_was_asked() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let asked = std::thread::spawn(move || {
            let mut request = [0; 512];
            // The first is lost on the way.
            server.recv_from(&mut request).unwrap();
            let (length, from) = server.recv_from(&mut request).unwrap();
            request[2] |= 0x80;
            server.send_to(&request[..length], from).unwrap();
            request[..length].to_vec()
        });
        ask_name_server(address, Duration::from_millis(200)).unwrap();
        let question = asked.join().unwrap();
        assert_eq!(question[12..], [0, 0, 2, 0, 1]);
    }

    #[test]
    fn silence_and_echoes_are_no_answers() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        ask_name_server(address, Duration::from_millis(20)).unwrap_err();
        let echo = std::thread::spawn(move || {
            let mut request = [0; 512];
            for _ in 0..4 {
                let (length, from) = server.recv_from(&mut request).unwrap();
                // The asker of before is gone.
                let _ = server.send_to(&request[..length], from);
            }
        });
        ask_name_server(address, Duration::from_secs(5)).unwrap_err();
        echo.join().unwrap();
    }
}
