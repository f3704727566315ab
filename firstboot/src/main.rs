//! The program of `xoa-firstboot.service`: runs before the network at every boot. It ends well unless nothing can be written.

mod drive;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use xo_firstboot::apply::{self, Places};
use xo_firstboot::durable::{Disk, Real};
use xo_firstboot::settings::{Administrator, ConfigDrive, VmData};
use xo_firstboot::steps::{self, Context, Data, Server, Sources};
use xo_firstboot::xenbus::{DEVICE, XenStore};
use xo_firstboot::{Problem, memory};

/// Settings from outside at the first boot, and the files that follow from them at every boot.
#[derive(Debug, Parser)]
#[command(name = "xo-firstboot", version)]
struct Arguments {
    /// Where a config drive is mounted; if nothing is there, one is looked for and mounted there
    #[arg(long, value_name = "DIR", default_value = "/run/xoa/cidata")]
    config_drive: PathBuf,
    /// The server's program
    #[arg(long, value_name = "FILE", default_value = "/usr/bin/xo-server")]
    server: PathBuf,
    /// The server's data, and the user to whom it belongs
    #[arg(long, value_name = "DIR", default_value = "/var/lib/xo-server")]
    server_data: PathBuf,
    /// The user whom the server runs as
    #[arg(long, value_name = "NAME", default_value = "xo-server")]
    server_user: String,
}

/// Made by `xoa-no-data.service`, when memory stands in for the data partition.
const NO_DATA: &str = "/run/xoa/no-data";

fn has_no_data() -> bool {
    Path::new(NO_DATA).exists()
}

struct Machine {
    arguments: Arguments,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let places = Places::real();
    let mut sources = Machine { arguments };
    let mut server = Machine {
        arguments: Arguments::parse(),
    };
    let erased = xo_firstboot::reset::carry_out(&places);
    if matches!(erased, Ok(true)) {
        leave_old_journal();
    }
    let mut context = Context {
        places: &places,
        disk: &Real,
        sources: &mut sources,
        server: &mut server,
        data: if has_no_data() {
            Data::InMemory
        } else {
            Data::OnDisk
        },
        problems: Vec::new(),
    };
    let stamped = steps::run(&mut context);
    let mut problems = context.problems;
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    problems.extend(memory::problem(&meminfo));
    if has_no_data() {
        problems.push(Problem::new(
            "data partition",
            "it cannot be mounted: it is damaged or not there",
            "the server is not started, and nothing is kept until it is mended; what is on it is left as it is: go back to a snapshot of the \
             VM, or import the appliance anew and restore the backup",
        ));
    }
    if let Err(error) = erased {
        problems.push(Problem::new(
            "factory reset",
            error.to_string(),
            "not everything is erased: it is tried again at the next boot",
        ));
    }
    if let Err(error) = &stamped {
        problems.push(Problem::new(
            places.state.display().to_string(),
            error.to_string(),
            "nothing can be kept: look at the data disk",
        ));
    }
    let settings = apply::load(&places, &mut problems).unwrap_or_else(|error| {
        problems.push(Problem::new(
            places.settings().display().to_string(),
            error.to_string(),
            "the defaults are used",
        ));
        xo_firstboot::settings::Settings::default()
    });
    apply::apply(&places, &Real, &settings, &mut problems);
    for problem in &problems {
        eprintln!("{problem}");
    }
    let report = serde_json::to_vec_pretty(&problems).unwrap_or_default();
    if let Err(error) = Real.write(&places.report(), 0o644, &report) {
        eprintln!("{}: {error}", places.report().display());
    }
    if stamped.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// journald has the erased files open, and would go on to write where nobody reads.
fn leave_old_journal() {
    let told = Command::new("journalctl").arg("--rotate").output();
    match told {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!("the journal of this boot is lost: {}", said.trim());
        }
        Err(error) => eprintln!("the journal of this boot is lost: journalctl: {error}"),
    }
}

impl Sources for Machine {
    fn vm_data(&mut self) -> Result<Option<VmData>, String> {
        let store = XenStore::open(Path::new(DEVICE)).map_err(|e| e.to_string())?;
        store
            .map(|mut store| VmData::read(&mut store))
            .transpose()
            .map_err(|e| e.to_string())
    }

    fn forget_secrets(&mut self) -> Result<bool, String> {
        let store = XenStore::open(Path::new(DEVICE)).map_err(|e| e.to_string())?;
        store.map_or(Ok(false), |mut store| {
            VmData::forget_secrets(&mut store).map_err(|e| e.to_string())
        })
    }

    fn config_drive(&mut self) -> Result<Option<ConfigDrive>, String> {
        let folder = &self.arguments.config_drive;
        if !folder.exists() && !drive::mount(folder)? {
            return Ok(None);
        }
        ConfigDrive::read(folder).map_err(|e| e.to_string())
    }
}

impl Server for Machine {
    fn make_administrator(&mut self, administrator: &Administrator) -> Result<(), String> {
        // The database must belong to the server's user, not to root.
        let run = Command::new("setpriv")
            .arg(format!("--reuid={}", self.arguments.server_user))
            .arg(format!("--regid={}", self.arguments.server_user))
            .arg("--init-groups")
            .arg(&self.arguments.server)
            .args(["admin", "create"])
            // Old settings that are read once more make no second administrator.
            .args([&administrator.account, "--first", "--password-stdin"])
            .arg("--data-dir")
            .arg(&self.arguments.server_data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = run.map_err(|e| format!("setpriv: {e}"))?;
        if let Some(mut input) = child.stdin.take() {
            input
                .write_all(administrator.password.as_bytes())
                .map_err(|e| e.to_string())?;
        }
        let output = child.wait_with_output().map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        // An earlier boot may have come this far.
        if output.status.success() || said.contains("exists") {
            return Ok(());
        }
        let last = said.lines().rfind(|line| !line.is_empty());
        Err(last.unwrap_or("the server's program failed").to_owned())
    }
}
