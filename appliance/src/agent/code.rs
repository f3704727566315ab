//! The setup code, which the server writes to a file of its own while nobody can sign in; the screen shows it.

use super::Agent;

const PLACE: &str = "/var/lib/xo-server/setup-code";

/// The code, as long as there is one.
pub(super) fn setup_code(agent: &Agent) -> Option<String> {
    let text = agent.text(PLACE);
    let code = text.trim();
    is_code(code).then(|| code.to_owned())
}

/// `ABCDE-23456`
fn is_code(word: &str) -> bool {
    let is_sign = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    matches!(word.split_once('-'), Some((a, b)) if a.len() == 5 && b.len() == 5 && a.bytes().chain(b.bytes()).all(is_sign))
}

/// The same text without anything that could be a code.
pub(super) fn without_codes(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let code = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        if is_code(code) {
            clean.push_str("*****-*****");
            clean.push_str(word.get(code.len()..).unwrap_or_default());
        } else {
            clean.push_str(word);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_leave_a_text_and_nothing_else_does() {
        let text = "setup code:   REZDR-J7ENY   (makes)\nnow code=\"AAAAA-22222\" is é\nxo-server 0.1.0 on UTF-8, 01234-5678";
        let clean = without_codes(text);
        assert!(
            !clean.contains("REZDR") && !clean.contains("AAAAA"),
            "{clean}"
        );
        assert_eq!(
            clean,
            text.replace("REZDR-J7ENY", "*****-*****")
                .replace("AAAAA-22222", "*****-*****")
        );
    }
}
