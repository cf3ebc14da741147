#!/bin/sh
# Installs Debian packages that are missing, as root; otherwise says what is missing.
# usage: system_packages.sh needed|wanted PACKAGE...
set -eu
how=$1
shift
missing=""
for package in "$@"; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        # A program installed by other means serves as well as its package.
        case $package in
            nodejs) command -v node >/dev/null && continue ;;
            ffmpeg) command -v ffmpeg >/dev/null && continue ;;
        esac
        missing="$missing $package"
    fi
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing system packages:$missing"
    # shellcheck disable=SC2086  # a list of words
    sh "$(dirname "$0")/debian_install.sh" $missing
elif [ "$how" = needed ]; then
    echo "Missing system packages; install them first:  sudo apt-get install$missing" >&2
    exit 1
else
    echo "Missing system packages (it runs without them, see mcu doctor):$missing" >&2
fi
