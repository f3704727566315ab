#!/bin/sh
# A PostgreSQL server for tests, in a folder of its own, on loopback only.
#
#   postgres.sh start DIR   starts it (or finds it running) and prints its URL
#   postgres.sh stop DIR    stops it and removes what it kept in DIR
#
# Uses the newest server in /usr/lib/postgresql, else the one in PATH. As root, the server runs as
# the user postgres, who must be able to reach DIR.
set -eu

usage() {
    echo "usage: $0 start|stop DIR" >&2
    exit 2
}

[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
data=$dir/data

initdb=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || initdb=$(command -v initdb) || {
    echo "$0: no PostgreSQL server: apt-get install postgresql" >&2
    exit 1
}
bin=$(dirname "$initdb")

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

running() {
    [ -f "$data/postmaster.pid" ] && (cd / && as_owner "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1)
}

start() {
    if ! running; then
        rm -rf "$data"
        if [ "$(id -u)" -eq 0 ]; then
            chown postgres "$dir"
        fi
        chmod 700 "$dir"
        (cd / && as_owner "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N) \
            >"$dir/initdb.log" 2>&1 || {
            cat "$dir/initdb.log" >&2
            exit 1
        }
        # A port that is taken makes the start fail: try another.
        attempt=0
        while :; do
            port=$((20000 + ($$ + attempt * 4099) % 20000))
            # The data is thrown away: no need to wait for the disk.
            if (cd / && as_owner "$bin/pg_ctl" -D "$data" -l "$data/server.log" -w -t 60 \
                -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' \
-c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off \
-c shared_buffers=16MB -c max_connections=200" start) >/dev/null 2>&1; then
                break
            fi
            attempt=$((attempt + 1))
            if [ "$attempt" -ge 5 ]; then
                cat "$data/server.log" >&2
                exit 1
            fi
        done
        echo "$port" >"$dir/port"
    fi
    echo "postgres://postgres@127.0.0.1:$(cat "$dir/port")/postgres"
}

stop() {
    if running; then
        (cd / && as_owner "$bin/pg_ctl" -D "$data" -m immediate -w stop) >/dev/null
    fi
    rm -rf "$data" "$dir/initdb.log" "$dir/port"
    rmdir "$dir" 2>/dev/null || true
}

case $command in
start) start ;;
stop) stop ;;
*) usage ;;
esac
