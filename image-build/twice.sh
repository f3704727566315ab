#!/usr/bin/env bash
# Builds the appliance's image once more, without what was kept of the last time, and fails when a file differs:
#   image-build/twice.sh TOOL VERSION [--fresh]
# Cargo's results and, without --fresh, the trees of packages are taken as they are; --fresh fetches the packages again too.
set -eu -o pipefail

tool=${1:?which program?}
version=${2:?which version?}
shift 2
target=target/appliance
sums=$target/xoa-$version.SHA256SUMS
kept=$target/first.SHA256SUMS

again() {
    rm -rf "$target/work"
    rm -f "$target"/{system,initial-RAM-disk,disk}.stamp
    "$tool" build --version "$version" "$@"
}
if [ ! -e "$sums" ]; then
    again
fi
cp "$sums" "$kept"
again "$@"
if ! diff "$kept" "$sums"; then
    echo "two builds of the same sources differ in the files above" >&2
    exit 1
fi
echo "two builds of the same sources are the same, byte for byte:"
cat "$sums"
