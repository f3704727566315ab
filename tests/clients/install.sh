#!/usr/bin/env bash
# Installs, once, the existing clients that the tests run against the lab and the server: into target/clients.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
here=tests/clients
there=target/clients

stamp=$(cat "$here/package.json" "$here/package-lock.json" "$here/requirements.txt" | sha256sum)
[ "$(cat "$there/stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0

mkdir -p "$there"
cp "$here/package.json" "$here/package-lock.json" "$there/"
(cd "$there" && npm ci --silent --no-audit --no-fund)
[ -x "$there/venv/bin/python" ] || python3 -m venv "$there/venv"
"$there/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
echo "$stamp" >"$there/stamp"
