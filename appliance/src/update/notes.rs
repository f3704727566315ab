//! Release notes: what people read of a release before they install it. The journal keeps those of an update on its way.
//!
//! Invariant: they are short, and what was signed. A release is installed without them as well, so what is wrong with them alone is logged
//! and stops nothing.

use std::io;

use xo_release::{NOTES_LIMIT, Part};

use super::error;
use super::fetch::fill;
use super::hash::Sum;
use super::source::{File, Offer, Source};
use super::stage::{STORED, same};
use super::{Error, causes};

/// Of a release that can be had; nothing when it has none.
pub(super) fn read(source: &mut dyn Source, offer: &Offer) -> Option<String> {
    let file = offer.files.get(&Part::Notes)?;
    let came = download(source, offer, file);
    if let Err(error) = &came {
        let version = &offer.release.version;
        eprintln!("update: {version} without its notes: {}", causes(error));
    }
    came.ok()
}

fn download(source: &mut dyn Source, offer: &Offer, file: &File) -> Result<String, Error> {
    let part = Part::Notes;
    let length = usize::try_from(file.length).ok();
    let length = length
        .filter(|length| *length <= NOTES_LIMIT)
        .ok_or_else(|| Error::TooLarge {
            version: offer.release.version.clone(),
            part,
            length: file.length,
            room: NOTES_LIMIT as u64,
        })?;
    let version = &offer.release.version;
    let what = || error::io(format!("the {part} of {version} cannot be downloaded"));
    let mut stream = source.read(version, part, 0..file.length).map_err(what())?;
    let mut bytes = vec![0; length];
    let came = fill(&mut *stream, &mut bytes).map_err(what())?;
    if came < length {
        return Err(Error::Truncated {
            part,
            came: came as u64,
            length: file.length,
        });
    }
    let mut sum = Sum::new();
    sum.add(&bytes);
    same(part, STORED, &file.sha256, sum.digits())?;
    let odd = |error| what()(io::Error::new(io::ErrorKind::InvalidData, error));
    let text = String::from_utf8(bytes).map_err(odd)?;
    // They are shown on terminals, too.
    let is_shown = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    Ok(text.chars().filter(is_shown).collect())
}
