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
    pub lab: Option<i64>,
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
    /// Both listeners would be the same.
    #[error("https and http are both {0}: give them different ports, or turn one of them off")]
    SameListener(SocketAddr),
    /// What is not on loopback leads to HTTPS, which is off.
    #[error(
        "https is off, and http at {0} would only lead there: turn https on, or let http listen on loopback (127.0.0.1:80), behind a proxy"
    )]
    OnlyRedirects(SocketAddr),
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
        let broken = |e: toml::de::Error| ConfigError::Syntax {
            path: shown.clone(),
            message: e.to_string(),
        };
        let table: toml::Table = toml::from_str(&text).map_err(broken)?;
        for (key, value) in &table {
            check_type(&shown, key, value)?;
        }
        toml::from_str(&text).map_err(broken)
    }

    /// Reads `XO_*` variables.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lab = get("XO_LAB").filter(|text| !text.is_empty());
        let lab = lab.map(|text| text.parse().map_err(|_| wrong_lab(ENVIRONMENT, &text)));
        Ok(Self {
            data_dir: get("XO_DATA_DIR").map(PathBuf::from),
            https: get("XO_HTTPS"),
            http: get("XO_HTTP"),
            lab: lab.transpose()?,
            database: get("XO_DATABASE"),
            log_format: get("XO_LOG_FORMAT"),
            agent: get("XO_AGENT").map(PathBuf::from),
        })
    }
}

/// That a value of a file is of the kind which its key takes; what is no key of ours is somebody else's to refuse.
fn check_type(place: &str, key: &str, value: &toml::Value) -> Result<(), ConfigError> {
    let Some((key, _)) = KEYS.iter().find(|(known, _)| *known == key) else {
        return Ok(());
    };
    match *key {
        "lab" if value.is_integer() => Ok(()),
        "lab" => Err(wrong_lab(place, &plain(value))),
        _ if value.is_str() => Ok(()),
        "https" | "http" => Err(wrong(place, key, plain(value), LISTENER)),
        _ => Err(wrong(place, key, plain(value), "a text in quotes")),
    }
}

fn plain(value: &toml::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The place of `XO_*` variables.
pub const ENVIRONMENT: &str = "environment";

/// Variables that are read elsewhere.
const OTHER_VARIABLES: [&str; 2] = ["XO_CONFIG", "XO_LOG"];

/// Which of these variables look like ours and are none: they would be passed over.
pub fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = KEYS.map(|(_, variable)| variable);
    let ours = names.filter(|name| name.starts_with("XO_"));
    ours.filter(|name| !known.contains(&name.as_str()) && !OTHER_VARIABLES.contains(&name.as_str()))
        .collect()
}

const KEYS: [(&str, &str); 7] = [
    ("data-dir", "XO_DATA_DIR"),
    ("https", "XO_HTTPS"),
    ("http", "XO_HTTP"),
    ("lab", "XO_LAB"),
    ("database", "XO_DATABASE"),
    ("log-format", "XO_LOG_FORMAT"),
    ("agent", "XO_AGENT"),
];

fn wrong(place: &str, key: &'static str, value: String, expected: &'static str) -> ConfigError {
    let variable = KEYS.iter().find(|(known, _)| *known == key);
    ConfigError::Value {
        place: match variable {
            Some((_, variable)) if place == ENVIRONMENT => format!("{ENVIRONMENT}, {variable}"),
            _ => place.to_owned(),
        },
        key,
        value,
        expected,
    }
}

/// What the number of simulated pools may be, in words.
pub const LAB_EXPECTED: &str = "a number of pools from 0 to 16";

fn wrong_lab(place: &str, value: &str) -> ConfigError {
    wrong(place, "lab", value.to_owned(), LAB_EXPECTED)
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
        match (https, http) {
            (None, None) => return Err(ConfigError::NoListener),
            // Port 0 is any free one.
            (Some(https), Some(http)) if https == http && https.port() != 0 => {
                return Err(ConfigError::SameListener(https));
            }
            (None, Some(http)) if !http.ip().is_loopback() => {
                return Err(ConfigError::OnlyRedirects(http));
            }
            _ => {}
        }
        let lab = match last(layers, |l| l.lab) {
            None => 0,
            Some((place, n)) => match u32::try_from(n) {
                Ok(n @ 0..=16) => n,
                _ => return Err(wrong_lab(place, &n.to_string())),
            },
        };
        let database = match last(layers, |l| l.database.as_deref()) {
            None => DatabaseLocation::Sqlite(data_dir.join("xo.db")),
            Some((place, text)) => text.parse().map_err(|_| {
                let expected = "a path, or a URL such as postgres://user@host/database";
                wrong(place, "database", without_password(text), expected)
            })?,
        };
        let json_logs = match last(layers, |l| l.log_format.as_deref()) {
            None | Some((_, "text")) => false,
            Some((_, "json")) => true,
            Some((place, other)) => {
                return Err(wrong(place, "log-format", other.to_owned(), "text or json"));
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
    let address = text.parse().map(Some);
    address.map_err(|_| wrong(place, key, text.to_owned(), LISTENER))
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
        let expected = "a number of pools from 0 to 16";
        assert_eq!(
            error.to_string(),
            format!("environment, XO_LAB: lab = \"many\": expected {expected}")
        );
        for lab in ["-1", "17"] {
            let error = Config::merge(&[("f", layer(&format!("lab = {lab}")))]).unwrap_err();
            let error = error.to_string();
            assert_eq!(error, format!("f: lab = \"{lab}\": expected {expected}"));
        }
    }

    #[test]
    fn a_variable_is_named_as_it_is_set() {
        let given = Layer::from_env(|k| (k == "XO_HTTPS").then(|| "443".into())).unwrap();
        let error = Config::merge(&[(ENVIRONMENT, given)]).unwrap_err();
        assert!(
            error.to_string().starts_with("environment, XO_HTTPS: "),
            "{error}"
        );
        let names = ["XO_HTPS", "XO_LOG", "XO_HTTP", "XO_AGENT", "HOME"].map(str::to_owned);
        assert_eq!(unknown_variables(names.into_iter()), ["XO_HTPS"]);
    }

    #[test]
    fn two_listeners_have_two_places() {
        let both = |https: &str, http: &str| {
            Config::merge(&[("f", layer(&format!("https = '{https}'\nhttp = '{http}'")))])
        };
        let error = both("127.0.0.1:443", "127.0.0.1:443").unwrap_err();
        assert!(matches!(error, ConfigError::SameListener(_)));
        assert!(both("127.0.0.1:0", "127.0.0.1:0").is_ok());
        assert!(both("127.0.0.1:443", "127.0.0.1:80").is_ok());
    }

    #[test]
    fn a_file_says_which_key_has_a_value_of_another_kind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("xo.toml");
        let told = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let error = Layer::from_file(&path).unwrap_err().to_string();
            error.replace(&path.display().to_string(), "file")
        };
        assert_eq!(
            told("lab = 'two'"),
            "file: lab = \"two\": expected a number of pools from 0 to 16"
        );
        assert_eq!(
            told("https = 8443"),
            format!("file: https = \"8443\": expected {LISTENER}")
        );
        assert!(told("database = true").ends_with("expected a text in quotes"));
        assert!(told("lab = ").contains("line 1"));
    }

    #[test]
    fn redirects_lead_somewhere() {
        let of =
            |http: &str| Config::merge(&[("f", layer(&format!("https = 'off'\nhttp = '{http}'")))]);
        assert!(of("127.0.0.1:80").is_ok());
        let error = of("0.0.0.0:80").unwrap_err().to_string();
        assert!(error.contains("https is off"), "{error}");
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
