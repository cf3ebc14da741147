"""`mcu backup` and `mcu restore`: what an installation is, beside its recordings, in one file.

A tar file with the database, the key of the gateway's secrets, pushed images and the settings of
the environment. A backup may be taken while everything runs: the database is copied as it is at one
moment. A restore is for a system that stands still.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from control_api.cli.run import make_folder, only_one, socket_folder
from control_api.settings import Settings
from mcu_core.errors import BadInput, McuError, Refused

SQLITE, POSTGRES = "mcu.sqlite3", "mcu.pgdump"
KEY, CONTENT, ENVIRONMENT = "gateway-key", "content", "settings.env"
MANIFEST = "manifest.json"
FORMAT = 1
PREFIX = "MCU_CONTROL_"
LARGEST = 64 * 2**30

Data = Annotated[Path, typer.Option(help="Folder of all data")]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to be written (.tar.gz)")],
    data: Data = Path("var"),
) -> None:
    """Write database, key, images and settings into one file, also while all runs."""
    if not (data / KEY).is_file():
        raise BadInput("--data", f"a folder that mcu has run on ({data})")
    server = Settings().database
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".mcu-backup-") as name:
        staged = Path(name)
        if server:
            _dump(server, staged / POSTGRES)
        else:
            _copy(data / SQLITE, staged / SQLITE)
        shutil.copy(data / KEY, staged / KEY)
        (staged / ENVIRONMENT).write_text(_environment(), "utf-8")
        if (data / CONTENT).is_dir():
            shutil.copytree(data / CONTENT, staged / CONTENT)
        finished = staged / "finished"
        _pack(staged, finished)
        finished.replace(file)
    typer.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB; recordings are not in it")


def restore(
    file: Annotated[Path, typer.Argument(help="What mcu backup wrote")],
    data: Data = Path("var"),
    force: Annotated[bool, typer.Option(help="In place of what is there")] = False,
) -> None:
    """Put back what a backup has; nothing may run on that data."""
    server = Settings().database
    with only_one(socket_folder(data)):
        make_folder(data)
        if (data / KEY).exists() and not force:
            raise Refused(f"there is a system in {data} already; --force replaces it")
        with tempfile.TemporaryDirectory(dir=data, prefix=".mcu-restore-") as name:
            staged = Path(name)
            _unpack(file, staged)
            _check_kind(staged, server)
            if server:
                _load(server, staged / POSTGRES)
            else:
                _place_database(staged / SQLITE, data)
            for part in (KEY, ENVIRONMENT):
                (staged / part).chmod(0o600)
                (staged / part).replace(data / part)
            if (staged / CONTENT).is_dir():
                shutil.rmtree(data / CONTENT, ignore_errors=True)
                (staged / CONTENT).replace(data / CONTENT)
    typer.echo(f"{data} is as it was; the settings of then are in {data / ENVIRONMENT}")


# ---------------------------------------------------------------------- databases


def _copy(database: Path, copy: Path) -> None:
    """SQLite's own copy, whole also while others write."""
    if not database.is_file():
        raise BadInput("--data", f"a folder with {SQLITE}, or {PREFIX}DATABASE set")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _place_database(copy: Path, data: Path) -> None:
    with closing(sqlite3.connect(copy)) as database:
        (found,) = database.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise Refused(f"the database of the backup is broken: {found}")
    # What an earlier database had not written back yet is not this one's.
    for rest in ("-wal", "-shm"):
        (data / f"{SQLITE}{rest}").unlink(missing_ok=True)
    copy.chmod(0o600)
    copy.replace(data / SQLITE)


def _dump(server: str, file: Path) -> None:
    _postgres("pg_dump", server, "--format=custom", "--no-owner", f"--file={file}")


def _load(server: str, file: Path) -> None:
    words = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _postgres("pg_restore", server, *words, str(file))


def _postgres(program: str, server: str, *words: str) -> None:
    """One of PostgreSQL's programs; the password goes where other users do not see it."""
    found = shutil.which(program)
    if found is None:
        raise Refused(f"{program} is not installed (postgresql-client)")
    url = make_url(server).set(drivername="postgresql")
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    place = url.set(password=None).render_as_string(hide_password=False)
    done = subprocess.run(
        [found, f"--dbname={place}", *words],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"{program}: {done.stderr.strip()[:500]}")


# ---------------------------------------------------------------------- the file


def _environment() -> str:
    """The settings as systemd's EnvironmentFile takes them."""
    found = sorted((name, value) for name, value in os.environ.items() if name.startswith(PREFIX))
    return "".join(f"{name}={json.dumps(value, ensure_ascii=False)}\n" for name, value in found)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(folder: Path, into: Path) -> None:
    names = {str(path.relative_to(folder)): _digest(path) for path in _files(folder)}
    manifest = {"format": FORMAT, "version": version("mcu"), "sha256": names}
    with (
        os.fdopen(os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz") as tar,
    ):
        head = tarfile.TarInfo(MANIFEST)
        data = json.dumps(manifest).encode()
        head.size = len(data)
        tar.addfile(head, io.BytesIO(data))
        for name in names:
            tar.add(folder / name, name)
        file.flush()


def _unpack(file: Path, folder: Path) -> None:
    """Unpack and check against the manifest; raises BadInput for anything else than a backup."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            members = tar.getmembers()
            if sum(member.size for member in members) > LARGEST:
                raise BadInput("FILE", "a backup of less than 64 GB")
            tar.extractall(folder, members, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        digests = {str(name): str(digest) for name, digest in manifest["sha256"].items()}
        known = manifest["format"] == FORMAT
    except McuError:
        raise
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise BadInput("FILE", f"what mcu backup wrote ({error})") from error
    found = {str(path.relative_to(folder)): path for path in _files(folder)}
    del found[MANIFEST]
    if not known or KEY not in found or ENVIRONMENT not in found:
        raise BadInput("FILE", "a backup of this version's form")
    if {name: _digest(path) for name, path in found.items()} != digests:
        raise BadInput("FILE", "a whole backup: it is not as it was written")


def _check_kind(folder: Path, server: str) -> None:
    wanted, other = (POSTGRES, SQLITE) if server else (SQLITE, POSTGRES)
    if not (folder / wanted).is_file():
        raise Refused(f"the backup has {other}: set {PREFIX}DATABASE as it was then")
