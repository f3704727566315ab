#!/usr/bin/env bash
# Calls `xo-cli deploy` with what deploy.pkr.hcl gives in the environment.
set -eu -o pipefail

options=(--host "$POOL" --user "$POOL_USER" --sr "$SR" --network "$NETWORK")
for name in fingerprint ip gateway dns; do
    variable=${name^^}
    [ -z "${!variable}" ] || options+=("--$name" "${!variable}")
done
printf %s "$PASSWORD" | "$XO_CLI" deploy --password-stdin "${options[@]}" "$XVA"
