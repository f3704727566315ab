#!/usr/bin/env bash
# Waits until the appliance behind PORT answers over TLS, then presses its power key by QEMU's MONITOR; its console is in SERIAL. For appliance.pkr.hcl.
set -eu -o pipefail

deadline=$((SECONDS + PATIENCE))
until curl --silent --insecure --fail --max-time 20 "https://127.0.0.1:$PORT/rest/v0/setup"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
        echo "the appliance did not answer within $PATIENCE s; its console is in $SERIAL" >&2
        exit 1
    fi
    sleep 2
done
echo
# Its gate takes some seconds more to call this start a good one.
until grep -q "this start was good" "$SERIAL"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
        echo "the appliance answers, but its health gate did not pass" >&2
        exit 1
    fi
    sleep 2
done
exec 3<>"/dev/tcp/127.0.0.1/$MONITOR"
echo system_powerdown >&3
# The monitor closes when the machine is off.
cat <&3 >/dev/null || true
