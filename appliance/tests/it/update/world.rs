//! A machine with two slots, an ESP and a data partition, and what starts on it: systemd-boot and `xo-image-init`, as far as an update goes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use semver::Version;
use xo_appliance::entries;
use xo_appliance::update::device::Readable;
use xo_appliance::update::pace::Clock;
use xo_appliance::update::verity::is_whole;
use xo_appliance::update::{Engine, Error, Parts, Slot, System};
use xo_release::Part;

use super::image::{Image, version};
use super::power::{Disk, Files, Power};

const DATA: usize = 3 * 1024 * 1024;
const HASHES: usize = 256 * 1024;

/// The machine.
pub struct World {
    pub power: Arc<Power>,
    pub slots: [(Disk, Disk); 2],
    pub esp: Files,
    pub store: Files,
    pub time: Arc<Mutex<Duration>>,
    pub floor: Version,
    /// What runs: its kernel image, root hash and slot.
    pub runs: Option<Running>,
    starts: u32,
}

#[derive(Debug, Clone)]
pub struct Running {
    pub version: Version,
    pub root_hash: String,
    pub slot: usize,
}

struct Manual(Arc<Mutex<Duration>>);

impl Clock for Manual {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }

    fn date_ms(&self) -> i64 {
        1_800_000_000_000
    }
}

/// A partition's beginning, as dm-verity shows it.
struct View(Disk, u64);

impl Readable for View {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        self.0.read_at(buffer, offset)
    }

    fn len(&self) -> u64 {
        self.1
    }
}

impl World {
    /// As delivered with this release: it runs from the first slot, and the second one is empty.
    pub fn delivered(image: &Image) -> Self {
        let power = Arc::<Power>::default();
        let slot = || (Disk::new(&power, DATA), Disk::new(&power, HASHES));
        let slots = [slot(), slot()];
        slots[0].0.install(&image.files[&Part::Root]);
        slots[0].1.install(&image.files[&Part::Hashes]);
        let esp = Files::new(&power);
        let kernel = format!("xoa_{}.efi", image.version());
        esp.install(&kernel, &image.files[&Part::Boot]);
        let mut world = Self {
            store: Files::new(&power),
            esp,
            slots,
            power,
            time: Arc::default(),
            floor: version("1.0.0"),
            runs: None,
            starts: 0,
        };
        world.start();
        world
    }

    pub fn running(&self) -> &Running {
        self.runs.as_ref().unwrap()
    }

    pub fn version(&self) -> String {
        self.running().version.to_string()
    }

    /// The agent's engine, after its look at the start.
    pub fn engine(&self) -> Result<Engine, Error> {
        let engine = self.unsettled();
        engine.settle()?;
        Ok(engine)
    }

    /// Before it.
    pub fn unsettled(&self) -> Engine {
        self.engine_writing(1 - self.running().slot)
    }

    /// One that writes this slot.
    pub fn engine_writing(&self, slot: usize) -> Engine {
        let running = self.running();
        let own = &self.slots[running.slot];
        let tree = xo_appliance::update::verity::Tree::read(&own.1)
            .unwrap()
            .unwrap();
        let other = self.slots[slot].clone();
        Engine::new(Parts {
            system: System {
                version: running.version.clone(),
                architecture: "x86_64".to_owned(),
                root_hash: running.root_hash.clone(),
                boot: format!("start {}", self.starts),
                floor: self.floor.clone(),
            },
            own: Box::new(View(own.0.clone(), tree.data_len().unwrap())),
            other: Slot {
                data: Box::new(other.0),
                hashes: Box::new(other.1),
            },
            esp: Box::new(self.esp.clone()),
            store: Box::new(self.store.clone()),
            clock: Box::new(Manual(Arc::clone(&self.time))),
        })
    }

    /// The machine starts, after a power cut or not. Fails the test when what the boot loader takes has no whole slot.
    pub fn start(&mut self) {
        self.power.back();
        for (data, hashes) in &self.slots {
            data.crash();
            hashes.crash();
        }
        self.esp.crash();
        self.store.crash();
        self.starts += 1;
        let mut kernels: Vec<String> = self.esp.names();
        kernels.retain(|file| entries::parse(file).is_some());
        for file in &kernels {
            let may_start = entries::parse(file).unwrap().tries_left != Some(0);
            assert!(
                !may_start || self.slot_of(file).is_some(),
                "{file} may be started, and its slot is not whole"
            );
        }
        // The newest of those with tries left.
        kernels.sort_by_key(|file| {
            let name = entries::parse(file).unwrap();
            (name.tries_left != Some(0), version(name.version))
        });
        let file = kernels.pop().expect("nothing to start is left");
        let name = entries::parse(&file).unwrap();
        let (root_hash, slot) = self.slot_of(&file).expect("what is left does not start");
        self.runs = Some(Running {
            version: version(name.version),
            root_hash,
            slot,
        });
        if let Some(left) = name.tries_left {
            let (left, done) = (left.saturating_sub(1), name.tries_done + 1);
            let counted = format!("xoa_{}+{left}-{done}.efi", name.version);
            self.esp.set_name(&file, &counted);
        }
    }

    /// The root hash in a kernel image, and the slot that has it.
    fn slot_of(&self, file: &str) -> Option<(String, usize)> {
        let bytes = self.esp.bytes(file)?;
        let key = b"roothash=";
        let at = bytes.windows(key.len()).position(|text| text == key)? + key.len();
        let hash = String::from_utf8(bytes.get(at..at + 64)?.to_vec()).ok()?;
        let whole = |(data, hashes): &(Disk, Disk)| is_whole(data, hashes, &hash).unwrap();
        let slot = self.slots.iter().position(whole)?;
        Some((hash, slot))
    }

    /// systemd-bless-boot: what runs has proved itself.
    pub fn bless(&self) {
        let running = &self.running().version;
        for file in self.esp.names() {
            if entries::parse(&file).is_some_and(|name| version(name.version) == *running) {
                self.esp.set_name(&file, &format!("xoa_{running}.efi"));
            }
        }
    }
}
