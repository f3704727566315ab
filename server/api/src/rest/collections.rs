//! The collections of objects of pools, single objects, and what belongs to an object: messages, alarms, tasks, disks, tags.

use axum::body::Body;
use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use xo_engine::{Item, ObjectType, Query};

use super::asked::{Asked, json_text, nothing};
use super::route::{Route, of};
use super::{BASE, alarms, listing, tasks};
use crate::problem::Problem;

/// One collection.
pub(super) struct Collection {
    pub(super) path: &'static str,
    pub(super) kind: ObjectType,
    /// `tags/{tag}` below its objects.
    has_tags: bool,
    /// `messages`, `alarms` and `tasks` below its objects.
    has_history: bool,
    /// `vdis` below its objects, of this type.
    disks: Option<ObjectType>,
}

const fn collection(path: &'static str, kind: ObjectType) -> Collection {
    Collection {
        path,
        kind,
        has_tags: false,
        has_history: false,
        disks: None,
    }
}

impl Collection {
    const fn tags(mut self) -> Self {
        self.has_tags = true;
        self
    }

    const fn history(mut self) -> Self {
        self.has_history = true;
        self
    }

    const fn disks(mut self, kind: ObjectType) -> Self {
        self.disks = Some(kind);
        self
    }
}

/// Upstream's, then ours: those object types that upstream serves over JSON-RPC only.
pub(super) const ALL: &[Collection] = &[
    collection("hosts", ObjectType::Host).tags().history(),
    collection("messages", ObjectType::Message),
    collection("networks", ObjectType::Network).tags().history(),
    collection("pbds", ObjectType::Pbd),
    collection("pcis", ObjectType::Pci),
    collection("pgpus", ObjectType::Pgpu),
    collection("pifs", ObjectType::Pif).history(),
    collection("pools", ObjectType::Pool).tags().history(),
    collection("sms", ObjectType::Sm),
    collection("srs", ObjectType::Sr).tags().history(),
    collection("vbds", ObjectType::Vbd).history(),
    collection("vdi-snapshots", ObjectType::VdiSnapshot)
        .tags()
        .history(),
    collection("vdis", ObjectType::Vdi).tags().history(),
    collection("vifs", ObjectType::Vif).history(),
    collection("vm-controllers", ObjectType::VmController)
        .tags()
        .history()
        .disks(ObjectType::Vdi),
    collection("vm-snapshots", ObjectType::VmSnapshot)
        .tags()
        .history()
        .disks(ObjectType::VdiSnapshot),
    collection("vm-templates", ObjectType::VmTemplate)
        .tags()
        .history()
        .disks(ObjectType::Vdi),
    collection("vms", ObjectType::Vm)
        .tags()
        .history()
        .disks(ObjectType::Vdi),
    collection("bonds", ObjectType::Bond),
    collection("gpu-groups", ObjectType::GpuGroup),
    collection("patches", ObjectType::Patch),
    collection("pool-patches", ObjectType::PoolPatch),
    collection("pool-tasks", ObjectType::Task),
    collection("pusbs", ObjectType::Pusb),
    collection("usb-groups", ObjectType::UsbGroup),
    collection("vdi-unmanaged", ObjectType::VdiUnmanaged),
    collection("vgpu-types", ObjectType::VgpuType),
    collection("vgpus", ObjectType::Vgpu),
    collection("vtpms", ObjectType::Vtpm),
    collection("vusbs", ObjectType::Vusb),
];

/// The collection of a type; every type has one.
pub(super) fn of_kind(kind: ObjectType) -> Option<&'static Collection> {
    ALL.iter().find(|c| c.kind == kind)
}

/// Where an object is found.
pub(super) fn href(item: &Item) -> String {
    let collection = of_kind(item.kind).map_or("objects", |c| c.path);
    format!("{BASE}/{collection}/{}", item.id)
}

pub(super) fn routes() -> Vec<Route> {
    ALL.iter().flat_map(of_collection).collect()
}

fn of_collection(c: &'static Collection) -> Vec<Route> {
    let (path, name) = (c.path, c.kind.name());
    let object = || json!({ "$ref": format!("#/components/schemas/{name}") });
    let list = Route::new(
        Verb::GET,
        format!("/{path}"),
        format!("Lists {path}."),
        move |asked| async move { listing::objects(&asked, Query::kinds(&[c.kind])).await },
    );
    let get = Route::new(
        Verb::GET,
        format!("/{path}/{{id}}"),
        format!("One {name}."),
        move |asked| one(asked, c),
    );
    let mut routes = vec![
        listing::documented(list, object()),
        get.reply_json(200, "The object", object())
            .reply(404, "No such object, or it may not be seen"),
    ];
    let below = |rest: &str| format!("/{path}/{{id}}/{rest}");
    let sub = |rest: &str, what: &str| (below(rest), format!("Lists the {what} of one {name}."));
    if c.has_history {
        let (at, summary) = sub("messages", "messages");
        let route = Route::new(Verb::GET, at, summary, move |asked| messages(asked, c));
        routes.push(listing::documented(
            route,
            json!({ "$ref": "#/components/schemas/message" }),
        ));
        let (at, summary) = sub("alarms", "alarms");
        let route = Route::new(Verb::GET, at, summary, move |asked| async move {
            let item = asked
                .engine()
                .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
            alarms::list(&asked, Some(&item)).await
        });
        routes.push(listing::documented(route, of("object")));
        let (at, summary) = sub("tasks", "tasks");
        let route = Route::new(Verb::GET, at, summary, move |asked| async move {
            let item = asked
                .engine()
                .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
            tasks::about(&asked, &item.id.to_string()).await
        });
        routes.push(listing::documented(route, of("object")));
    }
    if let Some(kind) = c.disks {
        let (at, summary) = sub("vdis", "disks");
        let route = Route::new(Verb::GET, at, summary, move |asked| disks(asked, c, kind));
        routes.push(listing::documented(
            route,
            json!({ "$ref": format!("#/components/schemas/{}", kind.name()) }),
        ));
    }
    if c.has_tags {
        for (verb, method, summary) in [
            (Verb::PUT, "tag.add", "Adds a tag"),
            (Verb::DELETE, "tag.remove", "Removes a tag"),
        ] {
            let summary = format!("{summary}: {name}.");
            let route = Route::new(verb, below("tags/{tag}"), summary, move |asked| {
                tag(asked, c, method)
            });
            routes.push(route.reply(204, "Done"));
        }
    }
    routes
}

async fn one(asked: Asked, c: &'static Collection) -> Result<Response, Problem> {
    let item = asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
    Ok(json_text(
        StatusCode::OK,
        Body::from(Bytes::from_owner(Kept(item))),
    ))
}

/// The kept text of an object, lent to a response.
struct Kept(std::sync::Arc<Item>);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.0.json.as_bytes()
    }
}

async fn messages(asked: Asked, c: &'static Collection) -> Result<Response, Problem> {
    let item = asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
    let of_object =
        Query::kinds(&[ObjectType::Message]).pattern(&json!({ "$object": item.id.to_string() }));
    listing::objects(&asked, of_object).await
}

async fn disks(
    asked: Asked,
    c: &'static Collection,
    kind: ObjectType,
) -> Result<Response, Problem> {
    let item = asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
    let ids = ids_at(&item, "$VBDs");
    let disks = ids
        .iter()
        .filter_map(|id| asked.engine().inventory.find(id)?.at("VDI"));
    let ids = disks
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    listing::objects(&asked, Query::kinds(&[kind]).among(ids)).await
}

/// A property that is a list of ids.
pub(super) fn ids_at(item: &Item, property: &str) -> Vec<String> {
    let Some(Value::Array(list)) = item.at(property) else {
        return Vec::new();
    };
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

async fn tag(
    asked: Asked,
    c: &'static Collection,
    method: &'static str,
) -> Result<Response, Problem> {
    asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[c.kind])?;
    let mut params = Map::new();
    params.insert("id".into(), json!(asked.param("id")));
    params.insert("tag".into(), json!(asked.param("tag")));
    asked.call(method, params).await?;
    Ok(nothing())
}
