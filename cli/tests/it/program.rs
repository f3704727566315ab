//! Runs the built `xo-cli` with an empty environment and a configuration folder of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

const LIMIT: Duration = Duration::from_secs(60);

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Outcome {
    pub async fn of(child: Child) -> Self {
        let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await;
        let output = output.expect("the program did not end").unwrap();
        Self {
            code: output.status.code().expect("killed by a signal"),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    #[track_caller]
    pub fn failed(self, code: i32, said: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        for part in said {
            assert!(
                self.stderr.contains(part),
                "{part:?} is missing: {}",
                self.stderr
            );
        }
        self
    }
}

/// A user's account on a machine.
pub struct Home {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// An account in which `server` is registered with the token that the stub accepts.
    pub fn registered(server: &str) -> Self {
        let home = Self::new();
        home.write_configuration(&json!({"server": server, "token": super::stub::TOKEN}));
        home
    }

    pub fn with_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn configuration_path(&self) -> PathBuf {
        self.path("xo-cli/config.json")
    }

    pub fn configuration(&self) -> Value {
        let bytes = std::fs::read(self.configuration_path()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub fn write_configuration(&self, value: &Value) {
        let path = self.configuration_path();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    }

    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, b"").await
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xo-cli"));
        command
            .args(arguments)
            .env_clear()
            .env("XDG_CONFIG_HOME", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().unwrap()
    }

    pub async fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut child = self.spawn(arguments);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // The program may end without reading its input.
        let feeding = tokio::spawn(async move {
            let _ = stdin.write_all(&input).await;
        });
        let outcome = Outcome::of(child).await;
        feeding.await.unwrap();
        outcome
    }
}
