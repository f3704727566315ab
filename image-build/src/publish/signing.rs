//! Keys in files, and signatures made with them.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use tough::key_source::{KeySource, LocalKeySource};
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{Role, Root, Signature, Signed};
use tough::sign::Sign;

use super::error::PublishError;

/// A private key.
pub(super) struct PrivateKey {
    pub(super) id: Decoded<Hex>,
    pub(super) sign: Box<dyn Sign>,
}

/// Makes an Ed25519 key: PKCS #8 in DER, and what signs with it.
pub(super) fn make() -> Result<(Vec<u8>, PrivateKey), PublishError> {
    let content =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|e| PublishError::sign(&e))?;
    let content = content.as_ref().to_vec();
    let sign = Ed25519KeyPair::from_pkcs8(&content).map_err(|e| PublishError::sign(&e))?;
    let id = sign
        .tuf_key()
        .key_id()
        .map_err(|e| PublishError::sign(&e))?;
    let sign = Box::new(sign);
    Ok((content, PrivateKey { id, sign }))
}

/// Writes a new file that only its owner reads.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), PublishError> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content))
        .map_err(PublishError::file("write", path))
}

pub(super) fn read(path: &Path) -> Result<PrivateKey, PublishError> {
    let source = LocalKeySource {
        path: path.to_owned(),
    };
    let sign = runtime()?
        .block_on(source.as_sign())
        .map_err(|e| PublishError::BadKey {
            path: path.to_owned(),
            reason: e.to_string(),
        })?;
    let id = sign.tuf_key().key_id().map_err(|e| metadata(path, &e))?;
    Ok(PrivateKey { id, sign })
}

/// Signs with those of the keys that one of the roots names for this role; signatures that are there stay.
pub(super) fn sign<T: Role>(
    document: &mut Signed<T>,
    keys: &[PrivateKey],
    roots: &[&Root],
) -> Result<(), PublishError> {
    let bytes = document.signed.canonical_form();
    let bytes = bytes.map_err(|e| PublishError::sign(&e))?;
    let runtime = runtime()?;
    for key in keys {
        let is_named = roots.iter().any(|root| {
            let role = root.roles.get(&T::TYPE);
            role.is_some_and(|role| role.keyids.contains(&key.id))
        });
        let is_there = document.signatures.iter().any(|s| s.keyid == key.id);
        if !is_named || is_there {
            continue;
        }
        let signature = runtime
            .block_on(key.sign.sign(&bytes, &SystemRandom::new()))
            .map_err(|e| PublishError::sign(&e))?;
        document.signatures.push(Signature {
            keyid: key.id.clone(),
            sig: signature.into(),
        });
    }
    Ok(())
}

pub(super) fn runtime() -> Result<Runtime, PublishError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| PublishError::sign(&e))
}

/// Whether enough keys of a root and of the one before it signed it; otherwise whose are too few.
pub(super) fn follows(before: Option<&Signed<Root>>, root: &Signed<Root>) -> Result<(), u64> {
    let signers = before.into_iter().chain([root]);
    for signer in signers {
        if signer.signed.verify_role(root).is_err() {
            return Err(signer.signed.version.get());
        }
    }
    Ok(())
}

/// Reads a file of metadata.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Result<Signed<T>, PublishError> {
    let bytes = fs::read(path).map_err(PublishError::file("read", path))?;
    serde_json::from_slice(&bytes).map_err(|e| metadata(path, &e))
}

pub(super) fn text<T: Serialize>(document: &Signed<T>) -> Result<Vec<u8>, PublishError> {
    let mut text = serde_json::to_vec_pretty(document).map_err(|e| PublishError::sign(&e))?;
    text.push(b'\n');
    Ok(text)
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), PublishError> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, content)
        .and_then(|()| fs::rename(&fresh, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&fresh);
        })
        .map_err(PublishError::file("write", path))
}

pub(super) fn metadata(path: &Path, reason: &impl ToString) -> PublishError {
    PublishError::Metadata {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// The file of a role with the highest version: `<version>.<name>.json`.
pub(super) fn newest(folder: &Path, name: &str) -> Option<(u64, PathBuf)> {
    versions(folder, name).into_iter().max()
}

/// All versions of a file of metadata that are in a folder.
pub(super) fn versions(folder: &Path, name: &str) -> HashMap<u64, PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let file = entry.file_name();
            let (version, rest) = file.to_str()?.split_once('.')?;
            let is_it = rest.strip_suffix(".json") == Some(name);
            let number: u64 = version.parse().ok()?;
            // `04.root.json` is not what clients ask for.
            let is_it = is_it && number.to_string() == version;
            Some((Some(number).filter(|_| is_it)?, entry.path()))
        })
        .collect()
}
