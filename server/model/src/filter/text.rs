//! Searching in texts without regard to case, in linear time.

use std::borrow::Cow;

/// Whether `haystack` contains `needle`, which is in lower case.
pub(super) fn contains(haystack: &str, needle: &str) -> bool {
    lowered(haystack).contains(needle)
}

/// Whether `haystack` contains the pieces, in lower case, one after the other.
pub(super) fn contains_in_order(haystack: &str, pieces: &[Box<str>]) -> bool {
    let lower = lowered(haystack);
    let mut rest = &*lower;
    pieces.iter().all(|piece| match rest.split_once(&**piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Whether JSON writes this text as it is: nothing in it is escaped, and no other letter has it as its lower case.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

/// False when none of the strings in a JSON text can hold all of these, which are plain and in lower case. Quick: nothing is parsed.
pub(super) fn may_hold(json: &str, needed: &[Box<str>]) -> bool {
    // Letters outside of ASCII can have a lower case within it, and any letter may be written as an escape.
    if needed.is_empty() || !json.is_ascii() || json.contains("\\u") {
        return true;
    }
    let lower = json.to_ascii_lowercase();
    needed.iter().all(|text| lower.contains(&**text))
}

/// Most texts (ids, states of the network, keys) are in lower case already.
fn lowered(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn searching_is_as_in_lower_case(haystack in "[aAbBéÉ]{0,8}", needle in "[aAbBé]{0,3}") {
            let needle = needle.to_lowercase();
            prop_assert_eq!(contains(&haystack, &needle), haystack.to_lowercase().contains(&needle));
        }

        #[test]
        fn pieces_are_found_in_order(haystack in "[aAbBé]{0,8}", pieces in prop::collection::vec("[abé]{1,2}", 0..3)) {
            let pieces: Vec<Box<str>> = pieces.into_iter().map(Box::from).collect();
            let glob = pieces.iter().map(|p| regex::escape(p)).collect::<Vec<_>>().join(".*");
            let regex = regex::Regex::new(&glob).unwrap();
            prop_assert_eq!(contains_in_order(&haystack, &pieces), regex.is_match(&haystack.to_lowercase()));
        }
    }
}
