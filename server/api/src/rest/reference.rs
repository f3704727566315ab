//! The REST API of Xen Orchestra as facts: what its clients may ask for, whether it is served here yet or not.

use super::BASE;

/// One endpoint a line: `VERB /rest/v0/path/{id} member member?`.
const ENDPOINTS: &str = include_str!("../../reference-endpoints.txt");

/// Whether Xen Orchestra serves this; `path` is what comes after `/rest/v0/`.
pub(super) fn knows(verb: &str, path: &str) -> bool {
    ENDPOINTS.lines().any(|line| {
        let mut words = line.split(' ');
        words.next() == Some(verb)
            && words
                .next()
                .and_then(|known| known.strip_prefix(BASE))
                .is_some_and(|known| fits(path, known.trim_start_matches('/')))
    })
}

/// Whether a path is one of those that a pattern stands for: `{id}` is any part, `{id}.{format}` any part with a dot.
fn fits(path: &str, pattern: &str) -> bool {
    let (mut parts, mut patterns) = (path.split('/'), pattern.split('/'));
    loop {
        let fits = match (parts.next(), patterns.next()) {
            (None, None) => return true,
            (Some(part), Some(pattern)) => match pattern.split_once("}.") {
                _ if !pattern.starts_with('{') => part == pattern,
                None => !part.is_empty(),
                // The ending is any, or this one: `{id}.txt`.
                Some((_, ending)) => part
                    .rsplit_once('.')
                    .is_some_and(|(_, found)| ending.starts_with('{') || ending == found),
            },
            _ => false,
        };
        if !fits {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_by_their_parts() {
        for (path, pattern, expected) in [
            ("vms/1", "vms/{id}", true),
            ("vms/1.xva", "vms/{id}.{format}", true),
            ("vms/1", "vms/{id}.{format}", false),
            ("hosts/1/audit.txt", "hosts/{id}/audit.txt", true),
            ("vms/1/x", "vms/{id}", false),
            ("vms", "vms/{id}", false),
            ("vms/", "vms/{id}", false),
            ("", "", true),
        ] {
            assert_eq!(fits(path, pattern), expected, "{path} {pattern}");
        }
        assert!(knows("GET", "backup-jobs/1") && !knows("DELETE", "backup-jobs/1/x"));
    }
}
