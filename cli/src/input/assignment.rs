//! `name=value` words, the values behind them, and the `@=file` word of a method call.

use serde_json::{Map, Value};

use crate::error::Error;

/// Parameters of a call, and the file to transfer if the method opens a side channel.
#[derive(Debug, Default, PartialEq)]
pub struct CallWords {
    /// The parameters by name, in the order in which they were typed.
    pub parameters: Map<String, Value>,
    /// What stood behind `@=`; `-` is the standard input or output.
    pub file: Option<String>,
}

/// Splits `name=value` at the first `=`. The name is not empty.
pub fn split(word: &str) -> Result<(&str, &str), Error> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(Error::usage(
            format!("invalid parameter `{word}`"),
            "parameters are written <name>=<value>",
        )),
    }
}

/// The value that a text stands for: `json:…` is JSON, `true` and `false` are booleans, all else is
/// a string. `name` is only used in the error.
pub fn value(name: &str, text: &str) -> Result<Value, Error> {
    if let Some(json) = text.strip_prefix("json:") {
        return serde_json::from_str(json).map_err(|error| {
            Error::usage(
                format!("the value of `{name}` is not valid JSON: {error}"),
                format!("quote it for the shell, as in {name}='json:[1, 2, 3]'"),
            )
        });
    }
    Ok(match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => Value::String(text.to_owned()),
    })
}

/// Reads the words behind a method's name. A name that is given twice is an error.
pub fn call_words(words: &[String]) -> Result<CallWords, Error> {
    let mut call = CallWords::default();
    for word in words {
        let (name, text) = split(word)?;
        let repeated = if name == "@" {
            if text.is_empty() {
                return Err(Error::usage(
                    "`@=` needs a file",
                    "`@=-` is the standard input or output",
                ));
            }
            call.file.replace(text.to_owned()).is_some()
        } else {
            call.parameters
                .insert(name.to_owned(), value(name, text)?)
                .is_some()
        };
        if repeated {
            return Err(Error::usage(format!("`{name}` is given twice"), ""));
        }
    }
    Ok(call)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(words: &[&str]) -> Result<CallWords, Error> {
        call_words(
            &words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn values_are_strings_unless_they_say_otherwise() {
        let call = parse(&[
            "a=2",
            "b=true",
            "c=false",
            "d=json:[1, 2]",
            "e=",
            "f=x=y",
            "g=True",
        ]);
        assert_eq!(
            Value::Object(call.unwrap().parameters),
            json!({"a": "2", "b": true, "c": false, "d": [1, 2], "e": "", "f": "x=y", "g": "True"})
        );
    }

    #[test]
    fn a_file_is_told_apart_from_parameters() {
        let call = parse(&["vm=1", "@=a=b.xva"]).unwrap();
        assert_eq!(call.file.as_deref(), Some("a=b.xva"));
        assert_eq!(call.parameters.len(), 1);
    }

    #[test]
    fn malformed_words_are_usage_errors_that_name_the_word() {
        for (words, part) in [
            (vec!["name"], "`name`"),
            (vec!["=x"], "`=x`"),
            (vec!["a=json:{"], "`a`"),
            (vec!["a=1", "a=2"], "twice"),
            (vec!["@=x", "@=y"], "twice"),
            (vec!["@="], "file"),
        ] {
            let error = parse(&words).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
