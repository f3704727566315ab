//! The `xo-image-build` program: runs one command, and turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(xo_image_build::run(std::env::args_os()))
}
