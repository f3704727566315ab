//! The archive that the kernel unpacks as its initial RAM disk: `newc` of cpio.
//!
//! Invariant: the same content gives the same bytes: everything is root's, numbered in order, without times.

use std::io::{self, Write};

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const DEVICE: u32 = 0o020_600;

/// Writes one archive.
pub(super) struct Cpio<W> {
    out: W,
    written: u64,
    entries: u32,
}

impl<W: Write> Cpio<W> {
    pub fn new(out: W) -> Self {
        Self {
            out,
            written: 0,
            entries: 0,
        }
    }

    pub fn folder(&mut self, name: &str) -> io::Result<()> {
        self.entry(name, FOLDER, (0, 0), &[])
    }

    pub fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.entry(name, PROGRAM, (0, 0), content)
    }

    /// `/dev/console`, which the kernel opens for its first program.
    pub fn console(&mut self) -> io::Result<()> {
        self.entry("dev/console", DEVICE, (5, 1), &[])
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.entries = 0;
        self.entry("TRAILER!!!", 0, (0, 0), &[])?;
        Ok(self.out)
    }

    fn entry(
        &mut self,
        name: &str,
        mode: u32,
        device: (u32, u32),
        content: &[u8],
    ) -> io::Result<()> {
        let size = u32::try_from(content.len()).map_err(io::Error::other)?;
        let links = if mode == FOLDER { 2 } else { 1 };
        let fields = [
            self.entries,
            mode,
            0,
            0,
            links,
            0,
            size,
            0,
            0,
            device.0,
            device.1,
            name.len() as u32 + 1,
            0,
        ];
        self.entries += 1;
        let mut header = String::from("070701");
        for field in fields {
            header += &format!("{field:08X}");
        }
        self.put(header.as_bytes())?;
        self.put(name.as_bytes())?;
        self.put(&[0])?;
        self.pad()?;
        self.put(content)?;
        self.pad()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let count = (4 - self.written % 4) % 4;
        self.put([0; 4].get(..count as usize).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_aligned_entries_and_an_end() {
        let mut cpio = Cpio::new(Vec::new());
        cpio.folder("dev").unwrap();
        cpio.console().unwrap();
        cpio.file("init", b"12345").unwrap();
        let bytes = cpio.finish().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let starts: Vec<_> = text.match_indices("070701").map(|(at, _)| at).collect();
        assert_eq!(starts.len(), 4);
        assert!(starts.iter().all(|at| at % 4 == 0));
        let file = &text[starts[2]..starts[3]];
        assert_eq!(&file[6..22], "00000002000081ED");
        assert_eq!(&file[54..62], "00000005");
        assert!(file[110..].starts_with("init\0\x0012345\0\0\0"));
        assert!(text[starts[3]..].contains("TRAILER!!!\0"));
        assert_eq!(bytes.len() % 4, 0);
    }
}
