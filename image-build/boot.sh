#!/usr/bin/env bash
# Starts a raw disk of the appliance in QEMU, with UEFI firmware: image-build/boot.sh DISK [PORT]
# CONFIG_DRIVE may name a file with a NoCloud drive (a small FAT or ISO labelled `cidata`).
# The disk itself stays as it is: what the machine writes goes into a file beside it, which the next start finds again.
set -eu -o pipefail

disk=${1:?which disk?}
port=${2:-9443}
firmware=/usr/share/OVMF
if [ ! -e "$disk" ]; then
    echo "$disk is not there: build it by \`make appliance\`" >&2
    exit 1
fi
kept=${disk%.raw}.boot
mkdir -p "$kept"
if [ ! -e "$kept/disk.qcow2" ] || [ "$disk" -nt "$kept/disk.qcow2" ]; then
    rm -f "$kept/disk.qcow2"
    qemu-img create -q -f qcow2 -F raw -b "$(realpath "$disk")" "$kept/disk.qcow2"
    cp "$firmware/OVMF_VARS_4M.fd" "$kept/variables.fd"
fi
accelerator=${ACCEL:-tcg} processor=qemu64 # ACCEL=kvm is much faster, where it works
[ "$accelerator" = tcg ] || processor=host
echo "https://127.0.0.1:$port/ when it has started (a minute or two; ACCEL=kvm is faster); its console follows, Ctrl-C ends it" >&2
exec qemu-system-x86_64 -name xoa -uuid 3f0a1c52-7d5e-4b7b-9a43-5d1f0f6c2e10 -machine "q35,accel=$accelerator" -cpu "$processor" -smp 2 -m "${MEMORY:-1024}" \
    -drive "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd" \
    -drive "if=pflash,format=raw,file=$kept/variables.fd" \
    -drive "if=virtio,format=qcow2,file=$kept/disk.qcow2" \
    -nic "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$port-:443" \
    ${CONFIG_DRIVE:+-drive "if=virtio,format=raw,readonly=on,file=$CONFIG_DRIVE"} \
    -display none -serial stdio -monitor none
