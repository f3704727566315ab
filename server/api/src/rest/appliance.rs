//! The appliance that this server runs in. On other machines each of these answers 404: not an appliance.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error, Transfer};

use super::asked::{self, Asked, nothing};
use super::methods::{self, Names};
use super::route::{Route, of};
use super::streams;
use crate::problem::Problem;
use crate::transfers::outgoing_response;

/// What answers a value: path, method, what is answered.
const LOOKS: &[(&str, &str, &str)] = &[
    (
        "/appliance",
        "appliance.getStatus",
        "Version, slots, health, addresses, certificate, disk, memory",
    ),
    (
        "/appliance/check",
        "appliance.check",
        "The worst state, and each check with what to do",
    ),
    (
        "/appliance/network",
        "appliance.getNetwork",
        "As it is (`now`), as it is kept, and on trial",
    ),
    ("/appliance/hostname", "appliance.getHostname", "The name"),
    (
        "/appliance/time",
        "appliance.getTime",
        "Time zone and time servers",
    ),
    (
        "/appliance/proxy",
        "appliance.getProxy",
        "The proxy without its password; null for none",
    ),
    (
        "/appliance/updates",
        "appliance.getUpdates",
        "What runs, `other`, `update` on its way (with its `notes`), `progress`, `ended` of the last step, `uploaded` (the version of a file that was sent), `outcomes`, `settings`",
    ),
    (
        "/appliance/updates/interruptions",
        "appliance.getInterruptions",
        "`interrupts`: each in words",
    ),
];

/// Which release, and from where.
const OF_RELEASE: &[Names] = &[
    ("version", "version"),
    ("from", "from"),
    ("acceptExpired", "acceptExpired"),
];

/// What changes something: verb, path, method, members of the body, what is answered.
const CHANGES: &[(Verb, &str, &str, &[Names], &str)] = &[
    (
        Verb::PUT,
        "/appliance/network",
        "appliance.setNetwork",
        &[
            ("mode", "mode"),
            ("addresses", "addresses"),
            ("gateways", "gateways"),
            ("dns", "dns"),
            ("search", "search"),
            ("mac", "mac"),
        ],
        "On trial, from about a second after this answer on: `change` to confirm it by, within `confirmWithinSeconds`; `urls` where the appliance is to be found now",
    ),
    (
        Verb::POST,
        "/appliance/network/actions/confirm",
        "appliance.confirmNetwork",
        &[("change", "change")],
        "Kept",
    ),
    (
        Verb::POST,
        "/appliance/network/actions/revert",
        "appliance.revertNetwork",
        &[("change", "change")],
        "As before",
    ),
    (
        Verb::PUT,
        "/appliance/hostname",
        "appliance.setHostname",
        &[("hostname", "hostname")],
        "The name",
    ),
    (
        Verb::PATCH,
        "/appliance/time",
        "appliance.setTime",
        &[("zone", "zone"), ("ntp", "ntp")],
        "Changed; with `restart`, the server takes it over at its next start",
    ),
    (
        Verb::PUT,
        "/appliance/proxy",
        "appliance.setProxy",
        &[("proxy", "proxy")],
        "Changed",
    ),
    (
        Verb::POST,
        "/appliance/actions/power",
        "appliance.power",
        &[("action", "action")],
        "It begins",
    ),
    (
        Verb::POST,
        "/appliance/actions/factory_reset",
        "appliance.factoryReset",
        &[("word", "word")],
        "It begins",
    ),
    (
        Verb::PATCH,
        "/appliance/updates",
        "appliance.setUpdates",
        &[
            ("channel", "channel"),
            ("repository", "repository"),
            ("bytesPerSecond", "bytesPerSecond"),
            ("automatic", "automatic"),
            ("window", "window"),
            ("waitSeconds", "waitSeconds"),
        ],
        "The settings",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/check",
        "appliance.checkUpdate",
        OF_RELEASE,
        "What can be installed: `found`, null for nothing",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/fetch",
        "appliance.fetchUpdate",
        OF_RELEASE,
        "It begins",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/stage",
        "appliance.stageUpdate",
        &[],
        "It begins",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/apply",
        "appliance.applyUpdate",
        &[("force", "force")],
        "It begins",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/confirm",
        "appliance.confirmUpdate",
        &[],
        "It stays",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/rollback",
        "appliance.rollbackUpdate",
        &[("force", "force")],
        "It begins",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/cancel",
        "appliance.cancelUpdate",
        &[],
        "As before",
    ),
    (
        Verb::POST,
        "/appliance/updates/actions/trust_clock",
        "appliance.trustClock",
        &[],
        "It counts",
    ),
];

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let mut routes = Vec::new();
    for &(path, name, answer) in LOOKS {
        if let Some(method) = methods::find(engine, name) {
            let route = Route::new(Verb::GET, path, method.description, move |asked| {
                ask(asked, name)
            });
            routes.push(of_appliance(route).reply_json(200, answer, of("object")));
        }
    }
    for &(ref verb, path, name, members, answer) in CHANGES {
        let Some(method) = methods::find(engine, name) else {
            continue;
        };
        let route = Route::new(verb.clone(), path, method.description, move |asked| {
            ask(asked, name)
        });
        let mut route = of_appliance(route);
        if !members.is_empty() {
            route = route.body(methods::fields(method, members));
        }
        route = match answer {
            "Kept" | "As before" | "Changed" | "It begins" => route.reply(204, answer),
            _ if name == "appliance.checkUpdate" => route.reply_json(200, answer, found()),
            _ => route.reply_json(200, answer, of("object")),
        };
        routes.push(
            route
                .reply(400, "The file that was sent is not what it is to be")
                .reply(403, "The word is wrong")
                .reply(409, "Not now: the answer says why")
                .reply(422, "It does not fit: `data.errors` says what"),
        );
    }
    if let Some(method) = methods::find(engine, "appliance.getSupportBundle") {
        let route = Route::new(
            Verb::GET,
            "/appliance/support_bundle",
            method.description,
            bundle,
        );
        routes.push(of_appliance(route).reply_with(
            200,
            "A tar.gz",
            "application/gzip",
            of("string"),
        ));
    }
    if let Some(method) = methods::find(engine, "appliance.uploadUpdate") {
        let route = Route::new(
            Verb::POST,
            "/appliance/updates/actions/upload",
            method.description,
            upload,
        );
        let version = json!({ "type": "object", "properties": { "version": of("string") }, "required": ["version"] });
        routes.push(
            of_appliance(route.stream_body())
                .reply_json(200, "Which release it has", version)
                .reply(400, "It did not come whole, or is no bundle")
                .reply(409, "This machine cannot update itself"),
        );
    }
    routes
}

/// What a look for updates answers.
fn found() -> Value {
    let found = json!({
        "type": ["object", "null"],
        "properties": {
            "version": of("string"),
            "release": { "type": "object", "description": "as it was signed" },
            "bytes": { "type": "integer", "description": "what is downloaded at most" },
            "notes": { "type": ["string", "null"], "description": "release notes (Markdown), at most 64 KiB" },
        },
        "required": ["version", "release", "bytes", "notes"],
    });
    json!({ "type": "object", "properties": { "found": found }, "required": ["found"] })
}

fn of_appliance(route: Route) -> Route {
    route.admin().reply(404, "Not an appliance").reply(
        503,
        "The appliance's agent does not answer, or could not do it",
    )
}

async fn ask(mut asked: Asked, method: &'static str) -> Result<Response, Problem> {
    let params = match asked.shape {
        Some(_) => asked.body().await?,
        None => Map::new(),
    };
    match asked.call(method, params).await? {
        Value::Object(members) if members.is_empty() => Ok(nothing()),
        value => asked::json(StatusCode::OK, &value),
    }
}

async fn bundle(asked: Asked) -> Result<Response, Problem> {
    match streams::transfer(&asked, "appliance.getSupportBundle", Map::new(), "$getFrom").await? {
        Transfer::Get(start) => Ok(outgoing_response(start().await?, None)),
        Transfer::Send(_) => Err(Error::internal("an upload was offered").into()),
    }
}

async fn upload(mut asked: Asked) -> Result<Response, Problem> {
    let version = streams::upload(&mut asked, "appliance.uploadUpdate", Map::new()).await?;
    asked::json(StatusCode::OK, &version)
}
