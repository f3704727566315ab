//! `rest`: requests to the REST API, authenticated with the registered token (protocol reference, sections 6 and 8).

use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Map, Value};

use super::transfer;
use crate::arguments::{Body, CommonOptions, Rest};
use crate::error::Error;
use crate::input::{assignment, set_path};
use crate::output::{self, Format};
use crate::wire::http;
use crate::wire::target::Target;

const PREFIX: &str = "/rest/v0/";

/// Makes the request and prints the answer.
pub async fn run(options: &CommonOptions, request: Rest) -> Result<(), Error> {
    let target = Target::resolve(options)?;
    let format = Format::chosen(options.json);
    match request {
        Rest::Get {
            path,
            parameters,
            output,
        } => {
            let query = query(&parameters)?;
            let request = start(&target, Method::GET, &path)?.query(&query);
            answer(send(&target, request).await?, output.as_deref(), format).await
        }
        Rest::Post(body) => with_body(&target, Method::POST, body, format).await,
        Rest::Put(body) => with_body(&target, Method::PUT, body, format).await,
        Rest::Patch(body) => with_body(&target, Method::PATCH, body, format).await,
        Rest::Del { path } => {
            let request = start(&target, Method::DELETE, &path)?;
            answer(send(&target, request).await?, None, format).await
        }
    }
}

async fn with_body(
    target: &Target,
    method: Method,
    body: Body,
    format: Format,
) -> Result<(), Error> {
    let request = start(target, method, &body.path)?;
    let request = match &body.input {
        Some(file) => transfer::with_file(request.query(&query(&body.parameters)?), file).await?,
        None => request.json(&members(&body.parameters)?),
    };
    answer(send(target, request).await?, None, format).await
}

fn start(target: &Target, method: Method, path: &str) -> Result<RequestBuilder, Error> {
    let client = http::client(&target.address, &target.trust)?;
    let url = target.address.rest(path);
    Ok(client
        .request(method, url)
        .header(COOKIE, format!("authenticationToken={}", target.token)))
}

async fn send(target: &Target, request: RequestBuilder) -> Result<Response, Error> {
    let response = http::send(request, &target.address, &target.trust).await?;
    http::accepted(response, None).await
}

/// Parameters that say all by being there.
const FLAGS: [&str; 4] = ["markdown", "ndjson", "sync", "wait"];

/// Query parameters, as typed.
fn query(words: &[String]) -> Result<Vec<(&str, &str)>, Error> {
    words
        .iter()
        .map(|word| match word.as_str() {
            flag if FLAGS.contains(&flag) => Ok((flag, "")),
            other => assignment::split(other),
        })
        .collect()
}

/// The JSON body that the words describe: paths may be nested, values are as in calls.
fn members(words: &[String]) -> Result<Value, Error> {
    let mut body = Map::new();
    for word in words {
        let (path, text) = assignment::split(word)?;
        set_path::set(&mut body, path, assignment::value(path, text)?)?;
    }
    Ok(Value::Object(body))
}

async fn answer(mut response: Response, file: Option<&str>, format: Format) -> Result<(), Error> {
    if let Some(file) = file {
        return transfer::download(response, file).await;
    }
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_owned();
    match kind.as_str() {
        "application/x-ndjson" => {
            let mut lines = Lines::default();
            while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
                for line in lines.push(&chunk) {
                    print_line(&line)?;
                }
            }
            lines.rest().map_or(Ok(()), |line| print_line(&line))
        }
        "application/json" | "application/problem+json" => {
            let text = response.text().await.map_err(|error| broken(&error))?;
            match serde_json::from_str(&text) {
                Ok(value) => output::result(&shorten(value), format),
                Err(_) => output::line(&text),
            }
        }
        kind if kind.is_empty() || kind.starts_with("text/") => {
            let text = response.text().await.map_err(|error| broken(&error))?;
            if text.is_empty() {
                Ok(())
            } else {
                output::line(text.trim_end())
            }
        }
        _ if !output::is_terminal() => transfer::download(response, "-").await,
        kind => Err(Error::usage(
            format!("the answer is not text but {kind}"),
            "write it to a file with --output <file>",
        )),
    }
}

fn print_line(line: &str) -> Result<(), Error> {
    match serde_json::from_str(line) {
        Ok(value) => output::line(&shorten(value).to_string()),
        Err(_) => output::line(line),
    }
}

fn broken(error: &reqwest::Error) -> Error {
    Error::Transfer {
        reason: http::chain(error),
    }
}

/// Addresses of the API without their prefix, so that they can be given back to `rest`: entries of lists, and `href` members.
fn shorten(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix(PREFIX) {
            Some(path) => Value::String(path.to_owned()),
            None => Value::String(text),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(shorten).collect()),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let shortens = name == "href" || value.is_array() || value.is_object();
                (name, if shortens { shorten(value) } else { value })
            })
            .collect(),
        other => other,
    }
}

/// Cuts a stream of bytes into lines; a line that is not UTF-8 is read leniently.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.0.extend_from_slice(bytes);
        let Some(end) = self.0.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let complete: Vec<u8> = self.0.drain(..=end).collect();
        String::from_utf8_lossy(&complete)
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn rest(self) -> Option<String> {
        (!self.0.is_empty()).then(|| String::from_utf8_lossy(&self.0).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_lose_the_prefix_wherever_they_stand() {
        let answer = json!([
            "/rest/v0/vms/1",
            {"href": "/rest/v0/vms/2", "name_label": "/rest/v0/x", "vifs": ["/rest/v0/vifs/3"], "n": 1},
        ]);
        assert_eq!(
            shorten(answer),
            json!(["vms/1", {"href": "vms/2", "name_label": "/rest/v0/x", "vifs": ["vifs/3"], "n": 1}])
        );
    }

    #[test]
    fn lines_are_cut_whatever_the_pieces() {
        let mut lines = Lines::default();
        assert!(lines.push(b"{\"a\"").is_empty());
        assert_eq!(
            lines.push(b":1}\n\n{\"b\":2}\n{"),
            ["{\"a\":1}", "{\"b\":2}"]
        );
        assert_eq!(lines.rest().as_deref(), Some("{"));
    }

    #[test]
    fn bodies_are_nested_by_paths() {
        let words = [
            "name_label=web",
            "vifs[0].network=n",
            "cpus=json:2",
            "on=true",
        ];
        let words: Vec<String> = words.map(Into::into).into();
        assert_eq!(
            members(&words).unwrap(),
            json!({"name_label": "web", "vifs": [{"network": "n"}], "cpus": 2, "on": true})
        );
    }
}
