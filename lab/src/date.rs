//! Dates as XAPI writes them: `YYYYMMDDTHH:MM:SSZ`, always UTC. 1970 means "never".

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// How a date is written that never was.
const NEVER: &str = "19700101T00:00:00Z";

/// Seconds since 1970 by the machine's clock.
#[must_use]
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
}

/// The date as XAPI writes it.
#[must_use]
pub fn format(seconds: i64) -> String {
    if seconds == 0 {
        return NEVER.to_owned();
    }
    let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}{:02}{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second()
    )
}

/// Seconds since 1970 of a date in XAPI's form or in ISO 8601 with dashes, `None` when it is no date.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
    if digits.len() != 14 || !text.contains('T') {
        return None;
    }
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .and_then(|part| part.parse::<u8>().ok())
    };
    let year = digits.get(..4)?.parse::<i32>().ok()?;
    let month = time::Month::try_from(part(4, 6)?).ok()?;
    let date = time::Date::from_calendar_date(year, month, part(6, 8)?).ok()?;
    let clock = time::Time::from_hms(part(8, 10)?, part(10, 12)?, part(12, 14)?).ok()?;
    Some(date.with_time(clock).assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::{format, parse};

    #[test]
    fn a_date_survives_a_round_trip() {
        assert_eq!(format(0), "19700101T00:00:00Z");
        assert_eq!(
            parse("20261122T12:50:36Z").map(format).as_deref(),
            Some("20261122T12:50:36Z")
        );
        assert_eq!(parse("2026-11-22T12:50:36Z"), parse("20261122T12:50:36Z"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "yesterday", "20261322T12:50:36Z", "20261122T12:50"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
