//! The command line itself: help, version, completion, usage errors. No server is needed.

use crate::program::Home;

#[tokio::test]
async fn help_tells_the_commands_and_the_exit_codes() {
    let home = Home::new();
    let help = home.run(&["--help"]).await.succeeded().text();
    for word in [
        "register",
        "list-objects",
        "completion",
        "<method>",
        "Exit codes:",
        "--au",
        "@=",
    ] {
        assert!(help.contains(word), "{word} is missing:\n{help}");
    }
    assert_eq!(home.run(&["help"]).await.succeeded().text(), help);
    let register = home.run(&["register", "--help"]).await.succeeded().text();
    assert!(register.contains("--expiresIn"), "{register}");
}

#[tokio::test]
async fn the_version_is_told_by_command_and_by_option() {
    let home = Home::new();
    let expected = concat!("xo-cli ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(home.run(&["version"]).await.succeeded().text(), expected);
    assert_eq!(home.run(&["--version"]).await.succeeded().text(), expected);
}

#[tokio::test]
async fn completion_scripts_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&["completion", shell]).await.succeeded().text();
        assert!(script.contains("list-objects"), "{shell}");
    }
    home.run(&["completion", "tcsh"]).await.failed(2, &["bash"]);
}

#[tokio::test]
async fn a_mistyped_command_is_a_usage_error_with_its_neighbours() {
    let home = Home::new();
    home.run(&["list-object"])
        .await
        .failed(2, &["list-objects"]);
    home.run(&["vm.start", "id"])
        .await
        .failed(2, &["`id`", "<name>=<value>"]);
    home.run(&["--nope"]).await.failed(2, &["--nope"]);
    home.run(&[]).await.failed(2, &["Commands"]);
}
