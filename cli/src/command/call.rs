//! `<method> name=value… [@=file]`: any method of the server, and the file that may go with it.

use clap::CommandFactory;
use serde_json::{Map, Value};

use super::{list_commands, transfer};
use crate::arguments::{Arguments, CommonOptions};
use crate::error::Error;
use crate::input::{assignment, options};
use crate::output::{self, Format, nearest::nearest};
use crate::wire::rpc::Client;
use crate::wire::side_channel;
use crate::wire::target::Target;

const METHOD_NOT_FOUND: i64 = -32601;

/// Calls the method that the first word names, and prints its result.
pub async fn run(mut common: CommonOptions, words: Vec<String>) -> Result<(), Error> {
    let mut words = options::take_common(&mut common, words)?.into_iter();
    let method = words.next().unwrap_or_default();
    require_method_name(&method)?;
    let words: Vec<String> = words.collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return list_commands::run(&common, &[method]).await;
    }
    let call = assignment::call_words(&words)?;

    let mut target = Target::resolve(&common)?;
    let mut client = target.sign_in().await?;
    // Where a redirection led: the file goes there too.
    target.address = client.address().clone();
    let result = match client.call(&method, &call.parameters).await {
        Ok(result) => result,
        Err(error) => return Err(with_neighbours(&mut client, error).await),
    };
    client.close().await;

    let format = Format::chosen(common.json);
    match (side_channel::of(&result), call.file) {
        (None, None) => output::result(&result, format),
        (None, Some(_)) => {
            output::result(&result, format)?;
            Err(Error::Transfer {
                reason: format!("{method} took no file, `@=` was not used"),
            })
        }
        (Some(_), None) => Err(Error::usage(
            format!("{method} transfers a file"),
            "add @=<file>, or @=- for the standard input or output",
        )),
        (Some(channel), Some(file)) => {
            let result = transfer::run(&target, &method, channel, &file).await?;
            result.map_or(Ok(()), |result| output::result(&result, format))
        }
    }
}

/// Every method has a dot in its name: a word without one is a mistyped command.
fn require_method_name(word: &str) -> Result<(), Error> {
    if word.contains('.') && !word.contains('=') {
        return Ok(());
    }
    let commands = Arguments::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    let alike = nearest(word, names);
    let hint = if alike.is_empty() {
        "`xo-cli --help` lists the commands, `xo-cli list-commands` the methods".to_owned()
    } else {
        format!("did you mean {}?", alike.join(", "))
    };
    Err(Error::usage(
        format!("`{word}` is no command and no method"),
        hint,
    ))
}

/// Adds the names that resemble an unknown method; other errors stay as they are.
async fn with_neighbours(client: &mut Client, error: Error) -> Error {
    match error {
        Error::Call { method, error, .. } if error.code == METHOD_NOT_FOUND => {
            let known = client.call("system.getMethodsInfo", &Map::new()).await;
            let names = match &known {
                Ok(Value::Object(methods)) => nearest(&method, methods.keys().map(String::as_str)),
                _ => Vec::new(),
            };
            Error::Call {
                method,
                error,
                nearest: names,
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::require_method_name;

    #[test]
    fn a_word_without_a_dot_suggests_commands() {
        assert!(require_method_name("vm.start").is_ok());
        let error = require_method_name("list-object").unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(
            error.hints().join(" ").contains("list-objects"),
            "{:?}",
            error.hints()
        );
        assert!(require_method_name("a.b=1").is_err());
    }
}
