//! The appliance's agent, asked over its socket: lines of JSON, and files in pieces (`docs/appliance.md`). The agent decides and checks; this
//! only carries, and turns its refusals into ours.
//!
//! Invariant: a machine without the socket is no appliance, and says so; one whose agent is silent is an appliance with a fault.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::watch;

use crate::transfer::{ByteStream, Outgoing};
use crate::{Caller, Engine, Error, Outcome, Result};

/// A self-check may wait for several name servers.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks whether the agent tells of changes.
const AGAIN: Duration = Duration::from_secs(5);
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

impl Engine {
    /// Wakes whenever updates of the appliance stand otherwise than before.
    pub fn watch_updates(&self) -> watch::Receiver<()> {
        self.updates.subscribe()
    }

    /// How updates of the appliance stand: one object with the id `appliance`, none on other machines; for administrators.
    ///
    /// # Errors
    /// Those of `appliance.getUpdates`.
    pub async fn updates(self: &Arc<Self>, caller: &Caller) -> Result<Vec<Value>> {
        let told = self.call(caller, "appliance.getUpdates", Map::new()).await;
        let mut told = match told {
            Ok(Outcome::Value(told)) => told,
            Ok(_) => return Err(Error::internal("updates are told as a value")),
            Err(Error::NotAppliance) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        told["id"] = json!("appliance");
        Ok(vec![told])
    }

    /// Asks the agent for each change of updates, which it answers when there is one.
    pub(crate) async fn follow_updates(self: Arc<Self>) {
        let mut seen = Value::Null;
        loop {
            let asked = json!({ "seen": seen }).as_object().cloned();
            let asked = self.appliance.ask("update.wait", asked.unwrap_or_default());
            let told = tokio::select! {
                () = self.stopping.cancelled() => return,
                told = asked => told,
            };
            match told {
                Ok(told) if told["count"].is_number() => {
                    if told["count"] != seen {
                        seen = told["count"].clone();
                        self.updates.send_replace(());
                    }
                }
                // No appliance, one without updates, or its agent starts: none of that is an answer that comes late.
                _ => {
                    seen = Value::Null;
                    tokio::select! {
                        () = self.stopping.cancelled() => return,
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            }
        }
    }
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

    /// Sends a file, and tells after each piece how many bytes went.
    pub(crate) async fn upload(
        &self,
        verb: &'static str,
        mut body: ByteStream,
        mut told: impl FnMut(u64) + Send,
    ) -> Result<Value> {
        let socket = self.socket()?;
        let broken = |error: io::Error| silent(socket, &error);
        let mut stream = UnixStream::connect(socket).await.map_err(broken)?;
        let sending = async {
            stream.write_all(&request(verb, &Map::new())).await?;
            let mut sent = 0;
            while let Some(bytes) = body.try_next().await? {
                for piece in bytes.chunks(PIECE_LIMIT) {
                    let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
                    stream.write_u32(length).await?;
                    stream.write_all(piece).await?;
                    sent += u64::from(length);
                }
                told(sent);
            }
            stream.write_u32(0).await
        };
        // What breaks off on the client's side is told as that; an agent that does not take it has a reason, which it tells.
        let sent: io::Result<()> = sending.await;
        if let Err(error) = &sent
            && !matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            )
        {
            return Err(Error::BadData(format!(
                "the file did not come whole: {error}"
            )));
        }
        let mut input = BufReader::new(stream);
        let answer = tokio::time::timeout(PATIENCE, answer(&mut input)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match answer.map_err(broken)? {
            Answer::Ok(value) => Ok(value),
            Answer::Error(fault) => Err(refusal(verb, fault)),
            Answer::Stream(_) => Err(Error::internal(format!(
                "the agent answered {verb} with a file"
            ))),
        }
    }

    fn socket(&self) -> Result<&Path> {
        let socket = self.socket.as_deref();
        socket
            .filter(|socket| socket.exists())
            .ok_or(Error::NotAppliance)
    }

    async fn send(
        &self,
        verb: &str,
        params: Map<String, Value>,
    ) -> Result<(Answer, BufReader<UnixStream>)> {
        let socket = self.socket()?;
        let exchange = async {
            let mut input = BufReader::new(UnixStream::connect(socket).await?);
            // One that refuses answers without reading; its answer counts.
            let sent = input.get_mut().write_all(&request(verb, &params)).await;
            match answer(&mut input).await {
                Ok(answer) => Ok((answer, input)),
                Err(error) => Err(sent.err().unwrap_or(error)),
            }
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(answered) => answered.map_err(|error: io::Error| silent(socket, &error)),
            Err(_) => Err(silent(socket, &io::ErrorKind::TimedOut.into())),
        }
    }
}

/// A line.
fn request(verb: &str, params: &Map<String, Value>) -> Vec<u8> {
    let mut request = json!({ "verb": verb, "params": params }).to_string();
    request.push('\n');
    request.into_bytes()
}

async fn answer(input: &mut BufReader<UnixStream>) -> io::Result<Answer> {
    let mut line = Vec::new();
    let count = input.take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&line)?)
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
        ("wrongFile", _) => Error::BadData(fault.message),
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
            answering(b"{\"error\":{\"kind\":\"wrongFile\",\"message\":\"no bundle\"}}\n");
        let error = agent.ask("update.check", Map::new()).await.unwrap_err();
        assert!(matches!(error, Error::BadData(_)), "{error:?}");
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
    async fn a_file_is_sent_in_pieces_and_one_that_breaks_off_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let agent = Appliance::new(Some(socket));
        let content = vec![7; 150_000];
        let piece = Bytes::from(content.clone());
        let body: ByteStream = Box::pin(stream::iter([Ok(piece.clone()), Ok(Bytes::new())]));
        let taking = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            assert!(line.contains("update.upload"), "{line}");
            let mut taken = Vec::new();
            loop {
                let length = stream.read_u32().await.unwrap() as usize;
                if length == 0 {
                    break;
                }
                assert!(length <= PIECE_LIMIT);
                let mut piece = vec![0; length];
                stream.read_exact(&mut piece).await.unwrap();
                taken.extend(piece);
            }
            stream
                .write_all(b"{\"ok\":{\"version\":\"1.1.0\"}}\n")
                .await
                .unwrap();
            taken
        };
        let mut told = 0;
        let sending = agent.upload("update.upload", body, |sent| told = sent);
        let (sent, taken) = tokio::join!(sending, taking);
        assert_eq!(sent.unwrap()["version"], "1.1.0");
        assert!(taken == content);
        assert_eq!(told, 150_000);

        let broken = Err(io::Error::other("the client is gone"));
        let body: ByteStream = Box::pin(stream::iter([Ok(piece), broken]));
        let (sent, _) = tokio::join!(agent.upload("update.upload", body, |_| {}), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
        });
        let error = sent.unwrap_err();
        assert!(matches!(error, Error::BadData(_)), "{error:?}");
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
