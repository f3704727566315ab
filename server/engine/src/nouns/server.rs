//! Pool connections, which Xen Orchestra calls servers. What is found out before one is made stands in `server/trial.rs`.

mod trial;

use serde_json::Value;
use xo_store::{NewServer, Secret, ServerChange};

use crate::schema::{boolean, string, types};
use crate::{Call, Method, Result};

pub(super) fn methods() -> Vec<Method> {
    let on_server = |name, text| Method::new(name, text).admin().param("id", string());
    vec![
        Method::new(
            "server.add",
            "Adds a pool by the address of one of its hosts, connects it, and returns its id.",
        )
        .admin()
        .param("host", string())
        .param("username", string())
        .param("password", string())
        .param("label", string().optional())
        .param("autoConnect", boolean().optional())
        .param("allowUnauthorized", boolean().optional())
        .param("readOnly", boolean().optional())
        .param("httpProxy", string().optional())
        .param("fingerprint", string().optional())
        .param("wait", boolean().optional())
        .run(add),
        Method::new(
            "server.probe",
            "Looks at an address: which certificate it shows and whether an authority vouches for it.",
        )
        .admin()
        .param("host", string())
        .param("httpProxy", string().optional())
        .untasked()
        .run(trial::probe),
        Method::new(
            "server.getAll",
            "Lists the pool connections and how they stand.",
        )
        .admin()
        .any_params()
        .untasked()
        .run(get_all),
        on_server(
            "server.set",
            "Changes a pool connection; a connected one reconnects.",
        )
        .param("label", types(&["null", "string"]).optional())
        .param("host", string().optional())
        .param("username", string().optional())
        .param("password", string().optional())
        .param("allowUnauthorized", boolean().optional())
        .param("readOnly", boolean().optional())
        .param("httpProxy", types(&["string", "null"]).optional())
        .param("fingerprint", string().optional())
        .run(set),
        on_server("server.enable", "Connects a pool and keeps it connected.").run(enable),
        on_server("server.disable", "Disconnects a pool.").run(disable),
        on_server("server.remove", "Disconnects a pool and forgets it.").run(remove),
    ]
}

async fn add(call: Call) -> Result<String> {
    let host = call.str("host")?.trim().to_owned();
    host.parse::<xapi::Address>()?;
    let proxy = proxy(&call)?;
    let connect = call.bool_opt("autoConnect").unwrap_or(true);
    let (trust, pin) =
        trial::trust_for(call.str_opt("fingerprint"), call.flag("allowUnauthorized"))?;
    let wait = call.flag("wait") && connect;
    if wait {
        let credentials = xapi::Credentials {
            username: call.str("username")?.to_owned(),
            password: call.str("password")?.to_owned(),
        };
        trial::check(&call.engine, &host, credentials, trust, proxy.as_deref()).await?;
    }
    let new = NewServer {
        host,
        label: call.str_opt("label").map(str::to_owned),
        username: call.str("username")?.to_owned(),
        password: Secret::new(call.str("password")?),
        enabled: connect,
        read_only: call.flag("readOnly"),
        allow_unauthorized: call.flag("allowUnauthorized"),
        http_proxy: proxy,
    };
    let servers = call.engine.store.servers();
    let mut server = servers.create(new).await?;
    if pin.is_some() {
        let change = ServerChange {
            fingerprint: Some(pin),
            ..ServerChange::default()
        };
        server = servers.update(&server.id, change).await?;
    }
    if connect {
        call.engine.connect(&server).await?;
    } else {
        call.engine.pools.tell();
    }
    if wait && let Err(error) = call.engine.await_connected(&server.id).await {
        // Who waits is told why, and tries again: nothing half made stays.
        call.engine.disconnect(&server.id).await;
        servers.delete(&server.id).await?;
        call.engine.pools.tell();
        return Err(error);
    }
    Ok(server.id)
}

async fn get_all(call: Call) -> Result<Value> {
    Ok(Value::Array(call.engine.servers(&call.caller).await?))
}

async fn set(call: Call) -> Result<()> {
    let (id, engine) = (call.str("id")?, &call.engine);
    if let Some(host) = call.str_opt("host") {
        host.parse::<xapi::Address>()?;
    }
    let proxy = proxy(&call)?;
    let nullable = |name: &str| {
        call.has(name)
            .then(|| call.str_opt(name).map(str::to_owned))
    };
    // A new address, or the wish to accept anew, forgets the pinned certificate.
    let forget_pin = call.has("host") || call.has("allowUnauthorized");
    let (_, pin) = trial::trust_for(call.str_opt("fingerprint"), false)?;
    let change = ServerChange {
        host: call.str_opt("host").map(|h| h.trim().to_owned()),
        label: nullable("label"),
        username: call.str_opt("username").map(str::to_owned),
        password: call.str_opt("password").map(Secret::new),
        read_only: call.bool_opt("readOnly"),
        allow_unauthorized: call.bool_opt("allowUnauthorized"),
        fingerprint: match pin {
            Some(pin) => Some(Some(pin)),
            None => forget_pin.then_some(None),
        },
        http_proxy: call.has("httpProxy").then_some(proxy),
        ..ServerChange::default()
    };
    let server = engine.store.servers().update(id, change).await?;
    let touches_connection = [
        "host",
        "username",
        "password",
        "allowUnauthorized",
        "fingerprint",
        "httpProxy",
        "readOnly",
    ];
    if server.enabled && touches_connection.iter().any(|p| call.has(p)) {
        engine.disconnect(id).await;
        engine.connect(&server).await?;
    } else {
        engine.pools.tell();
    }
    Ok(())
}

async fn enable(call: Call) -> Result<()> {
    let (id, engine) = (call.str("id")?, &call.engine);
    let change = ServerChange {
        enabled: Some(true),
        ..ServerChange::default()
    };
    let server = engine.store.servers().update(id, change).await?;
    engine.connect(&server).await?;
    engine.await_connected(id).await
}

async fn disable(call: Call) -> Result<()> {
    let (id, engine) = (call.str("id")?, &call.engine);
    let change = ServerChange {
        enabled: Some(false),
        ..ServerChange::default()
    };
    engine.store.servers().update(id, change).await?;
    engine.disconnect(id).await;
    Ok(())
}

async fn remove(call: Call) -> Result<()> {
    let (id, engine) = (call.str("id")?, &call.engine);
    engine.store.servers().delete(id).await?;
    engine.disconnect(id).await;
    Ok(())
}

/// The proxy that is asked for, as it was written; none, empty and null mean a direct way.
fn proxy(call: &Call) -> Result<Option<String>> {
    let text = call.str_opt("httpProxy").map(str::trim);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse::<xapi::Proxy>()?;
    Ok(Some(text.to_owned()))
}
