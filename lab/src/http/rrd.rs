//! `GET /rrd_updates`, `/host_rrd`, `/vm_rrd`, `/sr_rrd`: statistics that move (reference: wire facts, section 5; simulator, section 5).
//!
//! Values are a function of object, metric and time, so nothing is stored and two readers agree. A host tells about itself
//! and its own VMs: which one is asked is told by the `Host` header. Under another name the lab tells about all of them.

mod archive;
mod sources;

use std::fmt::Write as _;
use std::sync::Arc;

use http::header;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::{Reply, Replying, Route, auth, full, refusal};
use crate::date;
use crate::db::Db;
use crate::lab::Inner;
use crate::value::Text;
use sources::Source;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        prefix: "/rrd_updates",
        handler: updates,
    },
    Route {
        method: Method::GET,
        prefix: "/host_rrd",
        handler: archive::whole,
    },
    Route {
        method: Method::GET,
        prefix: "/vm_rrd",
        handler: archive::whole,
    },
    Route {
        method: Method::GET,
        prefix: "/sr_rrd",
        handler: archive::whole,
    },
];

/// Seconds between two rows, and how many rows are kept.
const ARCHIVES: [(i64, i64); 4] = [(5, 120), (60, 120), (3600, 168), (86_400, 366)];
/// Without `vm_uuid`, statistics of no more VMs are sent.
const VMS_MAX: usize = 500;
const FUNCTIONS: [&str; 4] = ["AVERAGE", "MIN", "MAX", "LAST"];

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
struct Query {
    start: Option<i64>,
    interval: i64,
    function: String,
    host: bool,
    vms: Vec<String>,
    sr: Option<String>,
    json: bool,
}

impl Query {
    fn parse(text: &str) -> Self {
        let mut query = Self {
            function: "AVERAGE".to_owned(),
            ..Self::default()
        };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "start" => query.start = value.parse::<f64>().ok().map(|start| start as i64),
                "interval" => query.interval = value.parse().unwrap_or_default(),
                "cf" if FUNCTIONS.contains(&&*value) => query.function = value.into_owned(),
                "host" => query.host = value == "true",
                "vm_uuid" => query.vms.push(value.into_owned()),
                "sr_uuid" => query.sr = Some(value.into_owned()),
                "json" => query.json = value != "false",
                _ => {}
            }
        }
        query
    }
}

fn updates(lab: Arc<Inner>, request: Request<Incoming>) -> Replying {
    Box::pin(async move {
        if let Err(reply) = auth::session(&lab, &request) {
            return reply;
        }
        if lab.faults.failure_of("GET /rrd_updates").is_some() {
            return refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The statistics daemon is away.",
            );
        }
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let Some(start) = query.start else {
            return refusal(StatusCode::BAD_REQUEST, "The parameter start is missing.");
        };
        let sources = {
            let db = lab.store.read();
            sources(&db, &query, &asked(&db, &request))
        };
        answer(
            &query,
            &Report::new(sources, start, query.interval, date::now()),
        )
    })
}

fn answer(query: &Query, report: &Report) -> Reply {
    if query.json {
        full(
            StatusCode::OK,
            "application/json",
            report.json(&query.function),
        )
    } else {
        full(StatusCode::OK, "text/xml", report.xml(&query.function))
    }
}

/// The hosts that are asked.
fn asked(db: &Db, request: &Request<Incoming>) -> Vec<Text> {
    let header = request.headers().get(header::HOST);
    let name = header
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
    let hosts = db.all("host");
    match hosts
        .iter()
        .find(|host| db.get(host, "address").as_str() == name)
    {
        Some(host) => vec![Text::clone(host)],
        None => hosts,
    }
}

fn sources(db: &Db, query: &Query, hosts: &[Text]) -> Vec<Source> {
    let mut found = Vec::new();
    if query.host {
        for host in hosts {
            found.extend(sources::host(db, host));
        }
    }
    if let Some(sr) = query.sr.as_deref().and_then(|uuid| db.by_uuid("SR", uuid)) {
        found.extend(sources::sr(db, &sr));
    }
    let resident: Vec<Text> = hosts
        .iter()
        .flat_map(|host| db.refs(host, "resident_VMs"))
        .collect();
    let vms: Vec<&Text> = if query.vms.is_empty() {
        resident.iter().take(VMS_MAX).collect()
    } else {
        let wanted = |vm: &&Text| query.vms.iter().any(|uuid| *uuid == *db.text(vm, "uuid"));
        resident.iter().filter(wanted).collect()
    };
    for vm in vms {
        found.extend(sources::vm(db, vm));
    }
    found
}

/// A table of values, the newest row first.
struct Report {
    sources: Vec<Source>,
    step: i64,
    /// The times of the rows.
    times: Vec<i64>,
}

impl Report {
    /// The rows after `start` (seconds since 1970; negative: before now) in the finest archive that is as coarse as
    /// `interval` and reaches back so far.
    fn new(sources: Vec<Source>, start: i64, interval: i64, now: i64) -> Self {
        let start = if start < 0 {
            now.saturating_add(start)
        } else {
            start
        };
        let (step, rows) = ARCHIVES
            .into_iter()
            .find(|(step, rows)| *step >= interval && now - step * rows <= start)
            .or_else(|| {
                ARCHIVES
                    .into_iter()
                    .rev()
                    .find(|(step, _)| interval <= *step)
            })
            .unwrap_or((86_400, 366));
        let newest = now.div_euclid(step);
        let oldest = start.div_euclid(step).max(newest - rows);
        let times = (oldest + 1..=newest).rev().map(|row| row * step).collect();
        Self {
            sources,
            step,
            times,
        }
    }

    fn bounds(&self) -> (i64, i64) {
        let end = self.times.first().copied().unwrap_or_default();
        let start = self.times.last().map_or(end, |oldest| oldest - self.step);
        (start, end)
    }

    fn legend(&self, function: &str) -> impl Iterator<Item = String> {
        self.sources
            .iter()
            .map(move |source| format!("{function}:{}", source.legend))
    }

    fn json(&self, function: &str) -> String {
        let (start, end) = self.bounds();
        let legend: Vec<String> = self.legend(function).collect();
        let data: Vec<_> = self
            .times
            .iter()
            .map(|t| {
                let values = self
                    .sources
                    .iter()
                    .map(|source| source.at(*t, self.step).to_string());
                json!({ "t": t, "values": values.collect::<Vec<_>>() })
            })
            .collect();
        json!({
            "meta": {
                "start": start,
                "step": self.step,
                "end": end,
                "rows": self.times.len(),
                "columns": self.sources.len(),
                "legend": legend,
            },
            "data": data,
        })
        .to_string()
    }

    fn xml(&self, function: &str) -> String {
        let (start, end) = self.bounds();
        let mut out = format!(
            "<xport><meta><start>{start}</start><step>{}</step><end>{end}</end><rows>{}</rows>\
             <columns>{}</columns><legend>",
            self.step,
            self.times.len(),
            self.sources.len(),
        );
        // Writing to a string does not fail.
        for entry in self.legend(function) {
            let _ = write!(out, "<entry>{entry}</entry>");
        }
        out.push_str("</legend></meta><data>");
        for t in &self.times {
            let _ = write!(out, "<row><t>{t}</t>");
            for source in &self.sources {
                let _ = write!(out, "<v>{}</v>", source.at(*t, self.step));
            }
            out.push_str("</row>");
        }
        out.push_str("</data></xport>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(start: i64, interval: i64) -> Report {
        let source = Source::new("vm:u:cpu0".to_owned(), 0.5, 0.4);
        Report::new(vec![source], start, interval, 1_800_000_003)
    }

    #[test]
    fn the_finest_archive_that_reaches_back_is_chosen() {
        for (start, interval, step, rows) in [
            (-10, 5, 5, 2),
            (-599, 0, 5, 120),
            (1_800_000_000, 5, 5, 0),
            (-700, 5, 60, 12),
            (-7000, 60, 60, 117),
            (-86_400, 5, 3600, 24),
            (0, 5, 86_400, 366),
            (0, 3600, 86_400, 366),
            (1_900_000_000, 60, 60, 0),
        ] {
            let report = report(start, interval);
            assert_eq!(
                (report.step, report.times.len()),
                (step, rows),
                "{start} {interval}"
            );
        }
    }

    #[test]
    fn the_newest_row_comes_first_and_values_move() {
        let report = report(-60, 5);
        assert!(report.times.is_sorted_by(|a, b| a > b));
        assert_eq!(report.times[0], 1_800_000_000);
        let values: Vec<f64> = report
            .times
            .iter()
            .map(|t| report.sources[0].at(*t, 5))
            .collect();
        assert!(values.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(
            values.iter().all(|value| (0.0..=1.0).contains(value)),
            "{values:?}"
        );
    }

    #[test]
    fn both_encodings_tell_the_same() {
        let report = report(-10, 5);
        let json: serde_json::Value = serde_json::from_str(&report.json("AVERAGE")).unwrap();
        assert_eq!(json["meta"]["legend"][0], "AVERAGE:vm:u:cpu0");
        assert_eq!(json["meta"]["rows"], 2);
        let value = json["data"][0]["values"][0].as_str().unwrap();
        let xml = report.xml("AVERAGE");
        assert!(
            xml.contains("<legend><entry>AVERAGE:vm:u:cpu0</entry></legend>"),
            "{xml}"
        );
        assert!(
            xml.contains(&format!("<data><row><t>1800000000</t><v>{value}</v></row>")),
            "{xml}"
        );
    }

    #[test]
    fn a_query_is_read_as_clients_write_it() {
        let query = Query::parse(
            "cf=MAX&host=true&interval=60&json=true&start=12.5&vm_uuid=a&vm_uuid=b&x=y",
        );
        assert_eq!(query.start, Some(12));
        assert_eq!((query.interval, query.function.as_str()), (60, "MAX"));
        assert!(query.host && query.json);
        assert_eq!(query.vms, ["a", "b"]);
        assert_eq!(Query::parse("").start, None);
    }
}
