//! The methods that clients of Xen Orchestra may call (`reference-methods.txt`): what tells "not written yet" from "no such method".

const METHODS: &str = include_str!("../../reference-methods.txt");

/// True for a method of the reference, whether it is written here or not.
pub(crate) fn is_known(name: &str) -> bool {
    METHODS.lines().any(|line| {
        line.split_once(' ')
            .is_some_and(|(known, _)| known == name && known != "#")
    })
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn methods_are_known_by_their_whole_name() {
        assert!(is_known("vm.start") && is_known("backupNg.createJob"));
        for unknown in ["", "#", "vm.sta", "vm.start ", "signed-in"] {
            assert!(!is_known(unknown), "{unknown:?}");
        }
    }
}
