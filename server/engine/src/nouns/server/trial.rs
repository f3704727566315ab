//! Before a pool connection is made: a look at the address, then a sign-in that keeps nothing.
//!
//! Invariant: each way in which it cannot work has a code and words that say what to do; no try leaves a session behind.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use xapi::{Address, Credentials, Fingerprint, Limits, Session, Target, Trust, TrustMode};

use crate::pools::error_code;
use crate::{Call, Engine, Error, Result};

/// What `pool.get_all_records` tells that matters here.
#[derive(Deserialize)]
struct PoolRecord {
    uuid: String,
}

/// `server.probe`
pub(super) async fn probe(call: Call) -> Result<Value> {
    let host = call.str("host")?;
    let address: Address = host.parse()?;
    let proxy = super::proxy(&call)?.map(|p| p.parse()).transpose()?;
    let sight = xapi::probe(&address, proxy.as_ref())
        .await
        .map_err(|e| in_words(&address, &e))?;
    Ok(json!({
        "host": host.trim(),
        "encrypted": address.tls,
        "fingerprint": sight.fingerprint.map(|f| f.to_string()),
        "vouched": sight.vouched,
    }))
}

/// Fails unless a connection with these settings will work and is not there yet.
pub(super) async fn check(
    engine: &Engine,
    host: &str,
    credentials: Credentials,
    trust: TrustMode,
    proxy: Option<&str>,
) -> Result<()> {
    let address: Address = host.parse()?;
    let known = engine.store.servers().list().await?;
    if known
        .iter()
        .any(|server| server.host.parse::<Address>().is_ok_and(|a| a == address))
    {
        return Err(Error::CannotConnect {
            code: "DUPLICATE_POOL".into(),
            params: vec![host.to_owned()],
            reason: format!("{host} is the address of a connection that is here already"),
        });
    }
    let trust = Trust::new(&trust).map_err(|e| Error::Unavailable(e.to_string()))?;
    let target = Target {
        address: address.clone(),
        credentials,
        trust: Arc::clone(&trust),
        proxy: proxy.map(str::parse).transpose()?,
        read_only: true,
        limits: Limits::default(),
    };
    let session = Session::login_there(&target)
        .await
        .map_err(|e| in_words(&address, &e))?;
    let pools = session
        .call::<std::collections::HashMap<String, PoolRecord>>("pool.get_all_records", json!([]))
        .await;
    session.logout().await;
    let pools = pools.map_err(|e| in_words(&address, &e))?;
    let connected = pools
        .into_values()
        .find_map(|pool| engine.inventory.find(&pool.uuid));
    match connected {
        Some(pool) => {
            let name = pool
                .at("name_label")
                .and_then(|n| n.as_str().map(str::to_owned));
            let name = name.unwrap_or_else(|| pool.id.to_string());
            Err(Error::CannotConnect {
                code: "DUPLICATE_POOL".into(),
                reason: format!("the pool {name} is connected already: {host} is one of its hosts"),
                params: vec![name],
            })
        }
        None => Ok(()),
    }
}

/// Which certificates a new connection believes.
pub(super) fn trust_for(
    fingerprint: Option<&str>,
    allow_unauthorized: bool,
) -> Result<(TrustMode, Option<String>)> {
    let Some(text) = fingerprint else {
        let mode = if allow_unauthorized {
            TrustMode::FirstUse
        } else {
            TrustMode::Authorities
        };
        return Ok((mode, None));
    };
    let pin: Fingerprint = text
        .parse()
        .map_err(|reason: &str| Error::invalid("fingerprint", reason))?;
    Ok((TrustMode::Pinned(vec![pin]), Some(pin.to_string())))
}

fn in_words(address: &Address, error: &xapi::Error) -> Error {
    let (at, code) = (address.authority(), error_code(error).to_owned());
    let (params, reason) = match error {
        xapi::Error::Api(e) => {
            let reason = match e.code.as_str() {
                "SESSION_AUTHENTICATION_FAILED" => {
                    format!("{at} refused the account: wrong user name or password")
                }
                "HOST_IS_SLAVE" => {
                    let master = e.params.first().map_or("another host", String::as_str);
                    format!(
                        "{at} is a member of a pool whose master is {master}: connect to the master"
                    )
                }
                _ => format!("{at} refused: {e}"),
            };
            (e.params.clone(), reason)
        }
        xapi::Error::CertificateChanged {
            presented,
            accepted,
            ..
        } => {
            let mut params = vec![presented.to_string()];
            params.extend(accepted.iter().map(ToString::to_string));
            (params, error.to_string())
        }
        xapi::Error::CertificateUntrusted {
            presented, reason, ..
        } => (
            vec![presented.to_string()],
            format!(
                "no authority vouches for the certificate of {at} ({reason}): look at its fingerprint and accept it"
            ),
        ),
        xapi::Error::Garbage { .. } => (
            vec![at.clone()],
            format!("what answers at {at} is not an XCP-ng or XenServer host"),
        ),
        _ => {
            let reason = match Error::from(error.clone()) {
                Error::Unreachable { what, reason, .. } => {
                    format!("{what} cannot be reached: {reason}")
                }
                other => other.to_string(),
            };
            (vec![at.clone()], reason)
        }
    };
    Error::CannotConnect {
        code,
        params,
        reason,
    }
}
