//! Searching in texts without regard to case.

/// Whether `haystack` contains `needle`, which is in lower case.
pub(super) fn contains(haystack: &str, needle: &str) -> bool {
    find(haystack, needle).is_some()
}

/// Whether `haystack` contains the pieces, in lower case, one after the other.
pub(super) fn contains_in_order(haystack: &str, pieces: &[Box<str>]) -> bool {
    if haystack.is_ascii() {
        let mut rest = haystack;
        return pieces.iter().all(|piece| match find(rest, piece) {
            Some(at) => {
                rest = rest.get(at + piece.len()..).unwrap_or_default();
                true
            }
            None => false,
        });
    }
    let lower = haystack.to_lowercase();
    let mut rest = lower.as_str();
    pieces.iter().all(|piece| match rest.split_once(&**piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Where the needle starts; in the lower-case text if the haystack is not ASCII.
fn find(haystack: &str, needle: &str) -> Option<usize> {
    if !haystack.is_ascii() {
        return haystack.to_lowercase().find(needle);
    }
    let Some(first) = needle.bytes().next() else {
        return Some(0);
    };
    let last = haystack.len().checked_sub(needle.len())?;
    let (haystack, needle) = (haystack.as_bytes(), needle.as_bytes());
    (0..=last).find(|at| {
        haystack
            .get(*at)
            .is_some_and(|byte| byte.eq_ignore_ascii_case(&first))
            && haystack
                .get(*at..at + needle.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(needle))
    })
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
