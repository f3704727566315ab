//! Outside judges, where they are at hand: the program that `XVA_JUDGE` names is given archives of ours and must print a
//! last line `OK`; and archives of the folder that `XVA_SAMPLES` names must be found sound. Without the variables our own
//! tests of the same rules stand alone.

use std::process::Command;

use xva::Compression;

use crate::sample::{Bench, MIB, examine};

#[test]
fn an_outside_judge_accepts_what_is_packed() {
    let Ok(judge) = std::env::var("XVA_JUDGE") else {
        return;
    };
    for (size, blocks) in [
        (2 * MIB, vec![]),
        (7 * MIB + 512, vec![(MIB + 5, 3 * MIB, 1)]),
        (
            40 << 30,
            vec![(0, 512, 1), ((40 << 30) - 512, 512, 2), (3 << 30, MIB, 3)],
        ),
    ] {
        let bench = Bench::new(size, &blocks);
        let (xva, _) = bench.pack("disk.xva", Compression::None);
        let output = Command::new(&judge).arg(&xva).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.trim_end().ends_with("OK") && !text.contains("note"),
            "{output:?}"
        );
    }
}

#[test]
fn archives_of_real_hosts_are_found_sound() {
    let Ok(folder) = std::env::var("XVA_SAMPLES") else {
        return;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains(".xva") {
            let report = examine(&path);
            assert!(report.sound, "{report} {:?}", report.damage);
        }
    }
}
