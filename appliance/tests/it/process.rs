//! The real `xoa-agent` on a folder, asked over its socket by the real `xoa`. Programs of the system are scripts that write down what they
//! were told.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use xo_appliance::agent::protocol::LINE_LIMIT;

use crate::scene::{self, LINKS, UNIT};

const LIMIT: Duration = Duration::from_secs(30);

struct Running {
    folder: TempDir,
    agent: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

impl Running {
    fn start(confirm_within: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        scene::fill(folder.path());
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(folder.path().join("links.json"), LINKS).unwrap();
        for (name, script) in [
            ("networkctl", "echo networkctl \"$@\" >> \"$ROOT/ran\""),
            (
                "systemctl",
                "echo systemctl \"$@\" >> \"$ROOT/ran\"; echo ActiveState=active",
            ),
            (
                "ip",
                "case \"$*\" in *address*) cat \"$ROOT/links.json\";; *neighbour*) echo '[{\"state\":[\"STALE\"]}]';; *) echo '[]';; esac",
            ),
        ] {
            let path = bin.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let agent = spawn(&folder, confirm_within);
        Self { folder, agent }
    }

    fn restart(&mut self) {
        self.agent.kill().unwrap();
        self.agent.wait().unwrap();
        self.agent = spawn(&self.folder, "60");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("run/xoa/agent.sock")
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    fn xoa(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xoa"));
        command.arg("--socket").arg(self.socket()).args(arguments);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, Value, String) {
        read(&self.xoa(arguments).output().unwrap())
    }
}

fn read(output: &Output) -> (i32, Value, String) {
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), told, said)
}

/// Starts an agent and waits until it says that it serves.
fn spawn(folder: &TempDir, confirm_within: &str) -> Child {
    let path = format!("{}:/usr/bin:/bin", folder.path().join("bin").display());
    let mut agent = Command::new(env!("CARGO_BIN_EXE_xoa"))
        .arg0("xoa-agent")
        .arg("--root")
        .arg(folder.path())
        .args([
            "--confirm-within",
            confirm_within,
            "--server",
            "127.0.0.1:1",
        ])
        .env("PATH", path)
        .env("ROOT", folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(agent.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while !said.contains(" serves ") {
        said = lines.next().expect("the agent ended").unwrap();
    }
    // What it says later must go somewhere.
    std::thread::spawn(move || for _ in lines {});
    agent
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < until, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_command_tells_in_json_and_by_its_exit_code() {
    let running = Running::start("60");
    let (code, told, _) = running.run(&["status"]);
    assert_eq!((code, &told["hostname"]), (0, &json!("xoa")));
    let (code, told, _) = running.run(&["check"]);
    // No server answers here.
    assert_eq!((code, &told["state"]), (1, &json!("failed")));
    let (code, _, said) = running.run(&["network", "static", "--address", "10.0.0.0/24"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("network's own"), "{said}");
    let (code, _, said) = running.run(&["update", "check"]);
    assert_eq!(code, 4);
    assert!(said.contains("cannot update itself"), "{said}");
    let (code, _, said) = running.run(&["network", "confirm", "7"]);
    assert_eq!(code, 4, "{said}");
    std::fs::remove_file(running.socket()).unwrap();
    let (code, _, said) = running.run(&["status"]);
    assert_eq!(code, 3);
    assert!(said.contains("agent.sock"), "{said}");
}

#[test]
fn a_wrong_address_heals_itself() {
    let running = Running::start("1");
    let (code, told, said) = running.run(&["network", "static", "--address", "192.0.2.5/24"]);
    assert_eq!(
        (code, &told["confirmWithinSeconds"]),
        (0, &json!(1)),
        "{said}"
    );
    wait_for("the way back", || running.text(UNIT).contains("DHCP=yes"));
    // One at the start, one for the change, one for the way back.
    wait_for("the third reload", || {
        running.text("ran").matches("networkctl reload").count() >= 3
    });
    assert_eq!(running.text("var/lib/xoa/settings.json"), "");
}

#[test]
fn a_confirmed_change_outlives_the_agent_and_an_unconfirmed_does_not() {
    let mut running = Running::start("60");
    let (_, told, _) = running.run(&[
        "network",
        "static",
        "--address",
        "10.0.0.5/24",
        "--gateway",
        "10.0.0.1",
    ]);
    let change = told["change"].to_string();
    assert_eq!(running.run(&["network", "confirm", &change]).0, 0);
    running.run(&["network", "static", "--address", "192.0.2.5/24"]);
    wait_for("the change", || running.text(UNIT).contains("192.0.2.5"));
    running.restart();
    assert!(
        running.text(UNIT).contains("10.0.0.5/24"),
        "{}",
        running.text(UNIT)
    );
    let (_, told, _) = running.run(&["network"]);
    assert_eq!(told["kept"]["addresses"], json!(["10.0.0.5/24"]));
}

#[test]
fn a_bundle_comes_whole_into_a_file_of_its_own() {
    let running = Running::start("60");
    let (code, told, said) = running.run(&["bundle"]);
    assert_eq!(code, 0, "{said}");
    let path = running.folder.path().join(told["file"].as_str().unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    let mut archive = tar::Archive::new(file);
    assert!(archive.entries().unwrap().count() > 15);
    let leftovers = std::fs::read_dir(running.folder.path()).unwrap();
    assert!(
        leftovers
            .flatten()
            .all(|entry| !entry.file_name().to_string_lossy().ends_with(".part"))
    );
}

#[test]
fn a_typed_word_stands_before_a_factory_reset() {
    let running = Running::start("60");
    assert_eq!(running.run(&["factory-reset", "--word", "yes"]).0, 4);
    assert_eq!(running.run(&["factory-reset"]).0, 2, "nothing typed");
    assert!(!running.text("ran").contains("reboot"));
    assert_eq!(running.run(&["factory-reset", "--word", "ERASE"]).0, 0);
    assert!(
        running
            .text("ran")
            .ends_with("systemctl --no-block reboot\n")
    );
    assert!(
        running
            .folder
            .path()
            .join("var/lib/xoa/factory-reset")
            .exists()
    );
}

#[test]
fn whoever_is_neither_root_nor_the_server_is_refused_by_what_the_kernel_says() {
    let running = Running::start("60");
    if rustix::process::geteuid().as_raw() != 0 {
        // Only root can ask as somebody else: the socket's own permissions are looked at instead.
        let mode = std::fs::metadata(running.socket())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o660);
        return;
    }
    let xoa = running.folder.path().join("bin/xoa");
    std::fs::copy(env!("CARGO_BIN_EXE_xoa"), &xoa).unwrap();
    let as_nobody = || {
        let mut command = Command::new(&xoa);
        command
            .arg("--socket")
            .arg(running.socket())
            .arg("status")
            .uid(65_534)
            .gid(65_534);
        read(&command.output().unwrap())
    };
    let (code, _, said) = as_nobody();
    assert_eq!(code, 3, "the socket's permissions: {said}");
    std::fs::set_permissions(running.socket(), std::fs::Permissions::from_mode(0o666)).unwrap();
    let (code, _, said) = as_nobody();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("user 65534 may not ask"), "{said}");
}

#[test]
fn the_servers_user_may_ask_but_not_for_passwords() {
    if rustix::process::geteuid().as_raw() != 0 {
        // Needs another user: the table of verbs is tested without one.
        return;
    }
    let mut running = Running::start("60");
    std::fs::create_dir_all(running.folder.path().join("etc")).unwrap();
    std::fs::write(
        running.folder.path().join("etc/passwd"),
        "xo-server:x:65533:65533::/:/bin/false\n",
    )
    .unwrap();
    std::fs::write(
        running.folder.path().join("etc/group"),
        "xo-server:x:65533:\n",
    )
    .unwrap();
    running.restart();
    let xoa = running.folder.path().join("bin/xoa");
    std::fs::copy(env!("CARGO_BIN_EXE_xoa"), &xoa).unwrap();
    let as_server = |verb: &str| {
        let mut command = Command::new(&xoa);
        command
            .arg("--socket")
            .arg(running.socket())
            .arg(verb)
            .uid(65_533)
            .gid(65_533);
        read(&command.output().unwrap())
    };
    assert_eq!(as_server("status").0, 0);
    let (code, _, said) = as_server("setup-code");
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("own screen"), "{said}");
}

#[test]
fn nonsense_is_answered_and_the_agent_goes_on() {
    let running = Running::start("60");
    let say = |text: &[u8]| {
        let mut stream = UnixStream::connect(running.socket()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        // It may hang up before it has read all.
        let _ = stream.write_all(text);
        let mut line = String::new();
        BufReader::new(stream)
            .read_line(&mut line)
            .unwrap_or_default();
        line
    };
    for text in [
        &b"nonsense\n"[..],
        b"[]\n",
        b"{\"verb\":\"sh\"}\n",
        b"{\"verb\":\"status\",\"x\":1}\n",
        b"\xff\n",
        b"\n",
    ] {
        assert!(
            say(text).starts_with("{\"error\":"),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    say(&vec![b'x'; LINE_LIMIT + 10]);
    assert!(say(b"{\"verb\":\"hostname.get\"}\n").starts_with("{\"ok\":"));
}

#[test]
fn connections_beyond_the_limit_are_refused_until_one_ends() {
    let running = Running::start("60");
    let held: Vec<UnixStream> = (0..16)
        .map(|_| UnixStream::connect(running.socket()).unwrap())
        .collect();
    wait_for("the refusal", || {
        running.run(&["status"]).2.contains("too many connections")
    });
    drop(held);
    wait_for("a place", || running.run(&["status"]).0 == 0);
}

#[test]
fn a_second_agent_does_not_take_the_socket_of_the_first() {
    let running = Running::start("60");
    let second = Command::new(env!("CARGO_BIN_EXE_xoa"))
        .arg0("xoa-agent")
        .arg("--root")
        .arg(running.folder.path())
        .env("PATH", running.folder.path().join("bin"))
        .env("ROOT", running.folder.path())
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another agent"));
    assert_eq!(running.run(&["status"]).0, 0);
}

/// Ends with the test, also with one that fails. The terminal goes with it, and the screen with that.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_screen_shows_itself_on_a_terminal_and_takes_keys() {
    let running = Running::start("60");
    let code = running.folder.path().join("var/lib/xo-server/setup-code");
    std::fs::write(code, "REZDR-J7ENY").unwrap();
    // `script` gives it a terminal of its own; the signal of its end is kept from it, as by `nohup`.
    let number = running.folder.path().join("number");
    let program = running.folder.path().join("bin/xoa-console");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_xoa"), &program).unwrap();
    let line = format!(
        "trap '' HUP; echo $$ >{}; stty rows 24 columns 80; exec {} --socket {} --bundles {}",
        number.display(),
        program.display(),
        running.socket().display(),
        running.folder.path().join("support").display()
    );
    let screen = Command::new("script")
        .args([
            "--quiet",
            "--flush",
            "--return",
            "--command",
            &line,
            "/dev/null",
        ])
        .env("TERM", "vt220")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = Ended(screen);
    let mut keys = screen.0.stdin.take().unwrap();
    let shown = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let (mut output, filled) = (screen.0.stdout.take().unwrap(), shown.clone());
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = std::io::Read::read(&mut output, &mut piece) {
            filled
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    });
    let has = |words: &str| shown.lock().unwrap().contains(words);
    wait_for("the address", || has("https://10.0.0.9/"));
    wait_for("the setup code", || has("REZDR-J7ENY"));
    keys.write_all(b"b").unwrap();
    // Blanks that stay are not sent: only words without them are found in what comes.
    wait_for("the bundle", || has("/support/support.tar.gz"));
    assert!(
        running
            .folder
            .path()
            .join("support/support.tar.gz")
            .exists()
    );
    keys.write_all(b"f").unwrap();
    wait_for("the question", || has("ERASE"));
    keys.write_all(b"no\r").unwrap();
    wait_for("the refusal", || has("nothing"));
    assert!(!running.text("ran").contains("reboot"));
    keys.write_all(b"r").unwrap();
    wait_for("the question", || has("REBOOT"));
    keys.write_all(b"REBOOT\r").unwrap();
    wait_for("the reboot", || {
        running.text("ran").contains("systemctl --no-block reboot")
    });
    let process = format!("/proc/{}", running.text("number").trim());
    assert!(Path::new(&process).exists());
    drop(screen);
    wait_for("its end with the terminal", || {
        !Path::new(&process).exists()
    });
}
