//! Builds this crate again when the web client was built again: release builds hold its files.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../../web/dist/index.html");
    }
}
