//! A running QEMU: its serial console as text, its processor time, its keys and its power.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use regex::Regex;

const FIRMWARE: &str = "/usr/share/OVMF";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// Between two times that the power key is pressed.
const PRESS_AGAIN: Duration = Duration::from_secs(30);
/// A boot in software on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Of Linux, for the numbers of `/proc/<pid>/stat`.
const TICKS_PER_SECOND: f64 = 100.0;

/// QEMU ended, or stopped doing its work, without having been asked to.
#[derive(Debug, thiserror::Error)]
#[error("QEMU failed: {0}")]
pub struct Died(String);

/// What a machine is made of.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// For the names of its files.
    pub name: String,
    /// Where they go.
    pub work: &'a Path,
    /// Its disk.
    pub disk: &'a Path,
    /// A second disk.
    pub drive: Option<&'a Path>,
    /// In MiB.
    pub memory: u32,
    /// `tcg` or `kvm`.
    pub accelerator: &'a str,
    /// What its adapter is connected to.
    pub network: Network<'a>,
    /// What starts the disk.
    pub firmware: Firmware,
    /// What its clock shows when it is turned on (`2016-01-01T00:00:00`), if not the right time.
    pub clock: Option<&'a str>,
}

/// A network.
#[derive(Debug, Clone, Copy)]
pub enum Network<'a> {
    /// QEMU's, with DHCP; the port outside leads to this address, or to the one that DHCP gives.
    Served(Option<&'a str>),
    /// A cable to nobody.
    Silent,
    /// No adapter.
    None,
}

/// A kind of firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// As the appliance needs it.
    Uefi,
    /// The old kind; it writes to the serial console too.
    Bios,
}

/// It runs until it is dropped.
#[derive(Debug)]
pub struct Machine {
    child: Child,
    input: ChildStdin,
    serial: Arc<Mutex<String>>,
    monitor: PathBuf,
    began: Instant,
    /// Of the appliance's HTTPS, on loopback.
    pub port: u16,
}

impl Machine {
    /// Turns it on. The firmware's variables are those of an earlier start of the same name.
    pub fn start(parts: &Parts<'_>) -> Result<Self> {
        let file = |end: &str| parts.work.join(format!("{}.{end}", parts.name));
        let variables = file("variables");
        let is_uefi = parts.firmware == Firmware::Uefi;
        if is_uefi && !variables.exists() {
            std::fs::copy(format!("{FIRMWARE}/OVMF_VARS_4M.fd"), &variables)
                .context("UEFI firmware for QEMU is not there: make boot-tools")?;
        }
        let monitor = file("monitor");
        let _ = std::fs::remove_file(&monitor);
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let processor = if parts.accelerator == "tcg" {
            "qemu64"
        } else {
            "host"
        };
        let network = match parts.network {
            Network::Served(address) => {
                let inside = address.unwrap_or_default();
                format!("user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{port}-{inside}:443")
            }
            Network::Silent => "hubport,hubid=0,model=virtio-net-pci".to_owned(),
            Network::None => "none".to_owned(),
        };
        let graphics = if is_uefi { "on" } else { "off" };
        let mut command = Command::new("qemu-system-x86_64");
        command
            .args([
                "-name",
                &parts.name,
                "-uuid",
                "3f0a1c52-7d5e-4b7b-9a43-5d1f0f6c2e10",
            ])
            .arg("-machine")
            .arg(format!(
                "q35,accel={},graphics={graphics}",
                parts.accelerator
            ))
            .args([
                "-cpu",
                processor,
                "-smp",
                "2",
                "-m",
                &parts.memory.to_string(),
            ])
            .arg("-drive")
            .arg(format!(
                "if=virtio,format=raw,cache=unsafe,file={}",
                parts.disk.display()
            ))
            .args(["-nic", &network])
            .args(["-display", "none", "-serial", "stdio", "-monitor"])
            .arg(format!("unix:{},server=on,wait=off", monitor.display()));
        if is_uefi {
            command.arg("-drive").arg(format!(
                "if=pflash,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd"
            ));
            command
                .arg("-drive")
                .arg(format!("if=pflash,format=raw,file={}", variables.display()));
        }
        if let Some(clock) = parts.clock {
            command.args(["-rtc", &format!("base={clock}")]);
        }
        if let Some(drive) = parts.drive {
            command.arg("-drive");
            command.arg(format!(
                "if=virtio,format=raw,readonly=on,file={}",
                drive.display()
            ));
        }
        let errors = File::create(file("qemu.log"))?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .context("qemu-system-x86_64 cannot be started: make boot-tools")?;
        let input = child.stdin.take().context("its keyboard")?;
        let output = child.stdout.take().context("its console")?;
        let serial = Arc::new(Mutex::new(String::new()));
        let log = File::options()
            .create(true)
            .append(true)
            .open(file("serial.log"))?;
        follow(output, Arc::clone(&serial), log);
        Ok(Self {
            child,
            input,
            serial,
            monitor,
            began: Instant::now(),
            port,
        })
    }

    /// All that was on the console, without the sequences that move a cursor.
    pub fn console(&self) -> String {
        self.serial
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until the console shows this; gives what its first group, or else all of it, matched.
    pub async fn shows(&mut self, pattern: &str) -> Result<String> {
        let shown = self.shows_within(pattern, PATIENCE).await?;
        shown.with_context(|| format!("the console never showed `{pattern}`"))
    }

    /// The same, but for so long only.
    pub async fn shows_within(
        &mut self,
        pattern: &str,
        patience: Duration,
    ) -> Result<Option<String>> {
        let wanted = Regex::new(pattern)?;
        let until = Instant::now() + patience;
        loop {
            if let Some(found) = wanted.captures(&self.console()) {
                let part = found.get(1).or_else(|| found.get(0));
                let part = part.map_or_else(String::new, |part| part.as_str().to_owned());
                return Ok(Some(part));
            }
            self.is_alive()?;
            if Instant::now() > until {
                return Ok(None);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// An error once QEMU is not there any more.
    pub fn is_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(Died(status.to_string()).into());
        }
        // One of two emulated processors stands still for ever now and then.
        if self.console().contains("rcu_preempt kthread starved") {
            return Err(Died("one of its processors stands still".into()).into());
        }
        Ok(())
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) -> Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes())?;
        self.input.flush().context("typing")
    }

    /// Processor seconds that QEMU has used.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat.rsplit_once(')').context("stat")?.1;
        let mut fields = fields.split_whitespace().skip(11);
        let mut ticks = || fields.next().and_then(|text| text.parse::<f64>().ok());
        let (user, system) = (ticks().context("user")?, ticks().context("system")?);
        Ok((user + system) / TICKS_PER_SECOND)
    }

    /// Since it was turned on.
    pub fn wall_seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Its screen as a picture.
    pub fn screenshot(&self, to: &Path) -> Result<()> {
        self.command(&format!("screendump {} -f png", to.display()))
    }

    /// Presses the power key, as often as it takes, and waits until it is off.
    pub async fn power_off(mut self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        let mut pressed: Option<Instant> = None;
        while self.child.try_wait()?.is_none() {
            // One that has just started does not listen to it yet.
            if pressed.is_none_or(|at| at.elapsed() > PRESS_AGAIN) {
                // It may turn off meanwhile.
                let _ = self.command("system_powerdown");
                pressed = Some(Instant::now());
            }
            if Instant::now() > until {
                bail!("it does not turn off when its power key is pressed");
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until QEMU has used this many processor seconds.
    pub async fn reaches(&mut self, cpu_seconds: f64) -> Result<()> {
        while self.cpu_seconds()? < cpu_seconds {
            self.is_alive()?;
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes the power away.
    pub fn cut(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn command(&self, text: &str) -> Result<()> {
        let mut monitor = UnixStream::connect(&self.monitor).context("QEMU's monitor")?;
        monitor.set_read_timeout(Some(Duration::from_secs(30)))?;
        monitor.write_all(format!("{text}\n").as_bytes())?;
        // Its greeting's prompt, then the one behind the answer.
        let mut said = String::new();
        let mut piece = [0; 4096];
        while said.matches("(qemu)").count() < 2 {
            let count = monitor.read(&mut piece)?;
            if count == 0 {
                break;
            }
            said += &String::from_utf8_lossy(piece.get(..count).unwrap_or_default());
        }
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what the console shows, until it ends.
fn follow(mut output: ChildStdout, serial: Arc<Mutex<String>>, mut log: File) {
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        let mut rest = String::new();
        while let Ok(count) = output.read(&mut piece) {
            if count == 0 {
                return;
            }
            let bytes = piece.get(..count).unwrap_or_default();
            let _ = log.write_all(bytes);
            rest += &String::from_utf8_lossy(bytes);
            let (plain, unfinished) = plain(&rest);
            serial
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&plain);
            rest = unfinished;
        }
    });
}

/// Text without escape sequences, and the beginning of one at its end.
fn plain(text: &str) -> (String, String) {
    let mut plain = String::new();
    let mut left = text;
    while let Some((before, behind)) = left.split_once('\x1b') {
        plain.push_str(before);
        let end = match behind.strip_prefix('[') {
            Some(sequence) => sequence
                .find(|c: char| ('@'..='~').contains(&c))
                .map(|at| at + 2),
            None => behind.chars().next().map(char::len_utf8),
        };
        match end {
            Some(end) => left = behind.get(end..).unwrap_or_default(),
            None => return (plain.replace('\r', ""), format!("\x1b{behind}")),
        }
    }
    plain.push_str(left);
    (plain.replace('\r', ""), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_taken_out_also_when_they_come_in_pieces() {
        assert_eq!(
            plain("a\x1b[1;31mb\x1b[0m\r\n"),
            ("ab\n".into(), String::new())
        );
        assert_eq!(plain("a\x1b[1;3"), ("a".into(), "\x1b[1;3".into()));
        assert_eq!(plain("\x1b[1;3mb"), ("b".into(), String::new()));
        assert_eq!(plain("\x1bcb"), ("b".into(), String::new()));
    }
}
