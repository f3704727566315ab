//! Updates by themselves: within a window of days and hours, in the appliance's time zone, the newest release of the channel is fetched and
//! staged, and started when that interrupts nothing.
//!
//! Invariant: nothing is interrupted without somebody's word. What is still going on when the limit of waiting is over is told, and an
//! administrator decides; the next window begins anew.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::protocol::Fault;
use super::{Agent, lock, probe, settings, update};
use crate::update::Engine;
use crate::update::journal::Step;

/// After nothing was found, or something went wrong.
const LATER_MS: i64 = 60 * 60_000;
/// The limit of waiting, unless one is chosen.
pub(super) const WAIT_SECONDS: u64 = 600;

/// When updates may begin by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    days: Vec<Day>,
    from: Minute,
    /// On the next day, when it is not after `from`.
    to: Minute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Of a day: `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Minute(u16);

impl TryFrom<String> for Minute {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = |text: &str, below: u16| {
            let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            let number: Option<u16> = text.parse().ok().filter(|_| fits);
            number.filter(|number| *number < below)
        };
        let read = text
            .split_once(':')
            .and_then(|(hour, minute)| Some(number(hour, 24)? * 60 + number(minute, 60)?));
        read.map(Self)
            .ok_or_else(|| format!("`{}` is no time: expected HH:MM", text.escape_debug()))
    }
}

impl From<Minute> for String {
    fn from(Minute(minute): Minute) -> Self {
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

impl Window {
    /// The day on which the window opened that is open at this time.
    fn opened(&self, at: DateTime) -> Option<Date> {
        let minute = u16::try_from(at.hour()).ok()? * 60 + u16::try_from(at.minute()).ok()?;
        let minute = Minute(minute);
        let day = if self.from < self.to {
            (self.from <= minute && minute < self.to).then_some(at.date())
        } else if minute >= self.from {
            Some(at.date())
        } else if minute < self.to {
            at.date().yesterday().ok()
        } else {
            None
        };
        day.filter(|day| self.days.contains(&Day::from(day.weekday())))
    }
}

/// How far it is in this window.
#[derive(Debug, Default)]
pub(super) struct Turns {
    not_before_ms: i64,
    /// The window in which somebody was asked.
    asked: Option<Date>,
    waits: Option<Waits>,
}

/// What keeps a new system from being started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Waits {
    since: i64,
    interrupts: Vec<String>,
    /// The limit is over: an administrator must start it, or wait for the next window.
    asks: bool,
}

/// For `update.status`.
pub(super) fn told(agent: &Agent) -> Value {
    json!(lock(&agent.turns).waits)
}

/// Does what is due at this time.
pub(super) fn take_turn(agent: &Agent, now_ms: i64) {
    // Another machine than an appliance updates nothing.
    let Ok(engine) = agent.updates.engine() else {
        return;
    };
    if let Err(fault) = turn(agent, engine, now_ms) {
        eprintln!("update by itself: {fault}");
        lock(&agent.turns).not_before_ms = now_ms.saturating_add(LATER_MS);
    }
}

fn turn(agent: &Agent, engine: &Engine, now_ms: i64) -> Result<(), Fault> {
    let choices = update::choices(agent)?;
    let opened = if choices.automatic {
        let at = local(agent, now_ms)?;
        match &choices.window {
            Some(window) => window.opened(at),
            None => Some(at.date()),
        }
    } else {
        None
    };
    let Some(opened) = opened else {
        wait_for(agent, None);
        return Ok(());
    };
    {
        let turns = lock(&agent.turns);
        if now_ms < turns.not_before_ms || turns.asked == Some(opened) {
            return Ok(());
        }
    }
    let status = engine.status().map_err(|error| update::fault(&error))?;
    if status.progress.is_some() || status.rollback.is_some() {
        return Ok(());
    }
    match status.update {
        Some(update) if update.is_on_trial => Ok(()),
        Some(update) => match update.step {
            Step::Applied { .. } => Ok(()),
            Step::Staged => start(agent, now_ms, opened, choices.wait_seconds),
            Step::Fetched | Step::Staging => update::by_itself(agent, "stage", stage),
            Step::Fetching => fetch(agent, update::as_begun(agent, &update), now_ms),
        },
        None => fetch(agent, Map::new(), now_ms),
    }
}

fn local(agent: &Agent, now_ms: i64) -> Result<DateTime, Fault> {
    let zone = settings::kept(agent)?.timezone;
    let zone = zone.map_or(Ok(TimeZone::UTC), |name| TimeZone::get(&name));
    let at = zone.and_then(|zone| Ok(Timestamp::from_millisecond(now_ms)?.to_zoned(zone)));
    at.map(|at| at.datetime())
        .map_err(|error| Fault::failed(format!("the time here is not known: {error}")))
}

fn fetch(agent: &Agent, which: Map<String, Value>, now_ms: i64) -> Result<(), Fault> {
    update::by_itself(agent, "fetch", |engine| {
        let (wanted, mut source, speed) = update::prepare(agent, which)?;
        // A look of its own, so that it is told when somebody looked last.
        let looked = engine.check(&mut *source, &wanted);
        let looked = looked.map_err(|error| update::fault(&error))?;
        if looked.found.is_none() {
            lock(&agent.turns).not_before_ms = now_ms.saturating_add(LATER_MS);
            return Ok(());
        }
        let place = update::bundle_place(agent);
        let taken = update::take(engine, (wanted, source, speed), &place);
        taken.map_err(|error| update::fault(&error))?;
        stage(engine)
    })
}

fn stage(engine: &Engine) -> Result<(), Fault> {
    engine.stage().map_err(|error| update::fault(&error))
}

/// Starts the new system, or waits for what that would interrupt.
fn start(agent: &Agent, now_ms: i64, opened: Date, limit: Option<u64>) -> Result<(), Fault> {
    let interrupts = probe::interruptions(agent);
    if interrupts.is_empty() {
        wait_for(agent, None);
        return update::start_new(agent).map(drop);
    }
    let limit_ms = i64::try_from(limit.unwrap_or(WAIT_SECONDS)).unwrap_or(i64::MAX);
    let mut turns = lock(&agent.turns);
    let since = turns.waits.as_ref().map_or(now_ms, |waits| waits.since);
    let asks = now_ms.saturating_sub(since) >= limit_ms.saturating_mul(1000);
    if asks {
        turns.asked = Some(opened);
        eprintln!(
            "update by itself: it would interrupt {}",
            interrupts.join(", ")
        );
    }
    drop(turns);
    wait_for(
        agent,
        Some(Waits {
            since,
            interrupts,
            asks,
        }),
    );
    Ok(())
}

fn wait_for(agent: &Agent, waits: Option<Waits>) {
    let mut turns = lock(&agent.turns);
    let is_new = turns.waits != waits;
    turns.waits = waits;
    drop(turns);
    if is_new {
        agent.updates.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: &str, from: &str, to: &str) -> Window {
        let days: Vec<&str> = days.split(' ').collect();
        serde_json::from_value(json!({ "days": days, "from": from, "to": to })).unwrap()
    }

    #[test]
    fn a_window_is_open_from_its_first_minute_to_before_its_last() {
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        // 2026-11-26 is a Thursday.
        let day = window("thursday", "02:00", "04:30");
        for (time, opened) in [
            ("2026-11-26T01:59:59", false),
            ("2026-11-26T02:00:00", true),
            ("2026-11-26T04:29:59", true),
            ("2026-11-26T04:30:00", false),
            ("2026-11-27T03:00:00", false),
        ] {
            assert_eq!(day.opened(at(time)).is_some(), opened, "{time}");
        }
        let night = window("thursday sunday", "22:00", "03:00");
        for (time, opened) in [
            ("2026-11-26T02:00:00", None),
            ("2026-11-26T22:00:00", Some("2026-11-26")),
            ("2026-11-27T02:59:00", Some("2026-11-26")),
            ("2026-11-27T03:00:00", None),
            ("2026-11-27T23:00:00", None),
            ("2026-11-30T00:00:00", Some("2026-11-29")),
        ] {
            let opened = opened.map(|day| day.parse::<Date>().unwrap());
            assert_eq!(night.opened(at(time)), opened, "{time}");
        }
        let all_day = window("thursday", "00:00", "00:00");
        assert!(all_day.opened(at("2026-11-26T23:59:00")).is_some());
    }

    #[test]
    fn a_window_is_kept_as_it_was_written_and_odd_ones_are_refused() {
        let kept = json!({ "days": ["monday", "sunday"], "from": "02:05", "to": "23:59" });
        let read: Window = serde_json::from_value(kept.clone()).unwrap();
        assert_eq!(json!(read), kept);
        for (member, wrong) in [
            ("from", json!("24:00")),
            ("from", json!("2:00")),
            ("to", json!("02:60")),
            ("to", json!("+1:00")),
            ("to", json!(4)),
            ("days", json!(["someday"])),
            ("zone", json!("UTC")),
        ] {
            let mut odd = kept.clone();
            odd[member] = wrong;
            assert!(
                serde_json::from_value::<Window>(odd.clone()).is_err(),
                "{odd}"
            );
        }
    }
}
