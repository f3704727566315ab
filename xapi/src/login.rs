//! Finding the master of a pool and opening a session there.
//!
//! Invariant: only the master opens a session, whomever one asks: the others refuse and tell where it is.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::rpc::{Encoding, Rpc};
use crate::{Address, ApiError, Credentials, Error, Result};

/// Sessions of ours are labelled with this, so that XAPI counts them together.
const ORIGINATOR: &str = "xoa";
const TIMEOUT: Duration = Duration::from_secs(30);
/// From one member to the next, while a pool changes its master.
const MAX_HOPS: usize = 3;
/// Members that are asked at once.
const PARALLEL: usize = 16;

/// Where a session is, and its reference.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: Address,
    pub(crate) encoding: Encoding,
    pub(crate) session: String,
}

/// Logs in at `first` or at the `members`, whoever is the master; dead ones cost no more than one waiting time together.
pub(crate) async fn among(
    rpc: &Rpc,
    first: &Address,
    members: &[Address],
    account: &Credentials,
) -> Result<Place> {
    let members: Vec<&Address> = members.iter().filter(|m| *m != first).collect();
    if members.is_empty() {
        return follow(rpc, first.clone(), account).await;
    }
    let asked: Vec<Address> = std::iter::once(first).chain(members).cloned().collect();
    let mut answers = stream::iter(asked.clone())
        .map(|address| async move {
            let answer = at(rpc, &address, account).await;
            (address, answer)
        })
        .buffer_unordered(PARALLEL);
    let (mut failure, mut masters) = (None, Vec::new());
    while let Some((address, answer)) = answers.next().await {
        match answer {
            Ok(place) => return Ok(place),
            Err(Error::Api(e)) if e.code == "HOST_IS_SLAVE" => {
                let master = master_of(&address, &e)?;
                if !asked.contains(&master) && !masters.contains(&master) {
                    masters.push(master);
                }
            }
            // A refused account is refused by all, and asking on may lock it.
            Err(e) if is_account_refused(&e) => return Err(e),
            Err(e) if address == *first || failure.is_none() => failure = Some(e),
            Err(_) => {}
        }
    }
    for master in masters {
        match follow(rpc, master, account).await {
            Ok(place) => return Ok(place),
            Err(e) => failure = failure.or(Some(e)),
        }
    }
    Err(failure.unwrap_or_else(|| Error::Timeout {
        host: first.authority(),
        method: METHOD.into(),
    }))
}

/// Logs in at `address`, or where it sends us.
pub(crate) async fn follow(
    rpc: &Rpc,
    mut address: Address,
    account: &Credentials,
) -> Result<Place> {
    for _ in 0..MAX_HOPS {
        match at(rpc, &address, account).await {
            Err(Error::Api(e)) if e.code == "HOST_IS_SLAVE" => address = master_of(&address, &e)?,
            other => return other,
        }
    }
    at(rpc, &address, account).await
}

/// The address of the master, as a supporter told it.
pub(crate) fn master_of(supporter: &Address, error: &ApiError) -> Result<Address> {
    let told = error.params.first().map_or("", String::as_str);
    let master = supporter.with_host(told);
    // Read back, so that what is no host name never becomes part of a URL.
    master.to_string().parse().map_err(|_| Error::Garbage {
        host: supporter.authority(),
        method: METHOD.into(),
        detail: format!("HOST_IS_SLAVE with `{told}` for the master's address"),
    })
}

fn is_account_refused(error: &Error) -> bool {
    matches!(
        error.code(),
        Some("SESSION_AUTHENTICATION_FAILED" | "SESSION_AUTHORIZATION_FAILED")
    )
}

const METHOD: &str = "session.login_with_password";

/// Logs in at `address` and nowhere else.
pub(crate) async fn at(rpc: &Rpc, address: &Address, account: &Credentials) -> Result<Place> {
    let args = [
        json!(account.username),
        json!(account.password),
        json!(env!("CARGO_PKG_VERSION")),
        json!(ORIGINATOR),
    ];
    for encoding in [Encoding::Json, Encoding::Xml] {
        let Some(reply) = rpc.call(address, encoding, METHOD, &args, TIMEOUT).await? else {
            continue;
        };
        let session = reply.parse().map_err(|e| Error::Garbage {
            host: address.authority(),
            method: METHOD.into(),
            detail: e.to_string(),
        })?;
        rpc.trust.settle();
        return Ok(Place {
            address: address.clone(),
            encoding,
            session,
        });
    }
    Err(Error::Garbage {
        host: address.authority(),
        method: METHOD.into(),
        detail: "neither JSON-RPC nor XML-RPC".into(),
    })
}
