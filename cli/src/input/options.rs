//! Common options that stand among free-form words, where clap no longer looks for them.

use crate::arguments::CommonOptions;
use crate::error::Error;

/// Takes `--json`, `--url URL` (or `--url=URL`) and `--allowUnauthorized` out of `words`, into `options`.
pub fn take_common(options: &mut CommonOptions, words: Vec<String>) -> Result<Vec<String>, Error> {
    let mut rest = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => options.json = true,
            "--allowUnauthorized" | "--allow-unauthorized" | "--au" => {
                options.allow_unauthorized = true;
            }
            "--url" => {
                let url = words.next().ok_or_else(|| {
                    Error::usage("--url needs a value", "--url https://<token>@<host>")
                })?;
                options.url = Some(url);
            }
            other => match other.strip_prefix("--url=") {
                Some(url) => options.url = Some(url.to_owned()),
                None => rest.push(word),
            },
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn common_options_are_found_anywhere_and_the_rest_is_kept() {
        let mut options = CommonOptions::default();
        let rest = take_common(
            &mut options,
            words("id=1 --json --type --url https://t@xo a=b --au"),
        );
        assert_eq!(rest.unwrap(), words("id=1 --type a=b"));
        let expected = CommonOptions {
            url: Some("https://t@xo".into()),
            json: true,
            allow_unauthorized: true,
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn an_url_may_be_joined_and_must_have_a_value() {
        let mut options = CommonOptions::default();
        take_common(&mut options, words("--url=https://a@b")).unwrap();
        assert_eq!(options.url.as_deref(), Some("https://a@b"));
        assert_eq!(
            take_common(&mut options, words("--url"))
                .unwrap_err()
                .exit_code(),
            2
        );
    }
}
