//! New uuids and references, deterministic by seed.

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

/// A source of uuids, references, MAC addresses and plain random numbers.
#[derive(Debug)]
pub struct Ids {
    uuids: StdRng,
    references: StdRng,
}

impl Ids {
    /// Two labs with the same seed make the same pool.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            uuids: StdRng::seed_from_u64(seed),
            references: StdRng::seed_from_u64(seed ^ 0x5eed_0000_00f5),
        }
    }

    /// A random uuid.
    pub fn uuid(&mut self) -> String {
        uuid(&mut self.uuids)
    }

    /// A new reference, `OpaqueRef:` and a uuid of its own.
    pub fn reference(&mut self) -> String {
        format!("OpaqueRef:{}", uuid(&mut self.references))
    }

    /// A locally administered MAC address.
    pub fn mac(&mut self) -> String {
        let mut bytes = [0_u8; 6];
        self.uuids.fill_bytes(&mut bytes);
        let [first, rest @ ..] = bytes;
        let mut text = format!("{:02x}", (first & 0xfc) | 0x02);
        for byte in rest {
            text.push_str(&format!(":{byte:02x}"));
        }
        text
    }

    /// A number below this bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            self.uuids.next_u64() % bound
        }
    }
}

fn uuid(rng: &mut StdRng) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}
