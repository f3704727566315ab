//! Name patterns: `*`, `?`, `[abc]` and nested braces `{vm,host}.*`, matched against whole names.

use regex::Regex;

use crate::error::Error;

/// A set of patterns. An empty set matches every name.
#[derive(Debug)]
pub struct Globs(Vec<Regex>);

impl Globs {
    /// Compiles patterns; a malformed one is a usage error.
    pub fn new(patterns: &[String]) -> Result<Self, Error> {
        patterns
            .iter()
            .map(|pattern| compile(pattern))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether any of the patterns matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.is_match(name))
    }
}

fn compile(pattern: &str) -> Result<Regex, Error> {
    let invalid = |why: &str| Error::usage(format!("invalid pattern `{pattern}`: {why}"), "");
    let mut regex = String::from("^(?:");
    let mut depth = 0_usize;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '{' => {
                depth += 1;
                regex.push_str("(?:");
            }
            ',' if depth > 0 => regex.push('|'),
            '}' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| invalid("a brace is not opened"))?;
                regex.push(')');
            }
            '[' => {
                let class: String = characters
                    .by_ref()
                    .take_while(|next| *next != ']')
                    .collect();
                let (negation, members) = match class.strip_prefix(['!', '^']) {
                    Some(members) => ("^", members),
                    None => ("", class.as_str()),
                };
                if members.is_empty() {
                    return Err(invalid("a character class is empty"));
                }
                let members = members
                    .replace('\\', r"\\")
                    .replace('[', r"\[")
                    .replace('&', r"\&");
                regex.push_str(&format!("[{negation}{members}]"));
            }
            '\\' => {
                let next = characters
                    .next()
                    .ok_or_else(|| invalid("it ends with a backslash"))?;
                regex.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
            }
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    if depth > 0 {
        return Err(invalid("a brace is not closed"));
    }
    regex.push_str(")$");
    Regex::new(&regex).map_err(|_| invalid("it cannot be understood"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn globs(patterns: &[&str]) -> Result<Globs, Error> {
        Globs::new(
            &patterns
                .iter()
                .map(|pattern| (*pattern).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn braces_and_stars_select_names() {
        let set = globs(&["{vm,host}.*", "system.get{Server,}Version"]).unwrap();
        for name in [
            "vm.start",
            "host.restart",
            "system.getVersion",
            "system.getServerVersion",
        ] {
            assert!(set.matches(name), "{name}");
        }
        for name in ["xvm.start", "vm", "sr.scan", "vmxstart"] {
            assert!(!set.matches(name), "{name}");
        }
    }

    #[test]
    fn braces_nest_and_single_characters_match() {
        let set = globs(&["{v{m,bd,if},sr}.s?t", "[ab]c.[!x]*"]).unwrap();
        for name in ["vm.set", "vbd.set", "sr.sat", "ac.get", "bc.y"] {
            assert!(set.matches(name), "{name}");
        }
        assert!(!set.matches("vm.start"));
        assert!(!set.matches("ac.x"));
    }

    #[test]
    fn no_pattern_selects_everything() {
        assert!(globs(&[]).unwrap().matches("anything"));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in ["{a", "a}", "[]", "a\\"] {
            assert!(globs(&[pattern]).is_err(), "{pattern} was accepted");
        }
    }

    proptest! {
        #[test]
        fn a_name_without_special_characters_matches_itself_alone(name in "[a-zA-Z.$_-]{1,20}") {
            let set = globs(&[&name]).unwrap();
            prop_assert!(set.matches(&name));
            let longer = name + "x";
            prop_assert!(!set.matches(&longer));
        }

        #[test]
        fn no_pattern_panics(pattern in ".{0,20}") {
            if let Ok(set) = globs(&[&pattern]) {
                set.matches("vm.start");
            }
        }
    }
}
