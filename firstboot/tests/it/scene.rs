//! A machine made of folders: what is told from outside, a disk that may lose its power, a server that remembers its administrators.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xo_firstboot::Problem;
use xo_firstboot::apply::{self, Places};
use xo_firstboot::durable::{Disk, Real};
use xo_firstboot::settings::{Administrator, ConfigDrive, SECRETS, Settings, VmData};
use xo_firstboot::steps::{self, Context, Data, Server, Sources};

pub struct Scene {
    pub places: Places,
    pub outside: Outside,
    pub server: Accounts,
    pub data: Data,
    folder: TempDir,
}

#[derive(Default)]
pub struct Outside {
    pub vm_data: Option<BTreeMap<String, String>>,
    pub drive: Option<Result<ConfigDrive, String>>,
    pub is_broken: bool,
}

#[derive(Default)]
pub struct Accounts {
    pub made: Vec<(String, String)>,
    pub refuses: bool,
}

/// Loses its power before the write of this number.
pub struct Failing {
    pub left: Cell<usize>,
}

/// What a boot ended with.
pub struct Boot {
    pub whole: bool,
    pub problems: Vec<Problem>,
}

impl Scene {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let places = Places {
            state: at("var/lib/xoa"),
            run: at("run"),
            kernel_hostname: at("hostname"),
            erased: Vec::new(),
        };
        Self {
            places,
            outside: Outside::default(),
            server: Accounts::default(),
            data: Data::OnDisk,
            folder,
        }
    }

    pub fn with_vm_data(pairs: &[(&str, &str)]) -> Self {
        let mut scene = Self::new();
        let pairs = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        scene.outside.vm_data = Some(pairs.collect());
        scene
    }

    pub fn boot(&mut self) -> Boot {
        self.boot_on(&Real)
    }

    pub fn boot_on(&mut self, disk: &dyn Disk) -> Boot {
        // What was in memory is gone.
        let _ = std::fs::remove_dir_all(&self.places.run);
        std::fs::create_dir_all(&self.places.run).unwrap();
        let mut context = Context {
            places: &self.places,
            disk,
            sources: &mut self.outside,
            server: &mut self.server,
            data: self.data,
            problems: Vec::new(),
        };
        let whole = steps::run(&mut context).is_ok();
        let mut problems = context.problems;
        let settings = apply::load(&self.places, &mut problems).unwrap();
        apply::apply(&self.places, &Real, &settings, &mut problems);
        Boot { whole, problems }
    }

    pub fn settings(&self) -> Settings {
        let text = std::fs::read(self.places.settings()).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    pub fn made(&self, name: &str) -> String {
        std::fs::read_to_string(self.places.run.join(name)).unwrap()
    }

    /// Everything that a thief of the disk could read.
    pub fn everything(&self) -> String {
        let mut all = String::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    all += &std::fs::read_to_string(path).unwrap();
                }
            }
        }
        all
    }
}

impl Sources for Outside {
    fn vm_data(&mut self) -> Result<Option<VmData>, String> {
        if self.is_broken {
            return Err("XenStore cannot be reached".into());
        }
        Ok(self.vm_data.clone().map(VmData))
    }

    fn forget_secrets(&mut self) -> Result<bool, String> {
        let data = self.vm_data.get_or_insert_default();
        let before = data.len();
        data.retain(|key, _| !SECRETS.contains(&key.as_str()));
        Ok(data.len() < before)
    }

    fn config_drive(&mut self) -> Result<Option<ConfigDrive>, String> {
        self.drive.clone().transpose()
    }
}

impl Server for Accounts {
    fn make_administrator(&mut self, administrator: &Administrator) -> Result<(), String> {
        if self.refuses {
            return Err("a password has 8 characters at least".into());
        }
        let made = (
            administrator.account.clone(),
            administrator.password.clone(),
        );
        if !self.made.contains(&made) {
            self.made.push(made);
        }
        Ok(())
    }
}

impl Failing {
    pub fn after(writes: usize) -> Self {
        Self {
            left: Cell::new(writes),
        }
    }

    fn spend(&self) -> io::Result<()> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("the power is gone"));
        }
        self.left.set(left - 1);
        Ok(())
    }
}

impl Disk for Failing {
    fn write(&self, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
        if self.left.get() == 0 {
            // Half of it is there, under the name that is not yet the file's.
            let mut fresh = path.as_os_str().to_owned();
            fresh.push(".new");
            let _ = std::fs::write(fresh, &content[..content.len() / 2]);
        }
        self.spend()?;
        Real.write(path, mode, content)
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.spend()?;
        Real.make_folder(path, mode)
    }
}
