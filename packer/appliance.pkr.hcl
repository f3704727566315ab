# Boots the finished disk of the appliance in QEMU without a screen, waits until it is in order, turns it off, and writes a manifest with checksums.
#
#   packer build -var disk=target/appliance/xoa-0.1.0.qcow2 packer/appliance.pkr.hcl
#
# The appliance has no shell that a provisioner could use: it is asked over HTTPS, from here. What this run wrote (the certificate, the keys) is in the
# disk of the output folder, which is for tests; what is handed out is the disk that was given, and the manifest names its checksum.

variable "disk" {
  type        = string
  description = "The disk to boot: a .qcow2 or .raw of `make appliance`."
}

variable "format" {
  type    = string
  default = "qcow2"
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

source "qemu" "appliance" {
  accelerator      = var.accelerator
  communicator     = "none"
  cpus             = 2
  disk_image       = true
  disk_interface   = "virtio"
  format           = var.format
  headless         = true
  iso_checksum     = "none"
  iso_url          = var.disk
  machine_type     = "q35"
  memory           = 1024
  net_device       = "virtio-net"
  output_directory = "target/appliance/packer"
  shutdown_timeout = "10m"
  skip_resize_disk = true
  vm_name          = "xoa"

  qemuargs = [
    ["-bios", var.firmware],
    ["-cpu", var.accelerator == "kvm" ? "host" : "qemu64"],
    ["-netdev", "user,id=user.0,hostfwd=tcp:127.0.0.1:${var.port}-:443"],
    ["-device", "virtio-net,netdev=user.0"],
    ["-serial", "file:target/appliance/packer-serial.log"],
    ["-monitor", "tcp:127.0.0.1:${var.monitor},server=on,wait=off"],
  ]
}

build {
  sources = ["source.qemu.appliance"]

  provisioner "shell-local" {
    script           = "packer/wait-and-turn-off.sh"
    environment_vars = ["PORT=${var.port}", "PATIENCE=${var.patience}", "MONITOR=${var.monitor}"]
  }

  post-processor "checksum" {
    checksum_types = ["sha256"]
    output         = "target/appliance/packer/{{.BuildName}}.{{.ChecksumType}}"
  }

  post-processor "manifest" {
    output     = "target/appliance/packer/manifest.json"
    strip_path = true
  }
}
