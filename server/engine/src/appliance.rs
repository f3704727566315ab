//! The appliance's agent, asked over its socket: lines of JSON, and files in pieces (`docs/appliance.md`). The agent decides and checks; this
//! only carries, and turns its refusals into ours.
//!
//! Invariant: a machine without the socket is no appliance, and says so; one whose agent is silent is an appliance with a fault.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::transfer::{ByteStream, Outgoing};
use crate::{Error, Result};

/// A self-check may wait for several name servers.
const PATIENCE: Duration = Duration::from_secs(90);
const LINE_LIMIT: u64 = 4 * 1024 * 1024;
const PIECE_LIMIT: usize = 64 * 1024;

/// Asks an agent for a value, where no engine runs.
///
/// # Errors
/// [`Error::NotAppliance`] without its socket; the agent's.
pub async fn ask_agent(
    socket: &Path,
    verb: &'static str,
    params: Map<String, Value>,
) -> Result<Value> {
    Appliance::new(Some(socket.to_owned()))
        .ask(verb, params)
        .await
}

/// The way to the agent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Appliance {
    socket: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Ok(Value),
    Error(Fault),
    Stream(String),
}

#[derive(Deserialize)]
struct Fault {
    kind: String,
    message: String,
    field: Option<String>,
}

impl Appliance {
    pub(crate) fn new(socket: Option<PathBuf>) -> Self {
        Self { socket }
    }

    /// Whether this machine is an appliance.
    pub(crate) fn is_there(&self) -> bool {
        self.socket.as_deref().is_some_and(Path::exists)
    }

    /// Asks for a value.
    pub(crate) async fn ask(
        &self,
        verb: &'static str,
        params: Map<String, Value>,
    ) -> Result<Value> {
        match self.send(verb, params).await?.0 {
            Answer::Ok(value) => Ok(value),
            Answer::Error(fault) => Err(refusal(verb, fault)),
            Answer::Stream(_) => Err(Error::internal(format!(
                "the agent answered {verb} with a file"
            ))),
        }
    }

    /// Asks for a file.
    pub(crate) async fn fetch(&self, verb: &'static str) -> Result<Outgoing> {
        let (answer, input) = self.send(verb, Map::new()).await?;
        match answer {
            Answer::Stream(name) => Ok(Outgoing {
                content_type: "application/gzip".to_owned(),
                file_name: Some(name),
                length: None,
                body: pieces(input),
            }),
            Answer::Error(fault) => Err(refusal(verb, fault)),
            Answer::Ok(_) => Err(Error::internal(format!(
                "the agent answered {verb} without a file"
            ))),
        }
    }

    async fn send(
        &self,
        verb: &str,
        params: Map<String, Value>,
    ) -> Result<(Answer, BufReader<UnixStream>)> {
        let Some(socket) = self.socket.as_deref().filter(|socket| socket.exists()) else {
            return Err(Error::NotAppliance);
        };
        let mut request = json!({ "verb": verb, "params": params }).to_string();
        request.push('\n');
        let exchange = async {
            let mut input = BufReader::new(UnixStream::connect(socket).await?);
            // One that refuses answers without reading; its answer counts.
            let sent = input.get_mut().write_all(request.as_bytes()).await;
            let mut line = Vec::new();
            let read = (&mut input)
                .take(LINE_LIMIT)
                .read_until(b'\n', &mut line)
                .await;
            match (read, sent) {
                (Ok(n), _) if n > 0 => {}
                (_, Err(error)) | (Err(error), Ok(())) => return Err(error),
                (Ok(_), Ok(())) => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            Ok((serde_json::from_slice(&line)?, input))
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(answered) => answered.map_err(|error: io::Error| silent(socket, &error)),
            Err(_) => Err(silent(socket, &io::ErrorKind::TimedOut.into())),
        }
    }
}

fn silent(socket: &Path, error: &io::Error) -> Error {
    Error::Unavailable(format!(
        "the appliance's agent does not answer at {}: {error}; it is started again by itself, else reboot the appliance",
        socket.display()
    ))
}

fn refusal(verb: &'static str, fault: Fault) -> Error {
    match (fault.kind.as_str(), fault.field) {
        ("invalid", Some(field)) => Error::invalid(&field, fault.message),
        ("invalid", None) => Error::invalid("", fault.message),
        ("forbidden", _) => Error::Forbidden {
            operation: verb.to_owned(),
            reason: fault.message,
        },
        ("conflict", _) => Error::Conflict {
            operation: verb.to_owned(),
            reason: fault.message,
        },
        ("notImplemented", _) => Error::NotImplemented {
            what: fault
                .message
                .trim_start_matches("not implemented: ")
                .to_owned(),
        },
        _ => Error::Unavailable(fault.message),
    }
}

/// The bytes of a file; one that ends without the last piece ends with an error, so that nobody takes a part for the whole.
fn pieces(input: BufReader<UnixStream>) -> ByteStream {
    Box::pin(stream::try_unfold(Some(input), |input| async {
        let Some(mut input) = input else {
            return Ok(None);
        };
        let piece = tokio::time::timeout(PATIENCE, async {
            let length = input.read_u32().await? as usize;
            if length > PIECE_LIMIT {
                return Err(io::Error::other("the agent sent a piece that is too long"));
            }
            let mut piece = vec![0; length];
            input.read_exact(&mut piece).await?;
            Ok(piece)
        });
        let piece = piece.await.map_err(io::Error::from)??;
        if piece.is_empty() {
            return Ok(None);
        }
        Ok(Some((Bytes::from(piece), Some(input))))
    }))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use tokio::net::UnixListener;

    use super::*;

    /// An agent that answers one request with these bytes and goes away.
    fn answering(bytes: &'static [u8]) -> (Appliance, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            stream.write_all(bytes).await.unwrap();
        });
        (Appliance::new(Some(socket)), folder)
    }

    #[tokio::test]
    async fn refusals_keep_their_meaning() {
        let (agent, _folder) = answering(
            b"{\"error\":{\"kind\":\"invalid\",\"field\":\"dns\",\"message\":\"is odd\"}}\n",
        );
        let error = agent.ask("network.set", Map::new()).await.unwrap_err();
        assert!(error.to_string().contains("dns is odd"), "{error}");
        let (agent, _folder) =
            answering(b"{\"error\":{\"kind\":\"conflict\",\"message\":\"too late\"}}\n");
        let error = agent.ask("network.confirm", Map::new()).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
        let (agent, _folder) =
            answering(b"{\"error\":{\"kind\":\"busy\",\"message\":\"too many\"}}\n");
        let error = agent.ask("status", Map::new()).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        let (agent, _folder) = answering(b"{\"error\":{\"kind\":\"newer\",\"message\":\"odd\"}}\n");
        let error = agent.ask("status", Map::new()).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }

    #[tokio::test]
    async fn an_agent_that_hangs_up_or_talks_nonsense_is_unavailable() {
        for bytes in [&b""[..], b"nonsense\n", b"{\"ok\":"] {
            let (agent, _folder) = answering(bytes);
            let error = agent.ask("status", Map::new()).await.unwrap_err();
            assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent.sock");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let error = Appliance::new(Some(socket))
            .ask("status", Map::new())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_machine_without_the_socket_is_no_appliance() {
        for socket in [None, Some(PathBuf::from("/nonexistent/agent.sock"))] {
            let error = Appliance::new(socket)
                .ask("status", Map::new())
                .await
                .unwrap_err();
            assert!(matches!(error, Error::NotAppliance), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_file_that_breaks_off_ends_with_an_error() {
        let (agent, _folder) =
            answering(b"{\"stream\":\"a.tar.gz\"}\n\0\0\0\x03abc\0\0\0\x02de\0\0\0\0");
        let outgoing = agent.fetch("bundle").await.unwrap();
        assert_eq!(outgoing.file_name.as_deref(), Some("a.tar.gz"));
        let all: Vec<Bytes> = outgoing.body.try_collect().await.unwrap();
        assert_eq!(all.concat(), b"abcde");
        for cut in [
            &b"{\"stream\":\"a\"}\n\0\0\0\x03ab"[..],
            b"{\"stream\":\"a\"}\n\0\0\0\x03abc",
            b"{\"stream\":\"a\"}\n\xff\0\0\0",
        ] {
            let (agent, _folder) = answering(cut);
            let outgoing = agent.fetch("bundle").await.unwrap();
            let all: io::Result<Vec<Bytes>> = outgoing.body.try_collect().await;
            all.unwrap_err();
        }
    }
}
