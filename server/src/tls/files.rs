//! The files of the certificate and its key: made when they are not there, made anew before ours ends, replaced together.
//!
//! Invariant: one pair is there, the old one or the new one, whatever moment the power goes.

use std::fs::Metadata;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use xo_api::Certificate;

/// Whoever pinned its fingerprint has to be asked again when it ends, so that is seldom.
const VALID: Duration = Duration::from_hours(10 * 365 * 24);
const RENEWED_BEFORE: Duration = Duration::from_hours(30 * 24);
/// A clock that is a little behind ours finds it valid too.
const VALID_ALREADY: Duration = Duration::from_hours(24);
/// What the names of the certificates that we make begin with.
const NAME: &str = "XOA ";

/// `tls.crt` and `tls.key` (PEM) in the data folder.
#[derive(Debug, Clone)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self {
            certificate: data_dir.join("tls.crt"),
            key: data_dir.join("tls.key"),
        }
    }

    /// Puts a judged pair in the place of the old one.
    ///
    /// The key goes to its place first: a lone new certificate beside it means that the rest is still to be done, and [`Files::finish`]
    /// does it.
    pub(super) fn write(&self, chain: &str, key: &str) -> Result<()> {
        let [new_certificate, new_key] = self.fresh();
        write_whole(&new_key, key)?;
        write_whole(&new_certificate, chain)?;
        rename(&new_key, &self.key)?;
        rename(&new_certificate, &self.certificate)
    }

    /// What a power cut left of [`Files::write`]: finished when it was half done, forgotten when it had not begun.
    fn finish(&self) -> Result<()> {
        let [new_certificate, new_key] = self.fresh();
        if new_certificate.exists() && !new_key.exists() {
            return rename(&new_certificate, &self.certificate);
        }
        for path in [new_certificate, new_key] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fresh(&self) -> [PathBuf; 2] {
        [&self.certificate, &self.key].map(|path| {
            let mut name = path.clone().into_os_string();
            name.push(".new");
            name.into()
        })
    }

    /// Sees to it that there is a certificate: ends what a power cut interrupted, then as [`Files::renew`].
    pub(super) fn ensure(&self, now: SystemTime) -> Result<()> {
        self.finish()?;
        self.renew(now)
    }

    /// Makes a self-signed ECDSA P-256 certificate unless there is one, and another before ours ends; the key stays the same.
    pub(super) fn renew(&self, now: SystemTime) -> Result<()> {
        let key = if !(holds_something(&self.certificate) && holds_something(&self.key)) {
            KeyPair::generate().context("cannot make a key")?
        } else if self.is_own_and_unfit(now) {
            let pem = std::fs::read_to_string(&self.key);
            let pem = pem.with_context(|| format!("cannot read {}", self.key.display()))?;
            tracing::info!("the TLS certificate is renewed: its fingerprint changes");
            KeyPair::from_pem(&pem).context("cannot understand the TLS key")?
        } else {
            return Ok(());
        };
        let certificate = parameters(now)?
            .self_signed(&key)
            .context("cannot make a certificate")?;
        self.write(&certificate.pem(), &key.serialize_pem())
    }

    /// Whether the certificate is one that we made, and about to end, or made while the clock was far ahead.
    fn is_own_and_unfit(&self, now: SystemTime) -> bool {
        let Ok(der) = CertificateDer::from_pem_file(&self.certificate) else {
            return false;
        };
        let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else {
            return false;
        };
        let mut names = parsed.subject().iter_common_name();
        let is_ours = names.any(|name| name.as_str().is_ok_and(|n| n.starts_with(NAME)));
        let seconds = |time: SystemTime| {
            let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH);
            since_epoch.map_or(0, |since| since.as_secs().cast_signed())
        };
        let validity = parsed.validity();
        let ends = validity.not_after.timestamp() <= seconds(now + RENEWED_BEFORE);
        let is_early = validity.not_before.timestamp() > seconds(now);
        is_ours && parsed.subject() == parsed.issuer() && (ends || is_early)
    }

    pub(super) async fn load(&self) -> Result<RustlsConfig> {
        RustlsConfig::from_pem_file(&self.certificate, &self.key)
            .await
            .with_context(|| self.unusable())
    }

    /// Has a configuration show what is in the files.
    pub(super) async fn reload(&self, config: &RustlsConfig) -> Result<()> {
        let reloaded = config.reload_from_pem_file(&self.certificate, &self.key);
        reloaded.await.with_context(|| self.unusable())
    }

    fn unusable(&self) -> String {
        format!(
            "cannot use {} and {}: expected a PEM certificate and its PEM key",
            self.certificate.display(),
            self.key.display()
        )
    }

    /// What browsers show of it.
    pub(super) fn describe(&self) -> Result<Certificate> {
        let der = CertificateDer::from_pem_file(&self.certificate)
            .context("cannot read the certificate")?;
        let hash = digest::digest(&digest::SHA256, &der);
        let pairs: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
        let (_, parsed) = x509_parser::parse_x509_certificate(&der)
            .context("the certificate cannot be understood")?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        let ms = |time: x509_parser::time::ASN1Time| time.timestamp().saturating_mul(1000);
        let validity = parsed.validity();
        Ok(Certificate {
            fingerprint: pairs.join(":"),
            names: names.unwrap_or_default(),
            not_before: ms(validity.not_before),
            not_after: ms(validity.not_after),
            self_signed: parsed.subject() == parsed.issuer(),
        })
    }

    /// What differs when they are changed.
    pub(super) fn marks(&self) -> [Option<Mark>; 2] {
        [&self.certificate, &self.key].map(|path| path.metadata().ok().map(|file| Mark::of(&file)))
    }
}

/// The times that a file system keeps are too coarse for two changes at once: a file that takes another one's place is told by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    seconds: i64,
    nanoseconds: i64,
    number: u64,
    length: u64,
}

impl Mark {
    fn of(file: &Metadata) -> Self {
        Self {
            seconds: file.mtime(),
            nanoseconds: file.mtime_nsec(),
            number: file.ino(),
            length: file.len(),
        }
    }
}

/// What stands in a certificate that is made now.
fn parameters(now: SystemTime) -> Result<CertificateParams> {
    let host = crate::process::host_name();
    let mut params = CertificateParams::new(vec!["localhost".to_owned(), host.clone()])
        .context("the host name is unfit for a certificate")?;
    for address in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.not_before = (now - VALID_ALREADY).into();
    params.not_after = (now + VALID).into();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, format!("{NAME}{host}"));
    params.distinguished_name = name;
    Ok(params)
}

/// An empty file is what a power cut leaves of one that was never written through.
fn holds_something(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

fn write_whole(path: &Path, content: &str) -> Result<()> {
    crate::process::write_private(path, content.as_bytes())?;
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("cannot write {}", path.display()))
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    std::fs::rename(from, to)
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .with_context(|| format!("cannot put {} in its place", to.display()))
}

/// Of names in a certificate, those that a browser compares with an address.
fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_at(now: SystemTime) -> (tempfile::TempDir, Files) {
        let folder = tempfile::TempDir::new().unwrap();
        let files = Files::of(folder.path());
        files.ensure(now).unwrap();
        (folder, files)
    }

    #[test]
    fn a_file_in_the_place_of_another_one_is_another_one_also_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        std::fs::write(&files.certificate, "a").unwrap();
        let (before, time) = (
            files.marks(),
            files.certificate.metadata().unwrap().modified().unwrap(),
        );
        assert_eq!(files.marks(), before);
        let fresh = folder.path().join("fresh");
        std::fs::write(&fresh, "b").unwrap();
        std::fs::File::options()
            .write(true)
            .open(&fresh)
            .unwrap()
            .set_modified(time)
            .unwrap();
        std::fs::rename(&fresh, &files.certificate).unwrap();
        assert_ne!(files.marks(), before);
    }

    #[test]
    fn a_certificate_is_kept_until_it_is_about_to_end() {
        let now = SystemTime::now();
        for (age, is_renewed) in [
            (VALID - RENEWED_BEFORE - Duration::from_secs(60), false),
            (VALID - RENEWED_BEFORE + Duration::from_secs(60), true),
            (VALID + RENEWED_BEFORE, true),
        ] {
            let (_folder, files) = made_at(now - age);
            let before = files.describe().unwrap();
            let key = std::fs::read(&files.key).unwrap();
            files.ensure(now).unwrap();
            let after = files.describe().unwrap();
            assert_eq!(
                before.fingerprint != after.fingerprint,
                is_renewed,
                "{age:?}"
            );
            assert_eq!(after.not_after > before.not_after, is_renewed, "{age:?}");
            assert_eq!(std::fs::read(&files.key).unwrap(), key);
        }
    }

    #[test]
    fn a_certificate_of_a_clock_that_was_years_ahead_is_made_anew() {
        let now = SystemTime::now();
        let (_folder, files) = made_at(now + VALID);
        let before = files.describe().unwrap();
        files.ensure(now).unwrap();
        let after = files.describe().unwrap();
        assert!(after.not_before < before.not_before);
        files.ensure(now).unwrap();
        assert_eq!(files.describe().unwrap().fingerprint, after.fingerprint);
    }

    #[test]
    fn a_certificate_of_others_is_never_touched() {
        let (_folder, files) = made_at(SystemTime::now() - VALID - RENEWED_BEFORE);
        let mut theirs = parameters(SystemTime::now() - VALID - RENEWED_BEFORE).unwrap();
        theirs
            .distinguished_name
            .push(DnType::CommonName, "manager.example");
        let key = KeyPair::generate().unwrap();
        let pem = theirs.self_signed(&key).unwrap().pem();
        std::fs::write(&files.certificate, &pem).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files.ensure(SystemTime::now()).unwrap();
        assert_eq!(std::fs::read_to_string(&files.certificate).unwrap(), pem);
    }

    #[test]
    fn empty_files_count_as_absent() {
        for emptied in [&["tls.crt"][..], &["tls.key"], &["tls.crt", "tls.key"]] {
            let (folder, files) = made_at(SystemTime::now());
            for name in emptied {
                std::fs::write(folder.path().join(name), "").unwrap();
            }
            files.ensure(SystemTime::now()).unwrap();
            let pem = std::fs::read_to_string(&files.key).unwrap();
            let key = KeyPair::from_pem(&pem).unwrap();
            files.describe().unwrap();
            assert_eq!(
                key.algorithm(),
                &rcgen::PKCS_ECDSA_P256_SHA256,
                "{emptied:?}"
            );
        }
    }

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["xoa".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    /// What each moment of a power cut leaves: which of the files are new ones, which are in their places.
    #[tokio::test]
    async fn a_power_cut_leaves_the_old_pair_or_the_new_one() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (old, new) = (pair(), pair());
        for (written, moved, is_new) in [
            (0, 0, false),
            (1, 0, false),
            (2, 0, false),
            (2, 1, true),
            (2, 2, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let files = Files::of(folder.path());
            files.write(&old.0, &old.1).unwrap();
            let [new_certificate, new_key] = files.fresh();
            if written > 0 {
                write_whole(&new_key, &new.1).unwrap();
            }
            if written > 1 {
                write_whole(&new_certificate, &new.0).unwrap();
            }
            if moved > 0 {
                rename(&new_key, &files.key).unwrap();
            }
            if moved > 1 {
                rename(&new_certificate, &files.certificate).unwrap();
            }
            files.ensure(SystemTime::now()).unwrap();
            files.load().await.unwrap();
            let expected = if is_new { &new } else { &old };
            let at = format!("{written} written, {moved} moved");
            assert_eq!(
                std::fs::read_to_string(&files.certificate).unwrap(),
                expected.0,
                "{at}"
            );
            assert_eq!(
                std::fs::read_to_string(&files.key).unwrap(),
                expected.1,
                "{at}"
            );
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "{at}");
        }
    }
}
