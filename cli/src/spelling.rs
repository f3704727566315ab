//! The older spelling of commands, `--register` for `register`, is rewritten before parsing.
//!
//! Invariant: only words in front of the command's own arguments are touched, so that
//! `list-objects --register` still selects a property of that name.

/// Options that may stand before the command and take a value.
const OPTIONS_WITH_VALUE: [&str; 4] = ["--url", "--expiresIn", "--token", "--otp"];

/// The sub-command that an old spelling stands for.
fn modern_name(word: &str) -> Option<&'static str> {
    Some(match word {
        "--register" => "register",
        "--createToken" | "--create-token" => "create-token",
        "--unregister" => "unregister",
        "--list-commands" | "--listCommands" => "list-commands",
        "--list-objects" | "--listObjects" => "list-objects",
        "--watch" => "watch",
        "--rest" => "rest",
        _ => return None,
    })
}

/// Rewrites `[options] --register …` to `register [options] …`; anything else is returned as it is.
pub fn modernise(arguments: Vec<String>) -> Vec<String> {
    let mut is_value = false;
    let mut found = None;
    for (position, word) in arguments.iter().enumerate() {
        if is_value {
            is_value = false;
        } else if let Some(name) = modern_name(word) {
            found = Some((position, name));
            break;
        } else if OPTIONS_WITH_VALUE.contains(&word.as_str()) {
            is_value = true;
        } else if !word.starts_with('-') {
            break;
        }
    }
    let Some((position, name)) = found else {
        return arguments;
    };
    let mut rewritten = vec![name.to_owned()];
    rewritten.extend(
        arguments
            .into_iter()
            .enumerate()
            .filter_map(|(index, word)| (index != position).then_some(word)),
    );
    rewritten
}

#[cfg(test)]
mod tests {
    use super::modernise;

    fn check(typed: &str, meant: &str) {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(modernise(words(typed)), words(meant));
    }

    #[test]
    fn an_old_spelling_becomes_the_sub_command() {
        check(
            "--register --au https://xo u p",
            "register --au https://xo u p",
        );
        check("--createToken https://xo u", "create-token https://xo u");
        check("--list-objects type=VM", "list-objects type=VM");
    }

    #[test]
    fn options_before_an_old_spelling_are_kept() {
        check(
            "--url https://t@xo --json --list-commands",
            "list-commands --url https://t@xo --json",
        );
        check("--au --register https://xo", "register --au https://xo");
    }

    #[test]
    fn arguments_of_a_command_are_not_rewritten() {
        check("list-objects --register", "list-objects --register");
        check("vm.start id=x --unregister", "vm.start id=x --unregister");
        check(
            "--url --register list-objects",
            "--url --register list-objects",
        );
    }
}
