//! Whether the machine has the memory that an appliance needs. Pure.

use crate::Problem;

const MIB: u64 = 1024 * 1024;
/// With less the server may be ended by the kernel at any time. Of 512 MiB the kernel keeps some for itself.
pub const LEAST_BYTES: u64 = 400 * MIB;

/// What is wrong, by the text of `/proc/meminfo`.
pub fn problem(meminfo: &str) -> Option<Problem> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    let total = kib.saturating_mul(1024);
    (total < LEAST_BYTES).then(|| {
        Problem::new(
            "memory",
            format!("{} MiB is too little memory", total / MIB),
            "it may fail at any time: shut the VM down and give it 1 GiB, and more for thousands of VMs",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_a_gibibyte_is_too_little_and_half_of_one_is_not() {
        let told = |kib: u64| problem(&format!("MemTotal:       {kib} kB\nMemFree: 5 kB\n"));
        assert!(told(480_000).is_none());
        let what = told(215_000).unwrap().what;
        assert!(what.contains("209 MiB is too little"), "{what}");
        assert!(problem("nothing").is_none());
    }
}
