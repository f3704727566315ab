//! A first look at an address, before anybody signs in: whether XAPI answers, which certificate it shows, who vouches for it.
//!
//! Invariant: no account is sent. What is learnt here is only shown to somebody, who decides what to believe.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::rpc::{Encoding, Rpc};
use crate::{Address, Error, Fingerprint, Proxy, Result, Trust, TrustMode};

const TIMEOUT: Duration = Duration::from_secs(15);
/// Any call that needs a session: XAPI refuses it with a code of its own, and nothing else does.
const METHOD: &str = "pool.get_all";
const NO_SESSION: &str = "OpaqueRef:NULL";

/// What was seen at an address.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The certificate that it shows; `None` in plain text.
    pub fingerprint: Option<Fingerprint>,
    /// An authority that this machine trusts vouches for it, under this name.
    pub vouched: bool,
}

/// Looks at an address, through a proxy if there is one.
///
/// # Errors
/// Why it cannot be reached, or that it is not XAPI.
pub async fn probe(address: &Address, proxy: Option<&Proxy>) -> Result<Sight> {
    if !address.tls {
        ask(address, proxy, &TrustMode::FirstUse).await?;
        return Ok(Sight {
            fingerprint: None,
            vouched: false,
        });
    }
    let fingerprint = ask(address, proxy, &TrustMode::FirstUse)
        .await?
        .pinned()
        .into_iter()
        .next();
    let vouched = match ask(address, proxy, &TrustMode::Authorities).await {
        Ok(_) => true,
        Err(Error::CertificateUntrusted { .. }) => false,
        Err(e) => return Err(e),
    };
    Ok(Sight {
        fingerprint,
        vouched,
    })
}

async fn ask(address: &Address, proxy: Option<&Proxy>, mode: &TrustMode) -> Result<Arc<Trust>> {
    let trust = Trust::new(mode).map_err(|e| Error::Unreachable {
        host: address.authority(),
        source: Box::new(e),
    })?;
    let rpc = Rpc::new(Arc::clone(&trust), proxy.cloned())?;
    for encoding in [Encoding::Json, Encoding::Xml] {
        match rpc
            .call(address, encoding, METHOD, &[json!(NO_SESSION)], TIMEOUT)
            .await
        {
            Ok(None) => {}
            Ok(Some(_)) | Err(Error::Api(_)) => return Ok(trust),
            Err(e) => return Err(e),
        }
    }
    Err(Error::Garbage {
        host: address.authority(),
        method: METHOD.into(),
        detail: "neither JSON-RPC nor XML-RPC".into(),
    })
}
