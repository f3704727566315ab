//! What every boot makes of the settings: files under `/run`, the name of the machine.

use std::io;
use std::path::{Path, PathBuf};

use crate::durable::Disk;
use crate::settings::{Interface, Settings};
use crate::{Problem, network};

const DEFAULT_NAME: &str = "xoa";

/// Where things are on the appliance; tests put them elsewhere.
#[derive(Debug, Clone)]
pub struct Places {
    /// What stays: `/var/lib/xoa`.
    pub state: PathBuf,
    /// What is made at each boot: `/run`.
    pub run: PathBuf,
    /// The kernel's name of the machine: `/proc/sys/kernel/hostname`.
    pub kernel_hostname: PathBuf,
    /// What a factory reset empties besides `state`: the server's data, the journal.
    pub erased: Vec<PathBuf>,
}

impl Places {
    /// Those of the appliance.
    pub fn real() -> Self {
        Self::below(Path::new("/"))
    }

    /// Those of an appliance whose files are below another folder than `/`.
    pub fn below(root: &Path) -> Self {
        Self {
            state: root.join("var/lib/xoa"),
            run: root.join("run"),
            kernel_hostname: root.join("proc/sys/kernel/hostname"),
            erased: ["var/lib/xo-server", "var/log/journal"]
                .map(|folder| root.join(folder))
                .into(),
        }
    }

    /// The kept settings.
    pub fn settings(&self) -> PathBuf {
        self.state.join("settings.json")
    }

    /// The interface's file for systemd-networkd.
    pub fn network(&self) -> PathBuf {
        self.run.join("systemd/network/10-xoa.network")
    }

    /// What the screen shows of this boot.
    pub fn report(&self) -> PathBuf {
        self.run.join("xoa/firstboot.json")
    }
}

/// The kept settings. Damaged ones are set aside, and the defaults stand.
///
/// # Errors
/// When the file is there and cannot be read or set aside.
pub fn load(places: &Places, problems: &mut Vec<Problem>) -> io::Result<Settings> {
    let path = places.settings();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(e) => return Err(e),
    };
    match serde_json::from_slice(&text) {
        Ok(settings) => Ok(settings),
        Err(error) => {
            let aside = path.with_extension("json.damaged");
            std::fs::rename(&path, &aside)?;
            problems.push(Problem::new(
                path.display().to_string(),
                format!("damaged: {error}"),
                format!(
                    "it is kept as {}, and the defaults are used",
                    aside.display()
                ),
            ));
            Ok(Settings::default())
        }
    }
}

/// Makes all files and sets the name. Each that fails is a problem; the others are made all the same.
pub fn apply(places: &Places, disk: &dyn Disk, settings: &Settings, problems: &mut Vec<Problem>) {
    if let Err(error) = apply_network(places, disk, &settings.interface) {
        problems.push(without(&places.network(), &error));
    }
    apply_others(places, disk, settings, problems);
}

/// Makes the interface's file.
///
/// # Errors
/// The system's, with the file as it was.
pub fn apply_network(places: &Places, disk: &dyn Disk, interface: &Interface) -> io::Result<()> {
    put(
        disk,
        &places.network(),
        0o644,
        Some(network::unit(interface)),
    )
}

/// Everything but the network: time servers, environment, name.
pub fn apply_others(
    places: &Places,
    disk: &dyn Disk,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) {
    for (name, mode, content) in [
        (
            "systemd/timesyncd.conf.d/10-xoa.conf",
            0o644,
            network::time_servers(settings),
        ),
        // The proxy's password may be in it; systemd reads it as root.
        (
            "xoa/environment",
            0o600,
            Some(network::environment(settings)),
        ),
    ] {
        let path = places.run.join(name);
        if let Err(error) = put(disk, &path, mode, content) {
            problems.push(without(&path, &error));
        }
    }
    let name = settings.hostname.as_deref().unwrap_or(DEFAULT_NAME);
    if let Err(error) = std::fs::write(&places.kernel_hostname, name) {
        problems.push(Problem::new(
            "host name",
            error.to_string(),
            "the machine keeps the name that it has",
        ));
    }
}

fn without(path: &Path, error: &io::Error) -> Problem {
    Problem::new(
        path.display().to_string(),
        error.to_string(),
        "the appliance goes on without it",
    )
}

fn put(disk: &dyn Disk, path: &Path, mode: u32, content: Option<String>) -> io::Result<()> {
    match content {
        Some(content) => {
            with_folder(disk, path)?;
            disk.write(path, mode, content.as_bytes())
        }
        None => match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        },
    }
}

fn with_folder(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.is_dir() => disk.make_folder(folder, 0o755),
        _ => Ok(()),
    }
}
