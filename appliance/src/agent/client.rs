//! Asking the agent, for programs that may wait: a connection for each question.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use super::protocol::{Answer, Fault, Pieces, Request, copy_pieces, read_line, write_line};

/// Where the agent listens.
pub const SOCKET: &str = "/run/xoa/agent.sock";
/// A self-check may wait for several name servers.
const PATIENCE: Duration = Duration::from_secs(90);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The agent is not there.
    #[error(
        "the agent does not answer at {place}: {source}; is this an appliance, and are you root?"
    )]
    Away {
        /// The socket.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// It answered no.
    #[error("{0}")]
    Refused(#[from] Fault),
    /// What it answered broke off, or cannot be written.
    #[error("{0}")]
    Broken(#[from] io::Error),
}

/// Whoever can be asked; tests put somebody in the agent's place.
pub trait Ask {
    /// Asks for a value.
    ///
    /// # Errors
    /// When the agent is away or says no.
    fn ask(&self, verb: &str, params: Map<String, Value>) -> Result<Value, Error>;

    /// Asks for a file; returns its name.
    ///
    /// # Errors
    /// Also when it breaks off: what was written by then is worth nothing.
    fn fetch(&self, verb: &str, output: &mut dyn Write) -> Result<String, Error>;

    /// Sends a file.
    ///
    /// # Errors
    /// When the agent is away or says no, or the file cannot be read.
    fn upload(&self, verb: &str, input: &mut dyn Read) -> Result<Value, Error>;
}

/// The agent behind a socket.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// Nothing is opened yet.
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
        }
    }

    fn send(
        &self,
        request: &Request,
        file: Option<&mut dyn Read>,
    ) -> Result<(Answer, BufReader<UnixStream>), Error> {
        let away = |source| Error::Away {
            place: self.socket.display().to_string(),
            source,
        };
        let mut stream = UnixStream::connect(&self.socket).map_err(away)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // One that refuses answers without reading; its answer counts.
        let sent = write_line(&mut stream, request).and_then(|()| match file {
            None => Ok(()),
            Some(mut file) => {
                let mut pieces = Pieces::new(&stream);
                io::copy(&mut file, &mut pieces)?;
                pieces.end()
            }
        });
        let mut input = BufReader::new(stream);
        let line = match (read_line(&mut input), sent) {
            (Ok(Some(line)), _) => line,
            (_, Err(error)) | (Err(error), Ok(())) => return Err(error.into()),
            (Ok(None), Ok(())) => {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        };
        let answer = serde_json::from_slice(&line).map_err(io::Error::from)?;
        Ok((answer, input))
    }
}

impl Ask for Client {
    fn ask(&self, verb: &str, params: Map<String, Value>) -> Result<Value, Error> {
        let request = Request {
            verb: verb.to_owned(),
            params,
        };
        value(self.send(&request, None)?.0)
    }

    fn fetch(&self, verb: &str, mut output: &mut dyn Write) -> Result<String, Error> {
        let request = Request {
            verb: verb.to_owned(),
            params: Map::new(),
        };
        let (answer, mut input) = self.send(&request, None)?;
        match answer {
            Answer::Stream(name) => {
                copy_pieces(&mut input, &mut output)?;
                Ok(name)
            }
            Answer::Error(fault) => Err(fault.into()),
            Answer::Ok(_) => Err(io::Error::other("a file was expected").into()),
        }
    }

    fn upload(&self, verb: &str, input: &mut dyn Read) -> Result<Value, Error> {
        let request = Request {
            verb: verb.to_owned(),
            params: Map::new(),
        };
        value(self.send(&request, Some(input))?.0)
    }
}

fn value(answer: Answer) -> Result<Value, Error> {
    match answer {
        Answer::Ok(value) => Ok(value),
        Answer::Error(fault) => Err(fault.into()),
        Answer::Stream(_) => Err(io::Error::other("a file was not expected").into()),
    }
}
