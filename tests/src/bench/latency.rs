//! From a change in the pool to its bytes on each client's socket.
//!
//! The pool runs in this process, so that the instant of a change is known; it does not gather changes before it tells them.
//! A change writes a number into a VM's description; clients look for that number in what arrives, and read nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use xo_lab::Lab;

use super::plan::Plan;
use super::process::{LIMIT, ServerProcess};
use super::table::{Row, Target, percentile};
use super::wire::Socket;

/// Before the number of a change.
const MARK: &[u8] = b"change-";
const DIGITS: usize = 8;

/// One way to measure: how often the pool changes, how many listen.
struct Case {
    rate: u32,
    clients: usize,
    duration: Duration,
    p50: Row,
    p99: Row,
}

impl Case {
    fn new(rate: u32, clients: usize, duration: Duration, limit: Option<f64>) -> Self {
        let listeners = if clients == 1 {
            "1 client".to_owned()
        } else {
            format!("{clients} clients")
        };
        let name = format!("latency at {rate}/s, {listeners}");
        Self {
            rate,
            clients,
            duration,
            p50: Row::new(format!("{name}, p50"), "ms", None),
            p99: Row::new(format!("{name}, p99"), "ms", limit.map(Target::AtMost)),
        }
    }
}

fn cases(plan: &Plan) -> Vec<Case> {
    let cases = [
        Case::new(10, 1, plan.slow, None),
        Case::new(10, plan.crowd, plan.slow, None),
        Case::new(500, 1, plan.fast, Some(10.0)),
        Case::new(500, plan.crowd, plan.fast, Some(50.0)),
    ];
    let wanted = |case: &Case| plan.wants(&[case.p50.clone(), case.p99.clone()]);
    cases.into_iter().filter(wanted).collect()
}

/// Whether there is anything to measure.
pub fn is_wanted(plan: &Plan) -> bool {
    !cases(plan).is_empty()
}

/// Measures all cases; the server follows the lab already.
pub async fn measure(
    plan: &Plan,
    lab: &Arc<Lab>,
    server: &ServerProcess,
    token: &str,
) -> Result<Vec<Row>> {
    let vms: Vec<String> = {
        let db = lab.db().read();
        db.all("VM")
            .iter()
            .filter(|vm| !db.flag(vm, "is_a_template") && !db.flag(vm, "is_control_domain"))
            .map(ToString::to_string)
            .collect()
    };
    let mut rows = Vec::new();
    let mut first = 0;
    for mut case in cases(plan) {
        for _ in 0..plan.repetitions {
            let count = (case.duration.as_secs_f64() * f64::from(case.rate)) as usize;
            let clock = Arc::new(Clock::new(first, count));
            first += count;
            let mut all = run(&case, &clock, lab, &vms, server, token).await?;
            all.sort_unstable();
            case.p50
                .values
                .push(f64::from(percentile(&all, 0.50)) / 1000.0);
            case.p99
                .values
                .push(f64::from(percentile(&all, 0.99)) / 1000.0);
        }
        rows.extend([case.p50, case.p99]);
    }
    Ok(rows)
}

/// One repetition: every client's latency of every change, in microseconds.
async fn run(
    case: &Case,
    clock: &Arc<Clock>,
    lab: &Arc<Lab>,
    vms: &[String],
    server: &ServerProcess,
    token: &str,
) -> Result<Vec<u32>> {
    let mut listeners = JoinSet::new();
    for _ in 0..case.clients {
        let socket = server.sign_in_by(token).await?;
        listeners.spawn(listen(socket, Arc::clone(clock)));
    }
    let period = Duration::from_secs(1) / case.rate;
    let (lab, clock, vms) = (Arc::clone(lab), Arc::clone(clock), vms.to_vec());
    let changes = tokio::task::spawn_blocking(move || make_changes(&lab, &clock, &vms, period));
    let mut all = Vec::new();
    while let Some(done) = listeners.join_next().await {
        all.extend(done??);
    }
    changes.await?;
    Ok(all)
}

/// Changes one VM after the other, at even distances.
fn make_changes(lab: &Lab, clock: &Clock, vms: &[String], period: Duration) {
    let mut due = Instant::now() + Duration::from_millis(100);
    for (at, vm) in (0..clock.count()).zip(vms.iter().cycle().skip(clock.first)) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += period;
        let number = clock.first + at;
        let mut db = lab.db().write();
        db.set(vm, "name_description", format!("change-{number:08}"));
        clock.start(at);
    }
}

/// Reads until every change was seen.
async fn listen(mut socket: Socket, clock: Arc<Clock>) -> Result<Vec<u32>> {
    let count = clock.count();
    let mut seen = vec![false; count];
    let mut latencies = Vec::with_capacity(count);
    let mut scan = Scan::default();
    let all = async {
        while latencies.len() < count {
            let arrived = socket.bytes(|bytes| {
                let now = Instant::now();
                scan.numbers(bytes, |number| {
                    let at = number.wrapping_sub(clock.first);
                    if let Some(seen) = seen.get_mut(at)
                        && !std::mem::replace(seen, true)
                    {
                        latencies.push(clock.since(at, now));
                    }
                });
            });
            arrived.await?;
        }
        anyhow::Ok(())
    };
    let limit = LIMIT + Duration::from_millis(count as u64 * 100);
    let ended = tokio::time::timeout(limit, all).await;
    match ended {
        Ok(ended) => ended?,
        Err(_) => anyhow::bail!("of {count} changes only {} arrived", latencies.len()),
    }
    Ok(latencies)
}

/// When each change was made.
struct Clock {
    /// The number of the first change; numbers are never used twice.
    first: usize,
    base: Instant,
    made_us: Vec<AtomicU64>,
}

impl Clock {
    fn new(first: usize, count: usize) -> Self {
        Self {
            first,
            base: Instant::now(),
            made_us: (0..count).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn count(&self) -> usize {
        self.made_us.len()
    }

    fn start(&self, at: usize) {
        if let Some(made) = self.made_us.get(at) {
            made.store(self.base.elapsed().as_micros() as u64, Ordering::Release);
        }
    }

    fn since(&self, at: usize, now: Instant) -> u32 {
        let now = now.duration_since(self.base).as_micros() as u64;
        let made = self
            .made_us
            .get(at)
            .map_or(now, |made| made.load(Ordering::Acquire));
        u32::try_from(now.saturating_sub(made)).unwrap_or(u32::MAX)
    }
}

/// Finds marks in a stream whose pieces may cut them.
#[derive(Default)]
struct Scan {
    kept: Vec<u8>,
}

impl Scan {
    fn numbers(&mut self, bytes: &[u8], mut found: impl FnMut(usize)) {
        const LENGTH: usize = MARK.len() + DIGITS;
        // What came before, as far as it may begin a mark, with enough of the new to complete it.
        let kept = self.kept.len();
        self.kept.extend(bytes.iter().take(LENGTH - 1));
        marks(&self.kept, |at, number| {
            if at < kept {
                found(number);
            }
        });
        marks(bytes, |_, number| found(number));
        if bytes.len() >= LENGTH {
            self.kept.clear();
            self.kept
                .extend(bytes.iter().skip(bytes.len() + 1 - LENGTH));
        } else {
            let surplus = self.kept.len().saturating_sub(LENGTH - 1);
            self.kept.drain(..surplus);
        }
    }
}

fn marks(bytes: &[u8], mut found: impl FnMut(usize, usize)) {
    for at in memchr::memmem::find_iter(bytes, MARK) {
        let from = at + MARK.len();
        let digits = bytes
            .get(from..from + DIGITS)
            .and_then(|d| std::str::from_utf8(d).ok());
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()) {
            found(at, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_once_however_the_stream_is_cut() -> Result<()> {
        let text = b"xx change-00000012 change-change-00000034,change-1 change-00000056";
        for size in 1..text.len() {
            let (mut scan, mut numbers) = (Scan::default(), Vec::new());
            for piece in text.chunks(size) {
                scan.numbers(piece, |number| {
                    if numbers.last() != Some(&number) {
                        numbers.push(number);
                    }
                });
            }
            anyhow::ensure!(numbers == [12, 34, 56], "{size}: {numbers:?}");
        }
        let (mut scan, mut count) = (Scan::default(), 0);
        scan.numbers(text, |_| count += 1);
        anyhow::ensure!(count == 3, "{count} marks");
        Ok(())
    }
}
