//! Dates as XAPI writes them, to seconds since 1970.

/// Seconds since the epoch of `YYYYMMDDTHH:MM:SSZ`. Dashes, fractions and a missing `Z` are taken too.
///
/// `None` when it is no date, and for 1970-01-01T00:00:00Z, which XAPI writes for "never" (`xapi-wire.md` section 1).
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let (day, time) = text
        .trim()
        .split_once(['T', ' '])
        .unwrap_or((text.trim(), ""));
    let mut day = digits(day, &['-'])?;
    let (year, month, date) = (day.take(4)?, day.take(2)?, day.take(2)?);
    let time = time.split(['Z', '.', ',', '+']).next().unwrap_or_default();
    let mut time = digits(time, &[':'])?;
    let clock = [time.take(2), time.take(2), time.take(2)].map(|part| part.unwrap_or(0));
    let [hour, minute, second] = clock;
    let possible = (1..=12).contains(&month)
        && (1..=31).contains(&date)
        && hour < 24
        && minute < 60
        && second <= 60
        && day.is_done()
        && time.is_done();
    let seconds = days(year, month, date) * 86_400 + hour * 3_600 + minute * 60 + second;
    (possible && seconds != 0).then_some(seconds)
}

struct Digits(Vec<i64>, usize);

fn digits(text: &str, separators: &[char]) -> Option<Digits> {
    let digits = text.chars().filter(|c| !separators.contains(c));
    let values: Option<Vec<i64>> = digits.map(|c| c.to_digit(10).map(i64::from)).collect();
    values.map(|values| Digits(values, 0))
}

impl Digits {
    fn take(&mut self, count: usize) -> Option<i64> {
        let taken = self.0.get(self.1..self.1 + count)?;
        self.1 += count;
        Some(taken.iter().fold(0, |number, digit| number * 10 + digit))
    }

    fn is_done(&self) -> bool {
        self.1 == self.0.len()
    }
}

/// Days since 1970-01-01 in the Gregorian calendar: years that begin in March make the leap day the last one.
fn days(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + date - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_in_every_spelling_that_hosts_use() {
        for text in [
            "20260821T02:00:23Z",
            "20260821T02:00:23",
            "2026-08-21T02:00:23Z",
            "20260821T02:00:23.456Z",
            " 20260821T020023Z ",
        ] {
            assert_eq!(parse_date(text), Some(1_787_277_623), "{text}");
        }
        assert_eq!(parse_date("20240229T00:00:00Z"), Some(1_709_164_800));
        assert_eq!(parse_date("20260821"), Some(1_787_270_400));
        assert_eq!(parse_date("20380119T03:14:08Z"), Some(2_147_483_648));
    }

    #[test]
    fn the_first_second_means_never_and_nonsense_is_nothing() {
        let nonsense = [
            "19700101T00:00:00Z",
            "",
            "never",
            "T",
            "20261321T00:00:00Z",
            "202608",
            "20260821T99:00:00Z",
        ];
        for text in nonsense {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".*") {
            let _ = parse_date(&text);
        }

        #[test]
        fn days_follow_each_other(days_since in 1i64..40_000) {
            // The civil date, counted by hand.
            let (mut year, mut left) = (1970, days_since);
            let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
            while left >= 365 + i64::from(leap(year)) {
                left -= 365 + i64::from(leap(year));
                year += 1;
            }
            let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let mut month = 1;
            for length in lengths {
                if left < length {
                    break;
                }
                left -= length;
                month += 1;
            }
            let text = format!("{year:04}{month:02}{:02}T00:00:00Z", left + 1);
            prop_assert_eq!(parse_date(&text), Some(days_since * 86_400));
        }
    }
}
