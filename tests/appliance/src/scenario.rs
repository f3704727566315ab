//! The scenarios: each starts with fresh disks.

mod boots;
mod clock;
mod damage;
mod data;
mod deltas;
mod inside;
mod network;
mod refused;
mod settings;
mod updates;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::disk::Disk;
use crate::images::{Image, Images};
use crate::machine::{Firmware, Machine, Network, Parts};
use crate::report::Report;

/// For a command in the shell.
const ONE_COMMAND: Duration = Duration::from_secs(60);

/// What all of them work with.
#[derive(Debug)]
pub struct Setting {
    /// The disks.
    pub images: Images,
    /// Where files go.
    pub work: PathBuf,
    /// How many first boots, and how many moments of an update, are cut off.
    pub cuts: u32,
    /// Acceleration of QEMU.
    pub accelerator: String,
}

type Run =
    for<'a> fn(&'a Setting, &'a mut Report) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// One of them.
pub struct Scenario {
    /// To be asked for.
    pub name: &'static str,
    /// In words.
    pub about: &'static str,
    /// Its disks.
    pub needs: &'static [Image],
    /// Runs it.
    pub run: Run,
}

/// In this order.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "boots",
        about: "first boot, the wizard in a browser by the code of the console, later boot with everything kept",
        needs: &[Image::Release],
        run: |s, r| Box::pin(boots::run(s, r)),
    },
    Scenario {
        name: "settings",
        about: "static address and administrator from a config drive",
        needs: &[Image::Release],
        run: |s, r| Box::pin(settings::run(s, r)),
    },
    Scenario {
        name: "inside",
        about: "memory, data partition, units, as seen from a shell",
        needs: &[Image::Development],
        run: |s, r| Box::pin(inside::run(s, r)),
    },
    Scenario {
        name: "small",
        about: "half a gibibyte of memory is enough",
        needs: &[Image::Release],
        run: |s, r| Box::pin(boots::small(s, r)),
    },
    Scenario {
        name: "data",
        about: "a ruined data partition: the screen tells",
        needs: &[Image::Release],
        run: |s, r| Box::pin(data::ruined(s, r)),
    },
    Scenario {
        name: "full",
        about: "a full data partition: the server answers, and works when there is room again",
        needs: &[Image::Development],
        run: |s, r| Box::pin(data::full(s, r)),
    },
    Scenario {
        name: "reset",
        about: "a factory reset: a new appliance, whose journal is kept",
        needs: &[Image::Development],
        run: |s, r| Box::pin(data::reset(s, r)),
    },
    Scenario {
        name: "drive",
        about: "a config drive of nonsense: each mistake is told, DHCP is used",
        needs: &[Image::Release],
        run: |s, r| Box::pin(settings::nonsense(s, r)),
    },
    Scenario {
        name: "silent",
        about: "nobody on the network, then no adapter: it comes up and tells",
        needs: &[Image::Development],
        run: |s, r| Box::pin(network::silent(s, r)),
    },
    Scenario {
        name: "taken",
        about: "a fixed address that another machine has is not used",
        needs: &[Image::Development],
        run: |s, r| Box::pin(network::taken(s, r)),
    },
    Scenario {
        name: "clock",
        about: "a first boot ten years ago, then ten years ahead, then now",
        needs: &[Image::Release],
        run: |s, r| Box::pin(clock::run(s, r)),
    },
    Scenario {
        name: "bios",
        about: "the wrong firmware: the screen tells which is needed",
        needs: &[Image::Release],
        run: |s, r| Box::pin(refused::bios(s, r)),
    },
    Scenario {
        name: "truncated",
        about: "a disk that is not whole: nothing is started, the screen tells",
        needs: &[Image::Release],
        run: |s, r| Box::pin(refused::truncated(s, r)),
    },
    Scenario {
        name: "tiny",
        about: "a quarter of a gibibyte of memory: it comes up, or tells that it is too little",
        needs: &[Image::Release],
        run: |s, r| Box::pin(refused::tiny(s, r)),
    },
    Scenario {
        name: "slot",
        about: "a changed byte in the only slot: nothing of it is started, the screen tells",
        needs: &[Image::Release],
        run: |s, r| Box::pin(damage::only_slot(s, r)),
    },
    Scenario {
        name: "fallback",
        about: "a changed byte in the newer slot: the older one is started",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(damage::newer_slot(s, r)),
    },
    Scenario {
        name: "cuts",
        about: "first boots that lose their power at random moments",
        needs: &[Image::Release],
        run: |s, r| Box::pin(boots::cuts(s, r)),
    },
    Scenario {
        name: "update",
        about: "to the next release from a repository, kept at the next start, and back",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::network(s, r)),
    },
    Scenario {
        name: "file",
        about: "to the next release from one uploaded file, without a repository",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::file(s, r)),
    },
    Scenario {
        name: "unready",
        about: "an update whose server never answers: the old system serves again",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::unready(s, r)),
    },
    Scenario {
        name: "migration",
        about: "an update whose migration fails: the old system serves again, with its data",
        needs: &[Image::Release, Image::Unmigratable],
        run: |s, r| Box::pin(updates::migration(s, r)),
    },
    Scenario {
        name: "panic",
        about: "an update whose kernel panics: the old system serves again",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::panics(s, r)),
    },
    Scenario {
        name: "broken",
        about: "an update whose slot is damaged after it was checked: the old system serves again",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::broken(s, r)),
    },
    Scenario {
        name: "deltas",
        about: "how much of a release with a small change is downloaded",
        needs: &[Image::Release, Image::Next, Image::Crate, Image::Library],
        run: |s, r| Box::pin(deltas::run(s, r)),
    },
    Scenario {
        name: "killed",
        about: "updates that lose their power at random moments, and go on",
        needs: &[Image::Release, Image::Next],
        run: |s, r| Box::pin(updates::killed(s, r)),
    },
];

impl Setting {
    /// A fresh copy of a disk, and fresh firmware for the machine of this name.
    fn fresh(&self, name: &str, from: Image) -> Result<Disk> {
        std::fs::create_dir_all(&self.work).with_context(|| format!("{}", self.work.display()))?;
        for end in ["variables", "serial.log"] {
            let _ = std::fs::remove_file(self.file(name, end));
        }
        Disk::copy(&self.images.disk(from)?, &self.file(name, "raw"))
    }

    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.work.join(format!("{name}.{end}"))
    }

    fn parts<'a>(&'a self, name: &str, disk: &'a Disk) -> Parts<'a> {
        Parts {
            name: name.to_owned(),
            work: &self.work,
            disk: &disk.path,
            drive: None,
            memory: 1024,
            accelerator: &self.accelerator,
            network: Network::Served(None),
            firmware: Firmware::Uefi,
            clock: None,
        }
    }

    fn start(&self, name: &str, disk: &Disk) -> Result<Machine> {
        Machine::start(&self.parts(name, disk))
    }
}

/// Runs a command in the shell of a developers' image; what it says must be one line.
async fn said(machine: &mut Machine, command: &str) -> Result<String> {
    let mark = format!("mark{}", machine.console().len());
    for _ in 0..10 {
        // In two words, so that the echo of what was typed does not look like the answer.
        machine.types(&format!("echo {mark}'<'$({command})'>'"))?;
        let answer = format!(r"{mark}<([^>]*)>");
        // A shell that has just begun throws away what was typed before.
        if let Some(said) = machine.shows_within(&answer, ONE_COMMAND).await? {
            return Ok(said);
        }
    }
    bail!("the shell does not answer `{command}`")
}
