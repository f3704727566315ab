#!/usr/bin/env bash
# Runs the linker (as a `-wrapper` of gcc) with our crates behind all others. The table of addresses that most calls go through (GOT) is in
# the order of the linker's files: what our crates add to it then moves nothing of the others, which come first in the program too.
set -eu -o pipefail

ours=()
others=()
for argument in "$@"; do
    case $argument in
    */libxapi*.rlib | */libxva-*.rlib | */libxo_*.rlib | */xo_server-*.o) ours+=("$argument") ;;
    *) others+=("$argument") ;;
    esac
done
exec "${others[@]}" "${ours[@]}"
