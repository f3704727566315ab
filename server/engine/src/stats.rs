//! Statistics of hosts, VMs and storage: asked of the host that measures, in the shape that clients of Xen Orchestra know
//! (`xo-protocol.md` section 2, stats).
//!
//! Invariant: the same table is asked of a host at most once per step, however many look at it.

mod metrics;
mod table;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use xapi_records::{Id, Ref, record};
use xo_inventory::{Item, PoolHandle};

use crate::{Engine, Error, Result};
use metrics::{Join, Place};
use table::{Column, Table};

/// No host has so many columns that its statistics come near this.
const MAX_BYTES: usize = 64 << 20;
const MAX_KEPT: usize = 512;
/// How many points a host may be behind the others.
const LATE: i64 = 2;
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// How far apart two points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Granularity {
    /// 120 points of 5 s.
    #[default]
    Seconds,
    /// 120 points of a minute.
    Minutes,
    /// 168 points of an hour.
    Hours,
    /// 366 points of a day.
    Days,
}

impl FromStr for Granularity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "seconds" => Ok(Self::Seconds),
            "minutes" => Ok(Self::Minutes),
            "hours" => Ok(Self::Hours),
            "days" => Ok(Self::Days),
            _ => Err(Error::invalid(
                "granularity",
                "must be seconds, minutes, hours or days",
            )),
        }
    }
}

impl Granularity {
    /// Seconds between two points, and how many points hosts keep.
    fn archive(self) -> (i64, usize) {
        match self {
            Self::Seconds => (5, 120),
            Self::Minutes => (60, 120),
            Self::Hours => (3600, 168),
            Self::Days => (86_400, 366),
        }
    }

    /// For how long a table stays good: until the next point, but no one waits more than a minute for it.
    fn lifetime(self) -> Duration {
        Duration::from_secs(self.archive().0.clamp(5, 60) as u64)
    }
}

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Table>)>>>;

/// The tables that were asked for lately, by the uuid of what they measure.
#[derive(Default)]
pub(crate) struct Statistics(Mutex<HashMap<(Id, Granularity), Slot>>);

impl Statistics {
    /// The kept table, or what `fetch` brings; who asks meanwhile waits for the same answer.
    async fn table(
        &self,
        uuid: &Id,
        granularity: Granularity,
        fetch: impl Future<Output = Result<Table>>,
    ) -> Result<Arc<Table>> {
        let slot = {
            let mut kept = self.0.lock();
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            Arc::clone(kept.entry((uuid.clone(), granularity)).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some((since, table)) = &*slot
            && since.elapsed() < granularity.lifetime()
        {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(fetch.await?);
        *slot = Some((Instant::now(), Arc::clone(&table)));
        Ok(table)
    }
}

impl Engine {
    /// Load, memory, CPUs, interfaces and storage of a host.
    pub(crate) async fn host_stats(&self, host: &Item, granularity: Granularity) -> Result<Value> {
        let pool = self.pool_of(host)?;
        let table = self.host_table(&pool, &host.reference, granularity).await?;
        Ok(answer(
            table.end,
            table.step,
            &shape(&table, "host", &host.id, metrics::of_host),
        ))
    }

    /// CPUs, memory, interfaces and disks of a VM that runs.
    pub(crate) async fn vm_stats(&self, vm: &Item, granularity: Granularity) -> Result<Value> {
        let pool = self.pool_of(vm)?;
        let (host, state, uuid) =
            pool.records(|records| match records.get::<record::Vm>(&vm.reference) {
                Some(vm) => (
                    vm.resident_on.clone(),
                    vm.power_state.to_string(),
                    vm.uuid.clone(),
                ),
                None => (Ref::NULL, "Unknown".to_owned(), vm.id.clone()),
            });
        if host.is_null() {
            return Err(Error::IncorrectState {
                id: vm.id.to_string(),
                kind: vm.kind.name().into(),
                property: "power_state".into(),
                actual: state,
                expected: "Running: only what runs is measured".into(),
            });
        }
        let uuid_text = uuid.to_string();
        let query = [("vm_uuid", uuid_text.as_str())];
        let fetch = fetch(&pool, &host, granularity, &query);
        let table = self.statistics.table(&uuid, granularity, fetch).await?;
        Ok(answer(
            table.end,
            table.step,
            &shape(&table, "vm", &uuid, metrics::of_vm),
        ))
    }

    /// What all hosts together do on a storage repository: operations and throughput are added up, waiting times averaged.
    pub(crate) async fn sr_stats(&self, sr: &Item, granularity: Granularity) -> Result<Value> {
        let pool = self.pool_of(sr)?;
        let hosts = hosts_of(&pool, &sr.reference);
        let asked = hosts
            .iter()
            .map(|host| self.host_table(&pool, host, granularity));
        let mut tables = Vec::new();
        let mut failure = None;
        for told in futures_util::future::join_all(asked).await {
            match told {
                Ok(table) => tables.push(table),
                Err(error) => failure = Some(error),
            }
        }
        let newest = tables.iter().max_by_key(|table| table.end);
        let Some(newest) = newest.map(Arc::clone) else {
            return match failure {
                Some(error) => Err(error),
                None => Err(Error::IncorrectState {
                    id: sr.id.to_string(),
                    kind: "SR".into(),
                    property: "attached".into(),
                    actual: "false".into(),
                    expected: "true: no host has this storage plugged (sr.connectAllPbds)".into(),
                }),
            };
        };
        if let Some(error) = failure {
            tracing::warn!(sr = %sr.id, %error, "statistics of storage without those of one of its hosts");
        }
        let end = common_end(&tables, &newest);
        let times: Vec<i64> = (0..newest.len() as i64)
            .rev()
            .map(|back| end - back * newest.step)
            .collect();
        let short = sr.id.with_str(|id| id.get(..8).unwrap_or(id).to_owned());
        let mut stats = Map::new();
        for (path, join) in metrics::OF_STORAGE {
            if let Some(values) = joined(&tables, &times, path, &short, join) {
                put(&mut stats, path.iter().copied(), json!(values));
            }
        }
        Ok(answer(end, newest.step, &stats))
    }

    async fn host_table(
        &self,
        pool: &PoolHandle,
        host: &Ref,
        granularity: Granularity,
    ) -> Result<Arc<Table>> {
        let (uuid, control_domain) = pool.records(|records| {
            let host = records.get::<record::Host>(host);
            let domain = host.and_then(|host| records.get::<record::Vm>(&host.control_domain));
            let uuid = host.map(|host| host.uuid.clone()).unwrap_or_default();
            (uuid, domain.map(|domain| domain.uuid.to_string()))
        });
        let mut query = vec![("host", "true")];
        // Naming one keeps the host from sending the statistics of all of its VMs along.
        query.extend(control_domain.as_deref().map(|uuid| ("vm_uuid", uuid)));
        let fetch = fetch(pool, host, granularity, &query);
        self.statistics.table(&uuid, granularity, fetch).await
    }
}

fn answer(end: i64, step: i64, stats: &Map<String, Value>) -> Value {
    json!({ "endTimestamp": end, "interval": step, "stats": stats })
}

/// The last time of which all hosts have told: what some of them did meanwhile is not the sum. A host that has been silent for longer, or
/// whose clock is behind, holds nobody up.
fn common_end(tables: &[Arc<Table>], newest: &Table) -> i64 {
    let ends = tables.iter().map(|table| table.end);
    ends.filter(|end| newest.end - end <= LATE * newest.step)
        .min()
        .unwrap_or(newest.end)
}

/// The hosts on which a storage repository is plugged.
fn hosts_of(pool: &PoolHandle, sr: &Ref) -> Vec<Ref> {
    pool.records(|records| {
        let pbds = records.get::<record::Sr>(sr).map(|sr| sr.pbds.iter());
        let pbds = pbds
            .into_iter()
            .flatten()
            .filter_map(|pbd| records.get::<record::Pbd>(pbd));
        pbds.filter(|pbd| pbd.currently_attached)
            .map(|pbd| pbd.host.clone())
            .collect()
    })
}

/// Each host tells only of itself, so that it must be asked itself (`xapi-wire.md` section 5, `/rrd_updates`).
async fn fetch(
    pool: &PoolHandle,
    host: &Ref,
    granularity: Granularity,
    what: &[(&str, &str)],
) -> Result<Table> {
    let (step, points) = granularity.archive();
    let (address, name, is_master) = pool.records(|records| {
        let master = records
            .iter::<record::Pool>()
            .next()
            .map(|(_, pool)| pool.master.clone());
        let (address, name) = records
            .get::<record::Host>(host)
            .map(|host| (host.address.to_string(), host.name_label.to_string()))
            .unwrap_or_default();
        (address, name, master.as_ref() == Some(host))
    });
    // The oldest row that is kept is about to go: asking for it would be answered from a coarser archive.
    let start = (1 - points as i64) * step;
    let (start, interval) = (start.to_string(), step.to_string());
    let mut query = vec![("cf", "AVERAGE"), ("json", "true")];
    query.extend([("start", start.as_str()), ("interval", interval.as_str())]);
    query.extend(what);
    let path = "/rrd_updates";
    let reading = async {
        let mut download = match is_master {
            true => pool.session.download(path, &query, None).await?,
            false => pool.session.download_from(&address, path, &query).await?,
        };
        let mut text = Vec::new();
        while let Some(piece) = download.body.next().await {
            text.extend_from_slice(&piece.map_err(|e| broken(&name, e.to_string()))?);
            if text.len() > MAX_BYTES {
                return Err(broken(&name, "they have no end".into()));
            }
        }
        Table::parse(&text, points).map_err(|reason| broken(&name, reason))
    };
    tokio::time::timeout(FETCH_TIMEOUT, reading)
        .await
        .map_err(|_| broken(&name, "they did not come in time".into()))?
}

fn broken(host: &str, reason: String) -> Error {
    Error::Unreachable {
        what: format!("the statistics of host {host}"),
        id: None,
        reason,
    }
}

/// The columns of one object, each in the place where clients look for it.
fn shape(
    table: &Table,
    class: &str,
    uuid: &Id,
    place: impl Fn(&str) -> Option<Place>,
) -> Map<String, Value> {
    let mut stats = Map::new();
    let mine = |column: &&Column| column.class == class && *uuid == *column.object;
    for column in table.columns.iter().filter(mine) {
        if let Some(Place { path, factor }) = place(&column.metric) {
            let values = column
                .values
                .iter()
                .map(|value| value.map(|value| value * factor));
            let values: Vec<Option<f64>> = values.collect();
            put(&mut stats, path.iter().map(String::as_str), json!(values));
        }
    }
    stats
}

/// The column of a storage repository at this place, of all hosts together; `None` when no host has it.
fn joined(
    tables: &[Arc<Table>],
    times: &[i64],
    path: &[&str],
    sr: &str,
    join: Join,
) -> Option<Vec<Option<f64>>> {
    let is_at = |place: &Place| place.path.iter().eq(path.iter().chain([&sr]));
    let mut factor = 1.0;
    let mut columns = Vec::new();
    for table in tables {
        let column = table.find(|metric| match metrics::of_host(metric).filter(is_at) {
            Some(place) => {
                factor = place.factor;
                true
            }
            None => false,
        });
        columns.extend(column.map(|column| (table, column)));
    }
    if columns.is_empty() {
        return None;
    }
    let at = |time: &i64| {
        let told = columns
            .iter()
            .filter_map(|(table, column)| table.at(column, *time));
        let (count, sum) = told.fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value));
        let divisor = if join == Join::Mean {
            f64::from(count)
        } else {
            1.0
        };
        (count > 0).then_some(sum * factor / divisor)
    };
    Some(times.iter().map(at).collect())
}

fn put<'a>(stats: &mut Map<String, Value>, path: impl Iterator<Item = &'a str>, values: Value) {
    let mut path = path.peekable();
    let mut at = stats;
    while let Some(name) = path.next() {
        if path.peek().is_none() {
            at.insert(name.to_owned(), values);
            return;
        }
        let Value::Object(members) = at.entry(name).or_insert_with(|| json!({})) else {
            return;
        };
        at = members;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(end: i64) -> Arc<Table> {
        let rows = [json!({ "t": end, "values": [] })];
        let report = json!({ "meta": { "step": 5, "end": end, "legend": [] }, "data": rows });
        Arc::new(Table::parse(report.to_string().as_bytes(), 120).unwrap())
    }

    #[test]
    fn a_sum_ends_where_all_hosts_have_told_but_for_those_that_lag() {
        for (ends, end) in [
            (vec![100], 100),
            (vec![105, 100, 105], 100),
            (vec![110, 100], 100),
            (vec![115, 100, 110], 110),
        ] {
            let tables: Vec<_> = ends.iter().map(|end| table(*end)).collect();
            let newest = tables.iter().max_by_key(|table| table.end).unwrap();
            assert_eq!(common_end(&tables, newest), end, "{ends:?}");
        }
    }
}
