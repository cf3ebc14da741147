"""What players are told of a recording that has ended, kept beside its journal.

A journal of eight hours is 68 MB, and takes a second to be read. What players ask of it is a tenth
of that and does not change any more: it is made once, as a file of its own, and read from then on.
Nothing depends on the file: where it is missing, torn or older than what it was made of, it is made
anew. `python -m recorder.sidecar FOLDER` makes it, in a process that others need not wait for.
"""

import os
import sys
from pathlib import Path

import msgspec
import structlog

from mcu_core.errors import McuError
from recorder.catalogue import Catalogue
from recorder.contract import RecordingInfo, RecordingState
from recorder.errors import UNREADABLE, BrokenRecording
from recorder.hls import PICTURES, MediaPlaylist, multivariant_playlist
from recorder.index import RecordingIndex, read_index
from recorder.journal import JOURNAL_NAME
from recorder.manifest import manifest_of
from recorder.media_files import media_size
from recorder.syncing import replace_whole
from recorder.timed import data_bytes
from recorder.tracks import TRACKS

log = structlog.get_logger()

SIDECAR_NAME = "sidecar"
SIDECAR_VERSION = 1
"""To be raised with every change of what manifests or playlists say."""

HLS_INDEX = "index"
ENDED = (RecordingState.DONE, RecordingState.FAILED)
LOWEST_PRIORITY = 19


class Sidecar(msgspec.Struct, frozen=True):
    """A manifest as JSON and the HLS playlists by name (`index` names the others).

    `seen` changes with the files that it was made of.
    """

    version: int
    seen: str
    manifest: bytes
    playlists: dict[str, str]

    @property
    def size(self) -> int:
        """How many bytes it takes, nearly."""
        return len(self.manifest) + sum(map(len, self.playlists.values()))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sidecar)


def sidecar_of(info: RecordingInfo, folder: Path) -> Sidecar:
    """That of a recording that has ended: the kept one, or a new one, which is kept.

    Raises BrokenRecording. A disk that takes nothing any more is no failure.
    """
    seen = _seen(folder)  # first: what is written meanwhile makes it old
    kept = _kept(folder, seen)
    if kept is not None:
        return kept
    index = read_index(folder)
    body = msgspec.json.encode(manifest_of(info, index, folder))
    made = Sidecar(SIDECAR_VERSION, seen, body, _playlists(index))
    try:
        replace_whole(folder / SIDECAR_NAME, _encoder.encode(made))
    except OSError as error:
        log.info("sidecar not kept", recording=info.id, reason=error.strerror)
    return made


def is_new(sidecar: Sidecar, folder: Path) -> bool:
    """Whether it still says what is to be said; raises BrokenRecording."""
    return sidecar.seen == _seen(folder)


def _kept(folder: Path, seen: str) -> Sidecar | None:
    try:
        kept = _decoder.decode((folder / SIDECAR_NAME).read_bytes())
    except (OSError, *UNREADABLE):
        return None
    return kept if (kept.version, kept.seen) == (SIDECAR_VERSION, seen) else None


def _seen(folder: Path) -> str:
    """A text that changes with the files that a manifest is made of; raises BrokenRecording."""
    try:
        journal = (folder / JOURNAL_NAME).stat()
    except OSError as error:
        raise BrokenRecording(f"no journal ({error.strerror})") from error
    tracks = (media_size(folder / kind.file_name) for kind in TRACKS.values())
    return ":".join(map(str, (journal.st_size, journal.st_mtime_ns, data_bytes(folder), *tracks)))


def _playlists(index: RecordingIndex) -> dict[str, str]:
    tracks = {name: MediaPlaylist(f"{name}.mp4") for name in index.tracks}
    for name, playlist in tracks.items():
        playlist.take(index.tracks[name], ended=True)
    texts = {name: playlist.text(ended=True) for name, playlist in tracks.items()}
    if texts:
        peaks = {name: tracks[name].peak_bps for name in PICTURES if name in tracks}
        texts[HLS_INDEX] = multivariant_playlist(index, peaks)
    return texts


def main(arguments: list[str]) -> int:
    """Keep the sidecar of the recording in that folder; says on stderr why there is none."""
    os.nice(LOWEST_PRIORITY)
    folder = Path(arguments[0])
    try:
        info = Catalogue(folder.parent).info(folder.name)
        if info.state in ENDED:
            sidecar_of(info, folder)
    except McuError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
