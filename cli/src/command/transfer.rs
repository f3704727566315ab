//! Files through side channels and REST: streamed, with progress, whole or not at all.

mod destination;

use std::path::PathBuf;

use futures_util::TryStreamExt;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, RequestBuilder, Response};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::error::Error;
use crate::output::{self, progress};
use crate::wire::side_channel::SideChannel;
use crate::wire::target::Target;
use crate::wire::{http, message};
use destination::Destination;

/// Size of the pieces that a file is read in.
const PIECE_BYTES: usize = 256 << 10;

/// Moves the file through the channel. Returns what the server answered to an upload.
pub async fn run(
    target: &Target,
    method: &str,
    channel: SideChannel,
    file: &str,
) -> Result<Option<Value>, Error> {
    let client = http::client(&target.address, &target.trust)?;
    match channel {
        SideChannel::Download(path) => {
            let request = client.get(target.address.side_channel(&path));
            let response = http::send(request, &target.address, &target.trust).await?;
            download(http::accepted(response, Some(method)).await?, file).await?;
            Ok(None)
        }
        SideChannel::Upload(path) => {
            let request = client.post(target.address.side_channel(&path));
            let request = with_file(request, file).await?;
            let response = http::send(request, &target.address, &target.trust).await?;
            let response = http::accepted(response, Some(method)).await?;
            let text = response.text().await.map_err(|error| broken(&error))?;
            answer(method, &text).map(Some)
        }
    }
}

/// Writes the body of a response to a file, or to the standard output for `-`. A file appears under its
/// name only when it is complete.
pub async fn download(mut response: Response, file: &str) -> Result<(), Error> {
    let mut destination = Destination::open(file).await?;
    let on_terminal = file == "-" && output::is_terminal();
    let bar = progress::bar(&label(file), response.content_length(), on_terminal);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let chunk = tokio::select! {
            // First, so that the signal is caught before anything is written.
            biased;
            _ = &mut interrupted => return Err(Error::Interrupted),
            chunk = response.chunk() => chunk.map_err(|error| broken(&error))?,
        };
        let Some(chunk) = chunk else { break };
        destination.write(&chunk).await?;
        bar.inc(chunk.len() as u64);
    }
    destination.finish().await?;
    bar.finish_and_clear();
    Ok(())
}

/// Gives a request the content of a file, or of the standard input for `-`. The length is sent when it is known.
pub async fn with_file(request: RequestBuilder, file: &str) -> Result<RequestBuilder, Error> {
    let request = request.header(CONTENT_TYPE, "application/octet-stream");
    if file == "-" {
        let bar = progress::bar("standard input", None, false);
        let pieces = ReaderStream::with_capacity(tokio::io::stdin(), PIECE_BYTES);
        let pieces = pieces.inspect_ok(move |piece| bar.inc(piece.len() as u64));
        return Ok(request.body(Body::wrap_stream(pieces)));
    }
    let failed = |error: std::io::Error| Error::File {
        action: "read",
        path: PathBuf::from(file),
        reason: error.to_string(),
    };
    let source = tokio::fs::File::open(file).await.map_err(failed)?;
    let metadata = source.metadata().await.map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let length = metadata.is_file().then_some(metadata.len());
    let bar = progress::bar(&label(file), length, false);
    // A file that grows meanwhile must not exceed the announced length.
    let source = source.take(length.unwrap_or(u64::MAX));
    let pieces = ReaderStream::with_capacity(source, PIECE_BYTES)
        .inspect_ok(move |piece| bar.inc(piece.len() as u64));
    let request = request.body(Body::wrap_stream(pieces));
    Ok(match length {
        Some(length) => request.header(CONTENT_LENGTH, length),
        None => request,
    })
}

/// The reply to an upload: a JSON-RPC response (with or without result), else plain text.
fn answer(method: &str, text: &str) -> Result<Value, Error> {
    match serde_json::from_str(text) {
        Ok(Value::Object(response)) if response.contains_key("jsonrpc") => {
            let outcome = message::outcome(response).unwrap_or(Ok(Value::Bool(true)));
            outcome.map_err(|error| Error::call(method, error))
        }
        Ok(other) if !other.is_string() => Ok(other),
        _ => Ok(Value::String(text.trim_end().to_owned())),
    }
}

fn label(file: &str) -> String {
    let name = std::path::Path::new(file)
        .file_name()
        .map(|name| name.to_string_lossy());
    name.map_or_else(|| file.to_owned(), std::borrow::Cow::into_owned)
}

fn broken(error: &reqwest::Error) -> Error {
    Error::Transfer {
        reason: http::chain(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::answer;

    #[test]
    fn the_reply_to_an_upload_is_unwrapped() {
        let ok = |text: &str| answer("vm.import", text).unwrap();
        assert_eq!(
            ok(r#"{"jsonrpc":"2.0","id":0,"result":"abc"}"#),
            json!("abc")
        );
        assert_eq!(ok(r#"{"jsonrpc":"2.0","id":0}"#), json!(true));
        assert_eq!(ok("done\n"), json!("done"));
        assert_eq!(ok(""), json!(""));
        let error = answer(
            "vm.import",
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":"no SR"}}"#,
        );
        assert_eq!(error.unwrap_err().to_string(), "no SR");
    }
}
