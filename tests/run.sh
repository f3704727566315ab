#!/usr/bin/env bash
# Runs every test: a PostgreSQL of our own beside SQLite, existing clients against the real server.
set -eu -o pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
chmod 755 "$work" # PostgreSQL runs as a user of its own
stop() {
    server/store/tests/postgres.sh stop "$work/postgres" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap stop EXIT

XO_TEST_POSTGRES=$(server/store/tests/postgres.sh start "$work/postgres")
export XO_TEST_POSTGRES
XO_TEST_CLIENTS="$PWD/target/clients"
export XO_TEST_CLIENTS

cargo build --workspace --bins --locked
cargo nextest run --workspace --locked --no-fail-fast "$@"
cargo test --workspace --doc --locked --quiet
