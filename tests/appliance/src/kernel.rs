//! The command line in a unified kernel image, which is a section of a PE file.

use anyhow::{Context, Result, ensure};

const SECTION: &[u8; 8] = b".cmdline";

/// Adds a word to it, so that a release does something else than it should.
pub fn append(image: &mut [u8], word: &str) -> Result<()> {
    let number = |image: &[u8], at: usize, length: usize| -> Result<usize> {
        let bytes = image.get(at..at + length).context("a short image")?;
        let mut whole = [0; 8];
        whole
            .get_mut(..length)
            .context("a number")?
            .copy_from_slice(bytes);
        Ok(usize::try_from(u64::from_le_bytes(whole))?)
    };
    let header = number(image, 0x3c, 4)?;
    let sections = number(image, header + 6, 2)?;
    let table = header + 24 + number(image, header + 20, 2)?;
    let entry = (0..sections)
        .map(|index| table + index * 40)
        .find(|at| image.get(*at..*at + 8) == Some(SECTION))
        .context("the image has no command line")?;
    let (length, room, place) = (
        number(image, entry + 8, 4)?,
        number(image, entry + 16, 4)?,
        number(image, entry + 20, 4)?,
    );
    let text = image
        .get(place..place + length)
        .context("a short section")?;
    let ends = text
        .iter()
        .rposition(|byte| *byte != 0 && !byte.is_ascii_whitespace());
    let ends = ends.context("an empty command line")? + 1;
    let added = format!(" {word}");
    ensure!(
        ends + added.len() <= room,
        "the section of the command line has no room for `{word}`"
    );
    let end = place + ends + added.len();
    image
        .get_mut(place + ends..end)
        .context("the section")?
        .copy_from_slice(added.as_bytes());
    let length = u32::try_from(ends + added.len())?;
    image
        .get_mut(entry + 8..entry + 12)
        .context("the entry")?
        .copy_from_slice(&length.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header, one section with the text, and 512 bytes for it.
    fn image(text: &str) -> Vec<u8> {
        let mut image = vec![0; 1024];
        let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x3c, &64_u32.to_le_bytes());
        put(64 + 6, &1_u16.to_le_bytes());
        put(64 + 20, &16_u16.to_le_bytes());
        let entry = 64 + 24 + 16;
        put(entry, SECTION);
        put(entry + 8, &u32::try_from(text.len()).unwrap().to_le_bytes());
        put(entry + 16, &512_u32.to_le_bytes());
        put(entry + 20, &512_u32.to_le_bytes());
        put(512, text.as_bytes());
        image
    }

    #[test]
    fn a_word_is_added_where_there_is_room() {
        let mut changed = image("quiet\n");
        append(&mut changed, "rdinit=/none").unwrap();
        assert_eq!(changed, image("quiet rdinit=/none"));
        assert!(append(&mut changed, &"x".repeat(600)).is_err());
        assert!(append(&mut [0; 64], "x").is_err());
    }
}
