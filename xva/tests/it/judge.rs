//! An outside judge of the format, where one is at hand: the program that `XVA_JUDGE` names is given an archive of
//! ours and must print a last line `OK`; and the reader takes every archive of the folder that `XVA_SAMPLES` names.
//! Without the variables our own tests of the same rules stand alone.

use std::io::Write;
use std::process::Command;

use xva::{Compression, Writer};

use crate::sample::{MIB, ova, read_all};

#[test]
fn an_outside_judge_accepts_what_the_writer_writes() {
    let Ok(judge) = std::env::var("XVA_JUDGE") else {
        // Nothing to ask; the header bytes at least are as XAPI reads them.
        let archive = Writer::new(Vec::new(), &ova(&[]), Compression::None).unwrap();
        let archive = archive.finish().unwrap();
        assert_eq!(&archive[..8], b"ova.xml\0");
        assert_eq!(&archive[100..124], b"0000400\x000000000\x000000000\0");
        assert_eq!(&archive[257..265], b"ustar\x0000");
        return;
    };
    let ova = ova(&[("Ref:9", 5 * MIB), ("Ref:10", 3 * MIB), ("Ref:7", MIB)]);
    let file = tempfile::Builder::new().suffix(".xva").tempfile().unwrap();
    let mut writer = Writer::new(file.as_file(), &ova, Compression::None).unwrap();
    writer
        .write_chunk("Ref:10", MIB, &vec![3; MIB as usize])
        .unwrap();
    writer
        .write_chunk("Ref:9", 2 * MIB, &vec![4; MIB as usize])
        .unwrap();
    writer.finish().unwrap().flush().unwrap();
    let output = Command::new(judge).arg(file.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.trim_end().ends_with("OK"),
        "{output:?}"
    );
}

#[test]
fn archives_of_real_hosts_are_read() {
    let Ok(folder) = std::env::var("XVA_SAMPLES") else {
        assert!(read_all(&[]).is_err());
        return;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains(".xva") {
            read_all(&std::fs::read(&path).unwrap()).unwrap();
        }
    }
}
