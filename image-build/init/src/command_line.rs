//! The kernel's command line: the root hash, which says what may be started.

/// A SHA-256 in hexadecimal digits: that of the topmost hashes of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootHash(String);

impl RootHash {
    /// Reads `roothash=` of a command line.
    pub fn find(command_line: &str) -> Option<Self> {
        let hash = command_line
            .split_ascii_whitespace()
            .find_map(|word| word.strip_prefix("roothash="))?;
        let right = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        right.then(|| Self(hash.to_ascii_lowercase()))
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_hash_is_found_among_other_words() {
        let digits = "0123456789abcdef".repeat(4);
        let line = format!("quiet roothash={} panic=10\n", digits.to_uppercase());
        assert_eq!(RootHash::find(&line).unwrap().digits(), digits);
    }

    #[test]
    fn what_is_no_hash_is_none() {
        for line in [
            "",
            "roothash=",
            "roothash=12",
            &format!("roothash={}", "g".repeat(64)),
        ] {
            assert_eq!(RootHash::find(line), None, "{line}");
        }
    }
}
