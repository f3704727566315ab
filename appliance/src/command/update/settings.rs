//! `xoa update settings`: what can be typed, and what is asked of the agent for it.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::super::Failure;

/// What administrators choose; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct UpdateSettings {
    /// stable, or latest for releases earlier
    #[arg(long)]
    channel: Option<String>,
    /// The address of the update repository, or `none` for the one that the image knows
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// The most that is downloaded, in KiB a second, or `none`
    #[arg(long, value_name = "KIB", value_parser = bytes)]
    bandwidth: Option<Value>,
    /// Whether updates install themselves
    #[arg(long)]
    automatic: Option<Switch>,
    /// When they do: monday,tuesday,…
    #[arg(long, value_delimiter = ',')]
    days: Vec<String>,
    /// Not before HH:MM, in the appliance's time zone; with --to, unless there is a window
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Not after HH:MM, on the next day when that is not after the beginning
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// At any time
    #[arg(long, conflicts_with_all = ["days", "from", "to"])]
    any_time: bool,
    /// How many minutes they wait for what a restart would interrupt
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32))]
    wait: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl UpdateSettings {
    /// What the agent is asked to change. A window is changed as a whole: what is not told of it is as `before`.
    ///
    /// # Errors
    /// When half a window is told.
    pub(super) fn change(&self, before: &Value) -> Result<Map<String, Value>, Failure> {
        let mut change = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            change.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("channel", self.channel.as_ref().map(|name| json!(name)));
        let repository = self.repository.as_deref();
        let none = |address| {
            if address == "none" {
                Value::Null
            } else {
                json!(address)
            }
        };
        put("repository", repository.map(none));
        put("bytesPerSecond", self.bandwidth.clone());
        let automatic = self.automatic.map(|switch| json!(switch == Switch::On));
        put("automatic", automatic);
        put("window", self.window(before)?);
        let seconds = self.wait.map(|minutes| json!(u64::from(minutes) * 60));
        put("waitSeconds", seconds);
        Ok(change)
    }

    fn window(&self, before: &Value) -> Result<Option<Value>, Failure> {
        if self.any_time {
            return Ok(Some(Value::Null));
        }
        if self.days.is_empty() && self.from.is_none() && self.to.is_none() {
            return Ok(None);
        }
        let is_half = self.from.is_some() != self.to.is_some();
        if is_half && before.get("window").is_none_or(Value::is_null) {
            let what = "there is no window yet: it needs both --from and --to";
            return Err(Failure::Wrong(what.to_owned()));
        }
        let of = |name: &str, told: Option<Value>, otherwise: Value| {
            let kept = before.pointer(&format!("/window/{name}"));
            told.or_else(|| kept.cloned()).unwrap_or(otherwise)
        };
        let days = (!self.days.is_empty()).then(|| json!(self.days));
        let time = |time: &Option<String>| time.as_ref().map(|time| json!(time));
        Ok(Some(json!({
            "days": of("days", days, json!(WEEK)),
            "from": of("from", time(&self.from), json!("00:00")),
            "to": of("to", time(&self.to), json!("00:00")),
        })))
    }
}

fn bytes(text: &str) -> Result<Value, String> {
    if text == "none" {
        return Ok(Value::Null);
    }
    let kib: Option<u64> = text.parse().ok();
    let bytes = kib
        .filter(|kib| *kib > 0)
        .and_then(|kib| kib.checked_mul(1024));
    bytes
        .map(|bytes| json!(bytes))
        .ok_or_else(|| "expected a number of KiB, or `none`".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        settings: UpdateSettings,
    }

    fn change(words: &str, before: &Value) -> Value {
        let words = ["settings"].into_iter().chain(words.split_whitespace());
        Value::Object(Typed::parse_from(words).settings.change(before).unwrap())
    }

    #[test]
    fn what_is_typed_is_changed_and_nothing_else() {
        let nothing = Value::Null;
        assert_eq!(change("", &nothing), json!({}));
        let all = "--channel latest --repository https://u.example --bandwidth 512 --automatic on --days saturday,sunday --from 22:00 \
                   --to 04:30 --wait 10";
        assert_eq!(
            change(all, &nothing),
            json!({
                "channel": "latest", "repository": "https://u.example", "bytesPerSecond": 512 * 1024, "automatic": true,
                "window": { "days": ["saturday", "sunday"], "from": "22:00", "to": "04:30" }, "waitSeconds": 600,
            })
        );
        let back = "--repository none --bandwidth none --automatic off --any-time";
        assert_eq!(
            change(back, &nothing),
            json!({ "repository": null, "bytesPerSecond": null, "automatic": false, "window": null })
        );
    }

    #[test]
    fn what_is_not_told_of_a_window_stays_or_is_the_whole_week_and_day() {
        let before = json!({ "window": { "days": ["sunday"], "from": "02:00", "to": "04:00" } });
        assert_eq!(
            change("--to 05:00", &before),
            json!({ "window": { "days": ["sunday"], "from": "02:00", "to": "05:00" } })
        );
        let nothing = json!({ "window": null });
        let all_day = change("--days saturday", &nothing);
        assert_eq!(
            all_day,
            json!({ "window": { "days": ["saturday"], "from": "00:00", "to": "00:00" } })
        );
        let nights = change("--from 22:00 --to 03:00", &nothing)["window"].clone();
        assert_eq!(nights["days"].as_array().unwrap().len(), 7);
        for half in ["--from 22:00", "--days sunday --to 03:00"] {
            let words = ["settings"].into_iter().chain(half.split(' '));
            let wrong = Typed::parse_from(words).settings.change(&nothing);
            assert_eq!(wrong.unwrap_err().code(), 2, "{half}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_wrong_use() {
        for words in [
            "--bandwidth fast",
            "--bandwidth 0",
            "--automatic maybe",
            "--any-time --from 02:00",
            "--wait -1",
        ] {
            let words = ["settings"].into_iter().chain(words.split(' '));
            assert!(Typed::try_parse_from(words).is_err());
        }
    }
}
