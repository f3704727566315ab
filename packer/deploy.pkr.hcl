# Imports the XVA into a pool through its API, with settings, and starts it: `xo-cli deploy` does the work.
#
#   PASSWORD=... packer build -var host=xcp1.lan -var sr='Local storage' -var network=LAN -var xva=xoa-0.1.0.xva packer/deploy.pkr.hcl
#
# `packer validate` takes the same. The password of the pool's account is read from the environment; it stands on no command line.
# Works from any folder: `xva` is a path from there.

variable "xva" {
  type        = string
  description = "The XVA of `make appliance`."
}

variable "host" {
  type        = string
  description = "A host of the pool; its master is found."
}

variable "user" {
  type    = string
  default = "root"
}

variable "password" {
  type      = string
  default   = env("PASSWORD")
  sensitive = true
}

variable "fingerprint" {
  type        = string
  default     = ""
  description = "SHA-256 of the host's certificate, where no authority vouches for it."
}

variable "sr" {
  type = string
}

variable "network" {
  type = string
}

variable "ip" {
  type        = string
  default     = ""
  description = "As 10.0.0.5/24; empty for DHCP."
}

variable "gateway" {
  type    = string
  default = ""
}

variable "dns" {
  type    = string
  default = ""
}

variable "xo_cli" {
  type        = string
  default     = ""
  description = "The program; empty for the one that was built in this checkout."
}

locals {
  xo_cli = var.xo_cli == "" ? "${abspath(path.root)}/../target/release/xo-cli" : var.xo_cli
}

source "null" "pool" {
  communicator = "none"
}

build {
  sources = ["source.null.pool"]

  provisioner "shell-local" {
    script = "${path.root}/deploy.sh"
    environment_vars = [
      "XO_CLI=${local.xo_cli}",
      "XVA=${var.xva}",
      "POOL=${var.host}",
      "POOL_USER=${var.user}",
      "PASSWORD=${var.password}",
      "FINGERPRINT=${var.fingerprint}",
      "SR=${var.sr}",
      "NETWORK=${var.network}",
      "IP=${var.ip}",
      "GATEWAY=${var.gateway}",
      "DNS=${var.dns}",
    ]
  }
}
