//! How fast a raw disk becomes an XVA, how fast one is examined, and the memory that it takes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Result;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::plan::Plan;
use super::process::binary;
use super::table::{Row, Target};

const MIB: u64 = 1 << 20;
/// The disk that is nearly empty.
const SPARSE: u64 = 64 << 30;
/// Memory is looked at so often.
const LOOK: Duration = Duration::from_millis(2);

struct Rows {
    sparse: Row,
    data: Row,
    zstd: Row,
    inspect: Row,
    memory: Row,
}

/// Measures all of them.
pub async fn measure(plan: &Plan) -> Result<Vec<Row>> {
    let mut rows = Rows {
        sparse: Row::new(
            "XVA of a sparse disk, disk bytes",
            "MB/s",
            Some(Target::AtLeast(1000.0)),
        ),
        data: Row::new("XVA of data", "MB/s", Some(Target::AtLeast(300.0))),
        zstd: Row::new("XVA of data, zstd", "MB/s", None),
        inspect: Row::new("XVA examined", "MB/s", None),
        memory: Row::new("XVA, peak memory", "MB", Some(Target::AtMost(64.0))),
    };
    let all = [
        &rows.sparse,
        &rows.data,
        &rows.zstd,
        &rows.inspect,
        &rows.memory,
    ];
    if !plan.wants(&all.map(Clone::clone)) {
        return Ok(Vec::new());
    }
    let folder = TempDir::new()?;
    let full = if plan.repetitions > 1 { 1024 } else { 256 };
    let sparse = disk(&folder.path().join("sparse.raw"), SPARSE, 64)?;
    let data = disk(&folder.path().join("data.raw"), full * MIB, full)?;
    let xva = folder.path().join("out.xva");
    let written = ["--output", &xva.to_string_lossy()].map(str::to_owned);
    for _ in 0..plan.repetitions {
        let mut peak = 0.0_f64;
        for (row, disk, size, compress) in [
            (&mut rows.zstd, &data, full * MIB, "zstd"),
            (&mut rows.sparse, &sparse, SPARSE, "none"),
            (&mut rows.data, &data, full * MIB, "none"),
        ] {
            let mut command = Command::new(binary("xo-image-build")?);
            command.arg("xva").arg(disk).args(&written);
            command.args(["--compress", compress]);
            let (seconds, memory) = run(&mut command).await?;
            row.values.push(size as f64 / 1e6 / seconds);
            peak = peak.max(memory);
        }
        let mut command = Command::new(binary("xo-image-build")?);
        let (seconds, memory) = run(command.arg("inspect").arg(&xva)).await?;
        rows.inspect
            .values
            .push((full * MIB) as f64 / 1e6 / seconds);
        rows.memory.values.push(peak.max(memory));
    }
    Ok(vec![
        rows.sparse,
        rows.data,
        rows.zstd,
        rows.inspect,
        rows.memory,
    ])
}

/// A raw disk of `size` bytes with so many MiB that do not compress, spread over it.
fn disk(path: &Path, size: u64, mebibytes: u64) -> Result<String> {
    let file = File::create(path)?;
    file.set_len(size)?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut block = vec![0; MIB as usize];
    for index in 0..mebibytes {
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        let step = size / MIB / mebibytes;
        file.write_all_at(&block, index * step * MIB)?;
    }
    Ok(path.to_string_lossy().into_owned())
}

/// Runs to the end; gives seconds and the most memory that was resident, in MB.
async fn run(command: &mut Command) -> Result<(f64, f64)> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).kill_on_drop(true).spawn()?;
    let mut peak = 0.0_f64;
    loop {
        tokio::select! {
            status = child.wait() => {
                anyhow::ensure!(status?.success(), "xo-image-build failed");
                return Ok((began.elapsed().as_secs_f64(), peak));
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        peak = peak.max(resident(&child).unwrap_or_default());
    }
}

/// The peak so far; nothing when the process is about to end.
fn resident(child: &Child) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{}/status", child.id()?)).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
