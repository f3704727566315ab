//! A small web server on a folder, and a proxy at the same time, that can misbehave.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    Good,
    WithoutRanges,
    /// Sends until nobody reads.
    Endless,
    /// Announces more than it sends.
    BreaksOff,
    Status(u16),
}

pub struct Server {
    address: SocketAddr,
    manners: Arc<Mutex<Manners>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            manners: Arc::new(Mutex::new(Manners::Good)),
            asked: Arc::default(),
        };
        let (manners, asked) = (Arc::clone(&server.manners), Arc::clone(&server.asked));
        let folder = folder.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, manners) = (folder.clone(), Arc::clone(&manners));
                let asked = Arc::clone(&asked);
                thread::spawn(move || answer(stream, &folder, &manners, &asked));
            }
        });
        server
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    /// The first lines of all requests.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, folder: &Path, manners: &Mutex<Manners>, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut stream = stream;
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let headers: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|l| !l.is_empty())
        .collect();
    asked.lock().unwrap().push(first.clone());
    let range = headers.iter().find_map(|line| {
        let range = line.to_lowercase();
        let (start, end) = range.strip_prefix("range: bytes=")?.split_once('-')?;
        Some((start.parse::<usize>().ok()?, end.parse::<usize>().ok()?))
    });
    let manners = *manners.lock().unwrap();
    let content = fs::read(place(folder, &first)).ok();
    // Whoever does not read any more is none of our business.
    let _ = match (manners, content) {
        (Manners::Status(code), _) => write!(
            stream,
            "HTTP/1.1 {code} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        (Manners::Endless, _) => endless(&mut stream),
        (_, None) => write!(
            stream,
            "HTTP/1.1 404 -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        (Manners::BreaksOff, Some(content)) => {
            send(&mut stream, "200 -", &content, content.len() + 9)
        }
        (Manners::WithoutRanges, Some(content)) => {
            send(&mut stream, "200 -", &content, content.len())
        }
        (Manners::Good, Some(content)) => match range {
            None => send(&mut stream, "200 -", &content, content.len()),
            Some((start, last)) => {
                let part = &content[start..content.len().min(last + 1)];
                send(&mut stream, "206 -", part, part.len())
            }
        },
    };
}

/// A proxy is asked for whole addresses.
fn place(folder: &Path, first: &str) -> PathBuf {
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.split_once('/').map_or("", |(_, path)| path)
    });
    folder.join(path.trim_start_matches('/'))
}

fn send(
    stream: &mut TcpStream,
    status: &str,
    content: &[u8],
    length: usize,
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(content)
}

fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 -\r\nConnection: close\r\n\r\n")?;
    loop {
        stream.write_all(&[b' '; 65536])?;
    }
}
