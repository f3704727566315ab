//! `GET /host_rrd`, `/vm_rrd` and `/sr_rrd`: the whole archive of one object, all four steps, the oldest row first, as XML
//! or JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde_json::{Value as Json, json};

use super::sources::{self, Source};
use super::{ARCHIVES, asked};
use crate::date;
use crate::db::Db;
use crate::http::{Reply, Replying, auth, full, query, refusal};
use crate::lab::Inner;
use crate::value::Text;

/// Answers for the object that the path and the query name.
pub(super) fn whole(lab: Arc<Inner>, request: Request<Incoming>) -> Replying {
    Box::pin(async move {
        if let Err(reply) = auth::session(&lab, &request) {
            return reply;
        }
        let query = query(&request);
        let named = query.get("uuid").map_or("", String::as_str);
        let found = {
            let db = lab.store.read();
            sources_of(&db, &request, named)
        };
        match found {
            Some(sources) if query.get("json").is_some_and(|json| json != "false") => full(
                StatusCode::OK,
                "application/json",
                json(&sources, date::now()).to_string(),
            ),
            Some(sources) => full(StatusCode::OK, "text/xml", xml(&sources, date::now())),
            None => not_found(),
        }
    })
}

fn not_found() -> Reply {
    refusal(
        StatusCode::NOT_FOUND,
        "There are no statistics of this object.",
    )
}

fn sources_of(db: &Db, request: &Request<Incoming>, uuid: &str) -> Option<Vec<Source>> {
    let running = |vm: &Text| db.get(vm, "power_state").as_str() == "Running";
    let path = request.uri().path();
    if path.starts_with("/host_rrd") {
        return asked(db, request)
            .first()
            .map(|host| sources::host(db, host));
    }
    if path.starts_with("/sr_rrd") {
        return db.by_uuid("SR", uuid).map(|sr| sources::sr(db, &sr));
    }
    db.by_uuid("VM", uuid)
        .filter(running)
        .map(|vm| sources::vm(db, &vm))
}

/// The times of the rows of an archive.
fn times((step, rows): (i64, i64), now: i64) -> impl Iterator<Item = i64> {
    let newest = now.div_euclid(step);
    (newest - rows + 1..=newest).map(move |row| row * step)
}

fn metric(source: &Source) -> &str {
    source.legend.rsplit(':').next().unwrap_or_default()
}

fn json(sources: &[Source], now: i64) -> Json {
    let step = ARCHIVES[0].0;
    let ds = sources.iter().map(|source| {
        json!({
            "name": metric(source),
            "type": "GAUGE",
            "minimal_heartbeat": "300.0000",
            "min": "0.0",
            "max": "Infinity",
            "last_ds": source.at(now, step).to_string(),
            "value": "0.0",
            "unknown_sec": "0",
        })
    });
    let rra = ARCHIVES.map(|archive| {
        let rows = times(archive, now).map(|time| {
            sources
                .iter()
                .map(|source| source.at(time, archive.0).to_string())
                .collect()
        });
        json!({
            "cf": "AVERAGE",
            "pdp_per_row": (archive.0 / step).to_string(),
            "params": { "xff": "0.5000" },
            "database": rows.collect::<Vec<Vec<String>>>(),
        })
    });
    json!({
        "step": step.to_string(),
        "lastupdate": now.to_string(),
        "ds": ds.collect::<Vec<_>>(),
        "rra": rra,
    })
}

fn xml(sources: &[Source], now: i64) -> String {
    let step = ARCHIVES[0].0;
    let mut out =
        format!("<rrd><version>0003</version><step>{step}</step><lastupdate>{now}</lastupdate>");
    // Writing to a string does not fail.
    for source in sources {
        let _ = write!(
            out,
            "<ds><name>{}</name><type>GAUGE</type><minimal_heartbeat>300.0000</minimal_heartbeat><min>0.0</min>\
             <max>Infinity</max><last_ds>{}</last_ds><value>0.0</value><unknown_sec>0</unknown_sec></ds>",
            metric(source),
            source.at(now, step),
        );
    }
    for archive in ARCHIVES {
        let _ = write!(
            out,
            "<rra><cf>AVERAGE</cf><pdp_per_row>{}</pdp_per_row><params><xff>0.5000</xff></params><database>",
            archive.0 / step,
        );
        for time in times(archive, now) {
            out.push_str("<row>");
            for source in sources {
                let _ = write!(out, "<v>{}</v>", source.at(time, archive.0));
            }
            out.push_str("</row>");
        }
        out.push_str("</database></rra>");
    }
    out.push_str("</rrd>");
    out
}
