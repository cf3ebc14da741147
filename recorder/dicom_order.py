"""What the process that sends to a PACS is told, and what it tells: JSON lines."""

import re
from typing import Literal

import msgspec

from mcu_core.errors import BadInput
from recorder.dicom_study import Study

Kind = Literal["photographic", "endoscopic", "microscopic"]
Track = Literal["main", "content"]
PEER_PATTERN = re.compile(r"([!-?A-\[\]-~]{1,16})@([^@:\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")
OWN_PATTERN = re.compile(r"[!-\[\]-~]{1,16}")


class Peer(msgspec.Struct, frozen=True):
    """An archive: its AE title (PS3.8 9.3.2: 1..16 characters), where it listens, and who calls."""

    title: str
    host: str
    port: int
    own: str


class Echo(msgspec.Struct, frozen=True, tag=True):
    """Ask whether it answers (C-ECHO)."""

    peer: Peer


class Store(msgspec.Struct, frozen=True, tag=True):
    """Send a part of a recording, or all of it (C-STORE).

    `folder` is the recording's; times in seconds of the recording, `until_s` 0 for its end. The
    first `stored` objects of the series are in the archive already. `spool` is where files are
    written before they are sent.
    """

    peer: Peer
    folder: str
    spool: str
    series_uid: str
    study: Study
    track: Track = "main"
    kind: Kind = "photographic"
    sound: bool = True
    since_s: float = 0.0
    until_s: float = 0.0
    stored: int = 0


Order = Echo | Store


class Planned(msgspec.Struct, frozen=True, tag=True):
    """So many objects it will be."""

    objects: int


class Sent(msgspec.Struct, frozen=True, tag=True):
    """So many bytes of the object that is being sent have left."""

    bytes: int
    size: int


class Stored(msgspec.Struct, frozen=True, tag=True):
    """The archive has an object; `digest` is the SHA-256 of the stream in it."""

    number: int
    uid: str
    syntax: str
    digest: str
    size: int


Told = Planned | Sent | Stored

NEVER, LATER = 3, 4
"""Exit codes: it cannot be done; it could not be done now. Standard error says why."""


def peer_of(address: str, own: str) -> Peer:
    """A peer out of `TITLE@host:port`; raises BadInput."""
    found = PEER_PATTERN.fullmatch(address)
    if found is None or not 0 < int(found[3]) < 65536:
        raise BadInput("pacs", "TITLE@host:port, the title of at most 16 characters")
    if not OWN_PATTERN.fullmatch(own):
        raise BadInput("pacs_title", "1..16 characters without blanks or backslashes")
    return Peer(found[1], found[2].strip("[]"), int(found[3]), own)
