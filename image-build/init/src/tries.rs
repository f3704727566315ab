//! How often the boot loader has tried to start this system, by the name that it gave the kernel's file
//! (`xoa_<version>+<left>-<done>.efi`, "Automatic Boot Assessment" of systemd).

use std::fs::read;

/// systemd-boot's variable; the first four bytes of the file are the variable's attributes.
const VARIABLE: &str = "LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// Tries so far, this one included; nothing when they are not counted.
pub fn so_far(variables: &str) -> Option<u32> {
    let content = read(format!("{variables}/{VARIABLE}")).ok()?;
    let units: Vec<u16> = content
        .get(4..)?
        .chunks_exact(2)
        .filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?)))
        .collect();
    done(&String::from_utf16_lossy(&units))
}

fn done(path: &str) -> Option<u32> {
    let name = path.trim_end_matches('\0').strip_suffix(".efi")?;
    let (_, counters) = name.rsplit_once('+')?;
    let (_left, done) = counters.split_once('-')?;
    done.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_read_from_the_name() {
        assert_eq!(done("\\EFI\\Linux\\xoa_1.0+1-2.efi\0"), Some(2));
        assert_eq!(done("\\EFI\\Linux\\xoa_1.0-dev+0-13.efi"), Some(13));
        for uncounted in ["\\EFI\\Linux\\xoa_1.0.efi", "xoa_1.0+3.efi", ""] {
            assert_eq!(done(uncounted), None, "{uncounted}");
        }
    }
}
