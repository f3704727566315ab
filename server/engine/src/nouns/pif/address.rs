//! How an interface gets its addresses.

use serde_json::json;
use xo_inventory::Item;

use super::IPV4_MODES;
use crate::{Call, Error, Result};

pub(super) async fn reconfigure(call: Call) -> Result<()> {
    let pif = call.object("id")?;
    let session = call.pool("id")?.session;
    let given = |name: &str| call.str_opt(name).unwrap_or_default();
    let v4 = v4_mode(&call, pif)?;
    let v6 = v6_mode(&call, pif);
    let (gateway, dns) = (given("gateway"), given("dns"));
    if let Some(mode) = &v6 {
        let gateway = if v4.is_some() && !gateway.contains(':') {
            ""
        } else {
            gateway
        };
        let args = json!([pif.reference, mode, given("ipv6"), gateway, dns]);
        changed(pif, session.run("PIF.reconfigure_ipv6", args).await)?;
    }
    if let Some(mode) = &v4 {
        let gateway = if v6.is_some() && gateway.contains(':') {
            ""
        } else {
            gateway
        };
        let args = json!([
            pif.reference,
            mode,
            given("ip"),
            given("netmask"),
            gateway,
            dns
        ]);
        changed(pif, session.run("PIF.reconfigure_ip", args).await)?;
    }
    Ok(())
}

/// The mode that is asked for: by name, or that of the interface when only its address shall change.
fn v4_mode(call: &Call, pif: &Item) -> Result<Option<String>> {
    let wanted = match call.str_opt("mode") {
        Some(mode) => mode.to_owned(),
        None if ["ip", "netmask"]
            .iter()
            .any(|p| call.str_opt(p).is_some_and(|v| !v.is_empty())) =>
        {
            text(pif, "mode")
        }
        None => return Ok(None),
    };
    if !IPV4_MODES.contains(&&*wanted) {
        return Err(Error::invalid(
            "mode",
            format!("must be one of {}", IPV4_MODES.join(", ")),
        ));
    }
    if wanted == "Static" {
        for param in ["ip", "netmask"] {
            if call.str_opt(param).is_none_or(str::is_empty) {
                return Err(Error::invalid(param, "is required for a static address"));
            }
        }
    }
    Ok(Some(wanted))
}

fn v6_mode(call: &Call, pif: &Item) -> Option<String> {
    let (mode, address) = (
        call.str_opt("ipv6Mode"),
        call.str_opt("ipv6").unwrap_or_default(),
    );
    let known = pif.at("ipv6").unwrap_or_default();
    let is_new = !address.is_empty() && known.get(0) != Some(&json!(address));
    match mode {
        Some(mode) if is_new || mode != text(pif, "ipv6Mode") => Some(mode.to_owned()),
        None if is_new => Some("Static".to_owned()),
        _ => None,
    }
}

fn text(pif: &Item, property: &str) -> String {
    pif.at(property)
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A management interface takes the connection along when its address changes: then nothing is heard, and nothing failed.
fn changed<T>(pif: &Item, done: xapi::Result<T>) -> Result<()> {
    match done {
        Err(e) if e.is_connection() && pif.at("management") == Some(json!(true)) => Ok(()),
        other => Ok(other.map(drop)?),
    }
}
