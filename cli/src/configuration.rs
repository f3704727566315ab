//! The configuration file, `$XDG_CONFIG_HOME/xo-cli/config.json`, shared with other versions of xo-cli.
//!
//! Keys of ours: `allowUnauthorized`, `clientId`, `server`, `token`. Invariants: keys that we do not know
//! are kept; the file holds a secret, so it is created with mode 0600 and replaced in one step.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::Error;

/// The file's content and place.
#[derive(Debug)]
pub struct Configuration {
    path: PathBuf,
    entries: Map<String, Value>,
}

/// What `register` records.
#[derive(Debug)]
pub struct Registration {
    /// Base address of the server.
    pub server: String,
    /// Authentication token.
    pub token: String,
    /// Whether any certificate is accepted.
    pub allow_unauthorized: bool,
}

impl Configuration {
    /// Reads the file at its usual place; a missing file is an empty configuration.
    pub fn load() -> Result<Self, Error> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let path =
            default_path(variable("XDG_CONFIG_HOME"), variable("HOME")).ok_or_else(|| {
                Error::Configuration {
                    action: "find",
                    path: PathBuf::from("xo-cli/config.json"),
                    reason: "neither XDG_CONFIG_HOME nor HOME is set".into(),
                }
            })?;
        Self::load_from(path)
    }

    /// Reads the file at `path`; a missing file is an empty configuration.
    pub fn load_from(path: PathBuf) -> Result<Self, Error> {
        let failed = |reason: String| Error::Configuration {
            action: "read",
            path: path.clone(),
            reason,
        };
        let entries = match std::fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok(Self { path, entries })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.entries
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Base address of the registered server, as it was written.
    pub fn server(&self) -> Option<&str> {
        self.text("server")
    }

    /// The registered token.
    pub fn token(&self) -> Option<&str> {
        self.text("token")
    }

    /// Name of this installation, under which the server groups its tokens.
    pub fn client_id(&self) -> Option<&str> {
        self.text("clientId")
    }

    /// Whether any certificate of the registered server is accepted.
    pub fn allow_unauthorized(&self) -> bool {
        self.entries.get("allowUnauthorized") == Some(&Value::Bool(true))
    }

    /// Gives this installation a name, kept by the next [`Configuration::save`].
    pub fn set_client_id(&mut self, id: &str) {
        self.entries.insert("clientId".into(), id.into());
    }

    /// Replaces the registered server, kept by the next [`Configuration::save`].
    pub fn register(&mut self, registration: Registration) {
        self.entries.insert(
            "allowUnauthorized".into(),
            registration.allow_unauthorized.into(),
        );
        self.entries
            .insert("server".into(), registration.server.into());
        self.entries
            .insert("token".into(), registration.token.into());
    }

    /// Forgets the registered server; tells whether there was one.
    pub fn unregister(&mut self) -> bool {
        self.entries.shift_remove("allowUnauthorized");
        let server = self.entries.shift_remove("server").is_some();
        let token = self.entries.shift_remove("token").is_some();
        server || token
    }

    /// Replaces the file: written aside with mode 0600, flushed to disk, then renamed. A symbolic link is followed.
    pub fn save(&self) -> Result<(), Error> {
        self.write().map_err(|error| Error::Configuration {
            action: "write",
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }

    fn write(&self) -> std::io::Result<()> {
        let target = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = target.parent().unwrap_or_else(|| Path::new("."));
        create_private_folder(folder)?;
        let aside = folder.join(format!(".config.json.{}", std::process::id()));
        let written = (|| {
            let mut file = create_private_file(&aside)?;
            serde_json::to_writer_pretty(&mut file, &self.entries)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            std::fs::rename(&aside, &target)
        })();
        if written.is_err() {
            // Best effort: the first error is the one to tell.
            let _ = std::fs::remove_file(&aside);
        }
        written
    }
}

/// Where the file is: under the configuration folder, else under `.config` in the home folder.
fn default_path(config_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let base = config_home
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| Path::new(&home).join(".config")))?;
    Some(base.join("xo-cli").join("config.json"))
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    // What a killed run of the same process number left behind is of no use.
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_looked_for_where_the_desktop_specification_says() {
        let path = |config: Option<&str>, home: Option<&str>| {
            default_path(config.map(OsString::from), home.map(OsString::from))
        };
        let place = |text: &str| Some(PathBuf::from(text));
        assert_eq!(path(Some("/c"), Some("/h")), place("/c/xo-cli/config.json"));
        assert_eq!(
            path(None, Some("/h")),
            place("/h/.config/xo-cli/config.json")
        );
        assert_eq!(
            path(Some("relative"), Some("/h")),
            place("/h/.config/xo-cli/config.json")
        );
        assert_eq!(path(None, None), None);
    }

    #[test]
    fn a_saved_registration_is_read_again_and_foreign_keys_survive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/xo-cli/config.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, r#"{"other": [1], "clientId": "me"}"#).unwrap();

        let mut first = Configuration::load_from(path.clone()).unwrap();
        first.register(Registration {
            server: "https://xo/".into(),
            token: "t".into(),
            allow_unauthorized: true,
        });
        first.save().unwrap();

        let mut second = Configuration::load_from(path.clone()).unwrap();
        assert_eq!(second.client_id(), Some("me"));
        assert_eq!(
            (second.server(), second.token()),
            (Some("https://xo/"), Some("t"))
        );
        assert!(second.allow_unauthorized());
        assert!(second.unregister());
        second.save().unwrap();

        let third = std::fs::read_to_string(&path).unwrap();
        let third: Value = serde_json::from_str(&third).unwrap();
        assert_eq!(third, serde_json::json!({"other": [1], "clientId": "me"}));
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }

    #[test]
    fn a_damaged_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, "{").unwrap();
        let error = Configuration::load_from(path.clone()).unwrap_err();
        assert!(error.to_string().contains("config.json"), "{error}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "{");
    }
}
