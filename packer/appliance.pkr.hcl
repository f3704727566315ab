# Boots the finished disk of the appliance in QEMU without a screen, waits until it is in order, turns it off, and writes a manifest with checksums.
#
#   packer validate -var disk=target/appliance/xoa-0.1.0.qcow2 packer/appliance.pkr.hcl
#   packer build    -var disk=target/appliance/xoa-0.1.0.qcow2 packer/appliance.pkr.hcl
#
# `disk` has no default, and both commands need it. They work from any folder: `disk` is a path from there, what is made is in the checkout's target/appliance/packer.
#
# The appliance has no shell that a provisioner could use: it is asked over HTTPS, from here. What this run wrote (the certificate, the keys) is in the
# disk of the output folder, which is for tests; what is handed out is the disk that was given. It is compared with the SHA256SUMS that `make appliance`
# wrote beside it before it is booted, and the manifest names it with that checksum (`custom_data`).

variable "disk" {
  type        = string
  description = "The disk to boot: a .qcow2 of `make appliance`, with its .SHA256SUMS beside it."
}

variable "accelerator" {
  type        = string
  default     = "tcg"
  description = "Either kvm, or tcg where there is no hardware virtualisation."
}

variable "firmware" {
  type    = string
  default = "/usr/share/ovmf/OVMF.fd"
}

variable "port" {
  type        = number
  default     = 9444
  description = "Port of this machine on which the appliance's HTTPS is forwarded."
}

variable "monitor" {
  type        = number
  default     = 9445
  description = "Port of this machine on which QEMU takes commands."
}

variable "patience" {
  type        = number
  default     = 900
  description = "Seconds until HTTPS must answer."
}

locals {
  made   = "${abspath(path.root)}/../target/appliance"
  serial = "${local.made}/packer-serial.log"
  sums   = replace(abspath(var.disk), ".qcow2", ".SHA256SUMS")
  # What stands before the disk's name.
  sha256 = substr(split("  ${basename(var.disk)}\n", file(local.sums))[0], -64, 64)
}

source "qemu" "appliance" {
  accelerator      = var.accelerator
  communicator     = "none"
  cpus             = 2
  disk_image       = true
  disk_interface   = "virtio"
  format           = "qcow2"
  headless         = true
  iso_checksum     = "sha256:${local.sha256}"
  iso_url          = var.disk
  machine_type     = "q35"
  memory           = 1024
  net_device       = "virtio-net"
  output_directory = "${local.made}/packer"
  shutdown_timeout = "10m"
  skip_resize_disk = true
  vm_name          = "xoa"

  qemuargs = [
    ["-bios", var.firmware],
    ["-cpu", var.accelerator == "kvm" ? "host" : "qemu64"],
    ["-netdev", "user,id=user.0,hostfwd=tcp:127.0.0.1:${var.port}-:443"],
    ["-device", "virtio-net,netdev=user.0"],
    ["-serial", "file:${local.serial}"],
    ["-monitor", "tcp:127.0.0.1:${var.monitor},server=on,wait=off"],
  ]
}

build {
  sources = ["source.qemu.appliance"]

  provisioner "shell-local" {
    script           = "${path.root}/wait-and-turn-off.sh"
    environment_vars = ["PORT=${var.port}", "PATIENCE=${var.patience}", "MONITOR=${var.monitor}", "SERIAL=${local.serial}"]
  }

  post-processor "checksum" {
    checksum_types = ["sha256"]
    output         = "${local.made}/packer/{{.BuildName}}.{{.ChecksumType}}"
  }

  post-processor "manifest" {
    output     = "${local.made}/packer/manifest.json"
    strip_path = true
    custom_data = {
      disk   = basename(var.disk)
      sha256 = local.sha256
    }
  }
}
