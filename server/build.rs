//! Lays out the program of a release, so that an update of the appliance is small: it fetches the blocks of the file that the running system
//! has not. What is as before stays where it was: others' libraries come first, then our crates, each on pages of its own and behind
//! those that it uses. Measured by `make bench`.

use std::path::Path;
use std::{env, fs, io};

/// Our crates as the linker sees them; the last one is the program.
const OURS: [&str; 11] = [
    "*/libxapi_records-*",
    "*/libxapi-*",
    "*/libxva-*",
    "*/libxo_model-*",
    "*/libxo_store-*",
    "*/libxo_inventory-*",
    "*/libxo_lab-*",
    "*/libxo_engine-*",
    "*/libxo_api-*",
    "*/libxo_server-*",
    "*/xo_server-*",
];
/// A section begins where a block of the appliance's file system does.
const SECTION: u32 = 128 << 10;
/// A crate begins here: half of it may be added on the average before the next one moves.
const CRATE: u32 = 64 << 10;
/// The script is for LLD, which Rust links with on this target.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const SCRIPT: &str = "layout.ld";
/// What the linker is run by.
const ORDER: &str = "link.sh";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SCRIPT}");
    println!("cargo::rerun-if-changed={ORDER}");
    let is = |name, wanted| env::var(name).as_deref() == Ok(wanted);
    if !is("PROFILE", "release") || !is("TARGET", TARGET) {
        return Ok(());
    }
    let script = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join(SCRIPT);
    let lines: Vec<_> = fs::read_to_string(SCRIPT)?.lines().map(expand).collect();
    fs::write(&script, lines.join("\n"))?;
    for argument in [
        &format!("-T,{}", script.display()),
        "-z,separate-loadable-segments",
        &format!("-z,max-page-size={SECTION}"),
        // One address more or less does not move the others.
        "-z,pack-relative-relocs",
        // Constants stay with their crates instead of being merged.
        "-O0",
    ] {
        println!("cargo::rustc-link-arg-bins=-Wl,{argument}");
    }
    let order = Path::new(ORDER).canonicalize()?;
    println!("cargo::rustc-link-arg-bins=-wrapper");
    println!("cargo::rustc-link-arg-bins={}", order.display());
    Ok(())
}

fn expand(line: &str) -> String {
    let align = format!(". = ALIGN({SECTION:#x});");
    let words = line.trim();
    if let Some(section) = words.strip_prefix("ALIGNED ") {
        return format!("{align} {section}");
    }
    let Some(name) = words.strip_prefix("DIVIDED ") else {
        return line.to_owned();
    };
    let but = format!("EXCLUDE_FILE({})", OURS.join(" "));
    let ours = OURS.map(|of| format!(". = ALIGN({CRATE:#x}); {of}({name} {name}.*)"));
    format!(
        "{align} {name} : {{\n*({but} {name} {but} {name}.*)\n{}\n}}",
        ours.join("\n")
    )
}
