//! Why nothing was signed or published: what is wrong, where, and what to do.

use std::io;
use std::path::PathBuf;

/// Why nothing was signed or published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file or folder cannot be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// Read, write, make.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No appliance would show them.
    #[error("{} has {length} bytes: release notes may have {limit}", path.display())]
    LongNotes {
        /// The file.
        path: PathBuf,
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// New keys would take the place of others.
    #[error("{} has keys already: choose another folder, or rotate a key of this one", path.display())]
    KeysExist {
        /// The folder.
        path: PathBuf,
    },
    /// Private keys in a repository of sources.
    #[error("{} would be committed to Git with the keys in it: choose a folder outside, or have Git ignore it", path.display())]
    KeysInGit {
        /// The folder.
        path: PathBuf,
    },
    /// It is not clear which key is meant.
    #[error(
        "the newest root in {} names {} {role} keys whose ID begins with {key:?}: `xo-image-build keys list` tells those that it names",
        path.display(), if *found == 0 { "no".to_owned() } else { found.to_string() }
    )]
    NoKey {
        /// Of whom.
        role: &'static str,
        /// What was asked for.
        key: String,
        /// How many there are.
        found: usize,
        /// The folder.
        path: PathBuf,
    },
    /// Whether it follows that root cannot be seen.
    #[error(
        "{} cannot be signed without the root before it: bring {} from where it began", path.display(), missing.display()
    )]
    NoPredecessor {
        /// The root that waits.
        path: PathBuf,
        /// What is missing.
        missing: PathBuf,
    },
    /// The keys here have nothing to do with it.
    #[error("{} does not follow {}, whose root keys are all others: sign it in a folder with the roots that it comes from", path.display(), root.display())]
    OtherRoots {
        /// The root that waits.
        path: PathBuf,
        /// The newest root here.
        root: PathBuf,
    },
    /// A root that does not belong where it is.
    #[error(
        "{} cannot be what its name says: {reason}; nothing was moved or signed. Remove it, or bring the right roots \
         (from the repository's metadata/, say)", path.display()
    )]
    OddRoot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Clients could not follow to the root that these keys are of.
    #[error(
        "the chain of roots is not whole: bring {roots} into {} (all that the repository has are in {})", keys.display(), metadata.display()
    )]
    MissingRoots {
        /// The folder of keys.
        keys: PathBuf,
        /// What is missing there.
        roots: String,
        /// Where the repository has its roots.
        metadata: PathBuf,
    },
    /// A file of a release is not what was signed.
    #[error("{} is not the file that was signed: restore it, or publish the release anew under another version", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A private key cannot be read.
    #[error(
        "{} is no private key ({reason}): move it away; the key that it was is then as one that is lost, and can be rotated", path.display()
    )]
    BadKey {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// None of the keys has to do with the root beside them.
    #[error(
        "{} names none of the keys in that folder, so none was moved: bring the root that they are of, or take the keys away if all were replaced", path.display()
    )]
    NoneNamed {
        /// The root.
        path: PathBuf,
    },
    /// Nobody would believe the repository as it is.
    #[error(
        "{} is not signed by the keys that the newest root names: run `xo-image-build publish --refresh --with-targets`", path.display()
    )]
    Stale {
        /// The file.
        path: PathBuf,
    },
    /// Another root of its number counts.
    #[error(
        "{} came too late: {} is another root, which counts already; give the one that waits up \
         (`xo-image-build keys abandon`), and change the keys anew", path.display(), by.display()
    )]
    Overtaken {
        /// The root that waits.
        path: PathBuf,
        /// The one that counts.
        by: PathBuf,
    },
    /// There is nothing to sign.
    #[error("no root waits for signatures in {}: `xo-image-build keys rotate` and `keys renew` make one", path.display())]
    NothingWaits {
        /// The folder.
        path: PathBuf,
    },
    /// There is no root.
    #[error(
        "no <version>.root.json in {}: {}", path.display(),
        if *has_keys { "bring the roots that its keys are of, which the repository has in metadata/" } else { "`xo-image-build keys make` begins one" }
    )]
    NoRoot {
        /// The folder.
        path: PathBuf,
        /// Whether keys are there.
        has_keys: bool,
    },
    /// No client of the repository would believe what they sign.
    #[error(
        "the keys in {} are not those of the repository {}: name its own with `--keys`", keys.display(), repository.display()
    )]
    OtherKeys {
        /// The folder of keys.
        keys: PathBuf,
        /// The repository.
        repository: PathBuf,
    },
    /// Too few keys are here.
    #[error("{role}: {signatures} signatures of {threshold}; bring more keys into {}/{role}", path.display())]
    TooFewKeys {
        /// Who must sign.
        role: &'static str,
        /// How many signatures the keys here gave.
        signatures: u64,
        /// How many are needed.
        threshold: u64,
        /// The folder of keys.
        path: PathBuf,
    },
    /// A root waits for signatures.
    #[error(
        "{} waits for signatures: sign it (`xo-image-build keys sign`) or give it up (`xo-image-build keys abandon`)", path.display()
    )]
    Unfinished {
        /// The root.
        path: PathBuf,
    },
    /// A file of metadata is not as it should be.
    #[error("{} is not as expected: {reason}", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nothing to work on.
    #[error("{} is no repository: publish a release there first", path.display())]
    NoRepository {
        /// The folder.
        path: PathBuf,
    },
    /// A version was published before.
    #[error(
        "version {version} is published already, with other files: give the new one another version"
    )]
    Published {
        /// The version.
        version: String,
    },
    /// Publishing once more changes nothing of that.
    #[error(
        "version {version} is published already, with {option} {before}, which publishing it once more does not change: \
         channels are changed by `publish --promote`, all else by a new version"
    )]
    PublishedOtherwise {
        /// The version.
        version: String,
        /// Which setting.
        option: &'static str,
        /// What it is.
        before: String,
    },
    /// An appliance that installed it would go on being offered it.
    #[error(
        "the image on {} is of version {image}, not {version}: publish it as that, or build an image of version {version}",
        path.display()
    )]
    OtherVersion {
        /// The disk.
        path: PathBuf,
        /// What the image says.
        image: String,
        /// What was to be published.
        version: String,
    },
    /// No appliance would take the release, or run it.
    #[error(
        "{option} is {value}, which is above the release itself ({version}): give one that is not"
    )]
    AboveRelease {
        /// Which setting.
        option: &'static str,
        /// What it is.
        value: String,
        /// The version of the release.
        version: String,
    },
    /// Appliances that installed it would not believe this repository any longer.
    #[error(
        "the image on {} has {root}: appliances that install it take nothing from this repository any more; \
         build it with `--root` and a root of {}, or allow it with `--any-root`", path.display(), keys.display()
    )]
    OtherRoot {
        /// The disk.
        path: PathBuf,
        /// What it has instead.
        root: &'static str,
        /// The folder of keys.
        keys: PathBuf,
    },
    /// A version was not published.
    #[error("version {version} is not in {}", path.display())]
    NotPublished {
        /// The version.
        version: String,
        /// The repository.
        path: PathBuf,
    },
    /// The disk is not one of ours.
    #[error("{} is no disk of the appliance: {reason}", path.display())]
    Disk {
        /// The disk.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The index of chunks cannot be made.
    #[error("cannot make the chunk index {}", path.display())]
    Chunks {
        /// The file.
        path: PathBuf,
        /// What the library said.
        source: bitar::api::compress::CreateArchiveError,
    },
    /// A signature cannot be made.
    #[error("cannot sign: {reason}")]
    Sign {
        /// What the library said.
        reason: String,
    },
}

impl PublishError {
    pub(crate) fn file(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }

    pub(super) fn sign(reason: &impl ToString) -> Self {
        Self::Sign {
            reason: reason.to_string(),
        }
    }
}
