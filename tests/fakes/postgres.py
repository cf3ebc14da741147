"""A PostgreSQL server of the tests' own: in a folder that goes, quick and unsafe."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
PROGRAMS = "/usr/lib/postgresql/*/bin"
"""Where Debian has them, which are not for everybody's PATH."""

OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "autovacuum": "off",
}
START_S = "30"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is not None:
        return os.path.realpath(found)
    return str(max(Path("/").glob(f"{PROGRAMS[1:]}/{name}")))


def _run(name: str, *words: str) -> None:
    user = USER if os.getuid() == 0 else None  # the server refuses to be root's
    command = [_program(name), *words]
    done = subprocess.run(command, user=user, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")


@contextmanager
def postgres() -> Iterator[Path]:
    """The folder of a running server's socket; its user is `postgres`, without a password."""
    folder = Path(tempfile.mkdtemp(prefix="mcu-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    data = str(folder / "data")
    flags = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
    try:
        _run("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        start = ("-D", data, "-l", str(folder / "log"), "-t", START_S, "-w")
        _run("pg_ctl", "start", *start, "-o", f"{flags} -k {folder}")
        try:
            yield folder
        finally:
            _run("pg_ctl", "stop", "-D", data, "-m", "immediate", "-w")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
