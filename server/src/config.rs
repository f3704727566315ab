//! One configuration from four places: defaults, a TOML file, the environment, the command line; the later wins.
//!
//! Every error says which place, which key, and what is expected there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use xo_store::DatabaseLocation;

/// How the daemon runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database, the keys and the certificate are.
    pub data_dir: PathBuf,
    /// TLS listener.
    pub https: Option<SocketAddr>,
    /// Plain listener: everything on a loopback address, else only redirects.
    pub http: Option<SocketAddr>,
    /// How many simulated pools run inside.
    pub lab: u32,
    /// SQLite file or PostgreSQL URL; `xo.db` in the data folder unless told.
    pub database: DatabaseLocation,
    /// Lines of JSON instead of text.
    pub json_logs: bool,
    /// The socket of the appliance's agent; where there is none, this is no appliance.
    pub agent: PathBuf,
}

/// What one place says; everything may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layer {
    /// See [`Config::data_dir`].
    pub data_dir: Option<PathBuf>,
    /// `ADDRESS:PORT`, or `off`.
    pub https: Option<String>,
    /// `ADDRESS:PORT`, or `off`.
    pub http: Option<String>,
    /// See [`Config::lab`].
    pub lab: Option<u32>,
    /// Path or `postgres://` URL.
    pub database: Option<String>,
    /// `text` or `json`.
    pub log_format: Option<String>,
    /// See [`Config::agent`].
    pub agent: Option<PathBuf>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}")]
    Read {
        /// As given.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or has a key that does not exist.
    #[error("configuration file {path}: {message}")]
    Syntax {
        /// As given.
        path: String,
        /// Position and expectation.
        message: String,
    },
    /// A value does not fit.
    #[error("{place}: {key} = {value:?}: expected {expected}")]
    Value {
        /// The file, the environment or the command line.
        place: String,
        /// Which key.
        key: &'static str,
        /// As given.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// Nothing would be served.
    #[error("both https and http are off: nothing would be served")]
    NoListener,
}

/// Where the appliance has it.
const AGENT: &str = "/run/xoa/agent.sock";
const LISTENER: &str = "ADDRESS:PORT such as 0.0.0.0:443 or [::]:443, or off";

impl Layer {
    /// Reads a file.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: shown.clone(),
            source,
        })?;
        toml::from_str(&text).map_err(|e| ConfigError::Syntax {
            path: shown,
            message: e.to_string(),
        })
    }

    /// Reads `XO_*` variables.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lab = match get("XO_LAB").filter(|v| !v.is_empty()) {
            None => None,
            Some(text) => Some(parse_lab("environment XO_LAB", &text)?),
        };
        Ok(Self {
            data_dir: get("XO_DATA_DIR").map(PathBuf::from),
            https: get("XO_HTTPS"),
            http: get("XO_HTTP"),
            lab,
            database: get("XO_DATABASE"),
            log_format: get("XO_LOG_FORMAT"),
            agent: get("XO_AGENT").map(PathBuf::from),
        })
    }
}

fn parse_lab(place: &str, text: &str) -> Result<u32, ConfigError> {
    text.parse()
        .ok()
        .filter(|n| *n <= 16)
        .ok_or_else(|| ConfigError::Value {
            place: place.to_owned(),
            key: "lab",
            value: text.to_owned(),
            expected: "a number of pools from 0 to 16",
        })
}

impl Config {
    /// Puts the places together; `layers` go from weak to strong, each with the name of its place.
    pub fn merge(layers: &[(&str, Layer)]) -> Result<Self, ConfigError> {
        fn last<'a, T>(
            layers: &'a [(&str, Layer)],
            pick: impl Fn(&'a Layer) -> Option<T>,
        ) -> Option<(&'a str, T)> {
            layers
                .iter()
                .rev()
                .find_map(|(place, layer)| Some((*place, pick(layer)?)))
        }
        let data_dir =
            last(layers, |l| l.data_dir.clone()).map_or_else(|| "data".into(), |(_, d)| d);
        let https = listener(
            "https",
            last(layers, |l| l.https.as_deref()),
            Some("127.0.0.1:8443"),
        )?;
        let http = listener("http", last(layers, |l| l.http.as_deref()), None)?;
        if https.is_none() && http.is_none() {
            return Err(ConfigError::NoListener);
        }
        let lab = match last(layers, |l| l.lab) {
            Some((place, n)) => parse_lab(place, &n.to_string())?,
            None => 0,
        };
        let database = match last(layers, |l| l.database.as_deref()) {
            None => DatabaseLocation::Sqlite(data_dir.join("xo.db")),
            Some((place, text)) => text.parse().map_err(|_| ConfigError::Value {
                place: place.to_owned(),
                key: "database",
                value: without_password(text),
                expected: "a path, or a URL such as postgres://user@host/database",
            })?,
        };
        let json_logs = match last(layers, |l| l.log_format.as_deref()) {
            None | Some((_, "text")) => false,
            Some((_, "json")) => true,
            Some((place, other)) => {
                return Err(ConfigError::Value {
                    place: place.to_owned(),
                    key: "log-format",
                    value: other.to_owned(),
                    expected: "text or json",
                });
            }
        };
        let agent = last(layers, |l| l.agent.clone()).map_or_else(|| AGENT.into(), |(_, a)| a);
        Ok(Self {
            data_dir,
            https,
            http,
            lab,
            database,
            json_logs,
            agent,
        })
    }
}

impl Config {
    /// All values, one a line, without secrets.
    pub fn describe(&self) -> String {
        let listener = |l: Option<SocketAddr>| l.map_or("off".to_owned(), |a| a.to_string());
        format!(
            "data-dir = {}\nhttps = {}\nhttp = {}\nlab = {}\ndatabase = {}\nlog-format = {}\nagent = {}",
            self.data_dir.display(),
            listener(self.https),
            listener(self.http),
            self.lab,
            self.database,
            if self.json_logs { "json" } else { "text" },
            self.agent.display(),
        )
    }
}

fn listener(
    key: &'static str,
    given: Option<(&str, &str)>,
    default: Option<&str>,
) -> Result<Option<SocketAddr>, ConfigError> {
    let Some((place, text)) = given.or(default.map(|d| ("default", d))) else {
        return Ok(None);
    };
    if text == "off" || text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| ConfigError::Value {
        place: place.to_owned(),
        key,
        value: text.to_owned(),
        expected: LISTENER,
    })
}

fn without_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.to_string()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(text: &str) -> Layer {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn later_places_win() {
        let config = Config::merge(&[
            (
                "file",
                layer("https = '0.0.0.0:443'\nlab = 2\ndata-dir = '/x'"),
            ),
            ("command line", layer("https = '127.0.0.1:0'")),
        ])
        .unwrap();
        assert_eq!(config.https.unwrap().port(), 0);
        assert_eq!(config.lab, 2);
        assert!(
            matches!(config.database, DatabaseLocation::Sqlite(p) if p == Path::new("/x/xo.db"))
        );
    }

    #[test]
    fn errors_name_place_key_and_expectation() {
        let error = Config::merge(&[("xo.toml", layer("http = 'here'"))])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            format!("xo.toml: http = \"here\": expected {LISTENER}")
        );
        let error = Config::merge(&[("f", layer("https = 'off'"))]).unwrap_err();
        assert!(matches!(error, ConfigError::NoListener));
        let error = Layer::from_env(|k| (k == "XO_LAB").then(|| "many".into())).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("environment XO_LAB: lab = \"many\""),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(
            toml::from_str::<Layer>("htps = 'x'")
                .unwrap_err()
                .to_string()
                .contains("htps")
        );
    }
}
