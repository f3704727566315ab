//! Programs of this repository that tests run.

use std::path::PathBuf;

/// Built beside the tests by the suite's runner.
///
/// # Panics
/// When it is not there.
#[expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
pub fn binary(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the test has a path");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let path = path.join(name);
    if !path.exists() {
        panic!(
            "{} is not built: cargo build --workspace --bins",
            path.display()
        );
    }
    path
}
