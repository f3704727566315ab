#!/usr/bin/env bash
# Installs what the build or the tests need and is not there: tests/tools.sh build|test|image|boot|browser
set -eu -o pipefail

missing=()
release=() # where apt takes them from, when the machine's own release has none that will do
need() { # command, Debian package
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

# Debian 12's own are too old for the image: its backports have newer ones, on the mirrors that the machine uses already.
backports() {
    [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] || return 0
    release=(--target-release bookworm-backports)
    grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d && return 0
    local list=/etc/apt/sources.list.d/xoa-backports
    if [ -s /etc/apt/sources.list.d/debian.sources ]; then
        awk 'BEGIN { RS = ""; ORS = "\n\n" } /Suites:[^\n]*bookworm( |\n)/ { sub(/Suites:[^\n]*/, "Suites: bookworm-backports"); print; exit }' \
            /etc/apt/sources.list.d/debian.sources >"$list.sources"
    else
        awk '$1 == "deb" && / bookworm / { sub(/ bookworm /, " bookworm-backports "); print; exit }' /etc/apt/sources.list >"$list.list"
    fi
}

need_browser() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing+=(chromium)
}

case "${1:-build}" in
browser) need_browser ;;
image)
    need mmdebstrap mmdebstrap
    need unshare util-linux
    need qemu-img qemu-utils
    need xz xz-utils
    ;;
boot)
    need qemu-system-x86_64 qemu-system-x86
    need qemu-img qemu-utils
    need mcopy mtools
    [ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] || missing+=(ovmf seabios)
    ;;
*)
    need cc gcc
    need make make
    need node nodejs
    need npm npm
    ;;
esac
if [ "${1:-build}" = test ]; then
    need python3 python3
    need_browser
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
    if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        missing+=(postgresql)
    fi
fi

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing: ${missing[*]}" >&2
        export DEBIAN_FRONTEND=noninteractive
        case "${1:-}" in image | boot) backports ;; esac
        apt-get update -qq
        # The cluster that Debian's package would start is not used: tests run one of their own.
        apt-get install -y -qq --no-install-recommends "${release[@]}" "${missing[@]}" >/dev/null
    else
        echo "please install: ${missing[*]}   (on Debian: apt-get install ${missing[*]})" >&2
        exit 1
    fi
fi

case "${1:-}" in image | boot | browser) exit 0 ;; esac

# The web client's tools need a newer Node than Debian 12 has; npm carries one.
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    npm install --silent --no-save --prefix target/tools/node-package node@22
    mkdir -p target/tools/node/bin
    ln -sf "$PWD/target/tools/node-package/node_modules/node/bin/node" target/tools/node/bin/node
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "please install Rust 1.95 or later: https://rustup.rs" >&2
    exit 1
fi
if [ "${1:-build}" = test ] && ! cargo nextest --version >/dev/null 2>&1; then
    cargo install --locked --quiet cargo-nextest
fi
