//! The server's own certificate: made on first start, renewed before it ends, replaced by an upload or by putting other files in its place.
//!
//! `tls.crt` and `tls.key` (PEM) in the data folder ([`files`]). A change of the files is taken over without a restart. What is uploaded is
//! judged first ([`judge`]).
//!
//! Invariant: one change at a time, and whoever watches hears of each certificate that is shown.

mod files;
mod judge;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use axum_server::tls_rustls::RustlsConfig;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use xo_api::Certificate;

use files::{Files, Mark};

const CHECK_EVERY: Duration = Duration::from_secs(2);

/// Whether the pair in a folder can be used; none at all can.
pub(crate) async fn look(data_dir: &Path) -> Result<()> {
    let files = Files::of(data_dir);
    if files.marks() == [None, None] {
        return Ok(());
    }
    provide();
    files.load().await.map(drop)
}

/// The libraries that bring TLS must agree on one provider; a second call finds it installed.
pub(crate) fn provide() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// What is shown over TLS, and what it takes to show another one.
#[derive(Clone)]
pub(crate) struct InUse {
    files: Files,
    config: RustlsConfig,
    shown: watch::Sender<Certificate>,
    /// Whoever changes the files, or takes them over.
    changing: Arc<Mutex<()>>,
    /// Of the files that were taken at the start.
    marks: [Option<Mark>; 2],
}

impl InUse {
    /// Sees to it that there is a certificate, and takes it.
    pub(crate) async fn open(data_dir: &Path, now: SystemTime) -> Result<Self> {
        let files = Files::of(data_dir);
        files.ensure(now)?;
        Ok(Self {
            marks: files.marks(),
            config: files.load().await?,
            shown: watch::Sender::new(files.describe()?),
            files,
            changing: Arc::default(),
        })
    }

    /// For listeners; it changes under them.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// What is shown now.
    pub(crate) fn certificate(&self) -> Certificate {
        self.shown.borrow().clone()
    }

    /// The one that is shown, then each other one.
    pub(crate) fn watch(&self) -> watch::Receiver<Certificate> {
        self.shown.subscribe()
    }

    /// Judges a pair, keeps it, and shows it to whoever connects from now on.
    pub(crate) async fn replace(&self, chain: &str, key: &str) -> xo_engine::Result<Certificate> {
        judge::judge(chain, key, SystemTime::now())?;
        let _alone = self.changing.lock().await;
        let unusable = |error: anyhow::Error| xo_engine::Error::Unavailable(format!("{error:#}"));
        self.files.write(chain, key).map_err(unusable)?;
        self.take_over().await.map_err(unusable)
    }

    /// Renews the certificate in time, and takes changed files over; files that do not fit are left alone with a word in the log.
    pub(crate) async fn follow(self, stopping: CancellationToken) {
        let mut known = self.marks;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
            let _alone = self.changing.lock().await;
            if let Err(error) = self.files.renew(SystemTime::now()) {
                tracing::warn!("the TLS certificate is not renewed: {error:#}");
            }
            let now = self.files.marks();
            if now == known {
                continue;
            }
            known = now;
            if let Err(error) = self.take_over().await {
                tracing::error!(
                    "the new TLS certificate cannot be used, the old one stays: {error:#}"
                );
            }
        }
    }

    /// Shows what is in the files.
    async fn take_over(&self) -> Result<Certificate> {
        self.files.reload(&self.config).await?;
        let certificate = self.files.describe()?;
        let is_another = self.shown.send_if_modified(|shown| {
            let is_another = shown.fingerprint != certificate.fingerprint;
            shown.clone_from(&certificate);
            is_another
        });
        if is_another {
            let fingerprint = &certificate.fingerprint;
            tracing::info!(fingerprint, "another TLS certificate is in use");
        }
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["xoa".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    async fn opened() -> (tempfile::TempDir, InUse) {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let in_use = InUse::open(folder.path(), SystemTime::now()).await.unwrap();
        (folder, in_use)
    }

    /// The next one that a watcher hears of.
    async fn next(watch: &mut watch::Receiver<Certificate>) -> String {
        let patience = Duration::from_secs(60);
        let changed = tokio::time::timeout(patience, watch.changed()).await;
        changed.expect("nobody was told").unwrap();
        watch.borrow_and_update().fingerprint.clone()
    }

    #[tokio::test]
    async fn whoever_watches_hears_of_an_upload_once() {
        let (_folder, in_use) = opened().await;
        let mut watch = in_use.watch();
        let (chain, key) = pair();
        let first = in_use.certificate();
        let uploaded = in_use.replace(&chain, &key).await.unwrap();
        assert_ne!(uploaded.fingerprint, first.fingerprint);
        assert_eq!(next(&mut watch).await, uploaded.fingerprint);
        in_use.replace(&chain, &key).await.unwrap();
        assert!(!watch.has_changed().unwrap(), "it is the same one");
        in_use.replace(&chain, "no key").await.unwrap_err();
        assert_eq!(in_use.certificate().fingerprint, uploaded.fingerprint);
    }

    #[tokio::test]
    async fn whoever_watches_hears_of_changed_files_and_of_lost_ones() {
        let (folder, in_use) = opened().await;
        let mut watch = in_use.watch();
        let stopping = CancellationToken::new();
        let following = tokio::spawn(in_use.clone().follow(stopping.clone()));
        let (other, elsewhere) = (Files::of(folder.path()), pair());
        other.write(&elsewhere.0, &elsewhere.1).unwrap();
        let expected = other.describe().unwrap().fingerprint;
        assert_eq!(next(&mut watch).await, expected);
        // Lost: another one is made.
        std::fs::write(folder.path().join("tls.crt"), "").unwrap();
        assert_ne!(next(&mut watch).await, expected);
        stopping.cancel();
        following.await.unwrap();
    }

    #[tokio::test]
    async fn uploads_at_once_leave_one_whole_pair() {
        let (folder, in_use) = opened().await;
        let pairs: Vec<_> = (0..8).map(|_| pair()).collect();
        let uploads = pairs.iter().map(|(chain, key)| {
            let (in_use, chain, key) = (in_use.clone(), chain.clone(), key.clone());
            tokio::spawn(async move { in_use.replace(&chain, &key).await.unwrap() })
        });
        for upload in uploads.collect::<Vec<_>>() {
            upload.await.unwrap();
        }
        let files = Files::of(folder.path());
        files.load().await.unwrap();
        assert_eq!(
            files.describe().unwrap().fingerprint,
            in_use.certificate().fingerprint
        );
    }
}
