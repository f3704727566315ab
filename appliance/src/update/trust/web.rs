//! HTTP(S), through a proxy if there is one. Names of files are appended to one address.
//!
//! Invariant: every wait has a limit, no answer is longer than what was asked for.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::RANGE;
use reqwest::{Client, Proxy, Response, StatusCode, redirect};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use super::error::TrustError;
use crate::update::causes;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two pieces of an answer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const REDIRECTS: usize = 5;
const AGENT: &str = concat!("xoa/", env!("CARGO_PKG_VERSION"));

/// An address, and who asks there.
#[derive(Debug, Clone)]
pub(super) struct Web {
    base: Url,
    client: Client,
    /// The proxy, without its password.
    proxy: Option<String>,
}

impl Web {
    /// Asks nobody yet.
    pub(super) fn open(base: &Url, proxy: Option<&str>) -> Result<Self, TrustError> {
        let client = client(base, proxy)?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let proxy = proxy.map(without_account);
        Ok(Self {
            base,
            client,
            proxy,
        })
    }

    /// A whole file of at most `limit` bytes.
    pub(super) async fn document(&self, name: &str, limit: u64) -> Result<Vec<u8>, TrustError> {
        let mut response = self.get(name, None).await?;
        let mut document = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| unreachable(name, &e))? {
            document.extend_from_slice(&piece);
            if document.len() as u64 > limit {
                return Err(TrustError::TooLong {
                    file: name.to_owned(),
                    limit,
                });
            }
        }
        Ok(document)
    }

    /// The answer that brings a file, or a part of it.
    pub(super) async fn get(
        &self,
        name: &str,
        range: Option<&Range<u64>>,
    ) -> Result<Response, TrustError> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(name.split('/'));
        }
        let mut request = self.client.get(url);
        if let Some(range) = range {
            let last = range.end.saturating_sub(1);
            request = request.header(RANGE, format!("bytes={}-{last}", range.start));
        }
        let file = name.to_owned();
        let lost = |reason: String| TrustError::Unreachable {
            file: file.clone(),
            reason: match &self.proxy {
                Some(proxy) => format!("through the proxy {proxy}: {reason}"),
                None => reason,
            },
        };
        let response = request.send().await.map_err(|e| lost(causes(&e)))?;
        match (response.status(), range) {
            (StatusCode::OK, Some(range)) if range.start > 0 => Err(TrustError::NoRanges { file }),
            (StatusCode::OK, _) | (StatusCode::PARTIAL_CONTENT, Some(_)) => Ok(response),
            // Stores of objects answer 403 where there is nothing.
            (StatusCode::NOT_FOUND | StatusCode::FORBIDDEN, _) => Err(TrustError::Missing { file }),
            (status, _) => Err(lost(format!("the answer was {status}"))),
        }
    }
}

/// The client for a repository. The authorities are the system's; signatures are what is believed.
fn client(base: &Url, proxy: Option<&str>) -> Result<Client, TrustError> {
    let unusable = |reason: String| TrustError::Setting {
        what: "the address of the update repository",
        value: base.to_string(),
        reason,
    };
    let is_encrypted = match base.scheme() {
        "https" => true,
        "http" => false,
        other => return Err(unusable(format!("{other} is neither https nor http"))),
    };
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| unusable(e.to_string()))?
        .with_no_client_auth();
    let mut client = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(AGENT)
        .redirect(redirect::Policy::limited(REDIRECTS))
        // Where `https` was asked for, no other address is followed.
        .https_only(is_encrypted)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(IDLE_TIMEOUT)
        .no_proxy();
    if let Some(proxy) = proxy {
        let rule = Proxy::all(proxy).map_err(|e| TrustError::Setting {
            what: "the proxy",
            value: without_account(proxy),
            reason: causes(&e),
        })?;
        client = client.proxy(rule);
    }
    client.build().map_err(|e| unusable(causes(&e)))
}

/// A proxy's password is shown to nobody.
fn without_account(proxy: &str) -> String {
    proxy.rsplit('@').next().unwrap_or_default().to_owned()
}

pub(super) fn unreachable(name: &str, error: &reqwest::Error) -> TrustError {
    TrustError::Unreachable {
        file: name.to_owned(),
        reason: causes(error),
    }
}
