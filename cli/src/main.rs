//! The `xo-cli` program: starts the runtime, runs one command, and turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start the asynchronous runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(xo_cli::run(arguments));
    // A read of standard input may still be blocked in a thread: do not wait for it.
    runtime.shutdown_background();
    ExitCode::from(code)
}
