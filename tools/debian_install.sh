#!/bin/sh
# Installs Debian packages, as root; one of our steps at a time.
# usage: debian_install.sh PACKAGE...
set -eu
exec 9>/var/lock/mcu-packages
flock 9
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -q -y --no-install-recommends "$@" >/dev/null
