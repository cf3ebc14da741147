"""Recordings that are being watched: read once, and read on as they grow.

What many players ask again and again - playlists, whole manifests - would else cost the whole
journal each time. Of one that has ended, that is the file beside it (recorder/sidecar.py). Calls
block on the disk: an event loop calls them in a thread.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from mcu_core.errors import NotFound
from recorder.catalogue import Catalogue
from recorder.contract import RecordingInfo
from recorder.errors import BrokenRecording
from recorder.hls import PICTURES, MediaPlaylist, multivariant_playlist
from recorder.index import RecordingIndex
from recorder.journal import JOURNAL_NAME
from recorder.manifest import is_live, manifest_of
from recorder.sidecar import ENDED, HLS_INDEX, Sidecar, is_new, sidecar_of

KEPT_BYTES = 32 * 1024 * 1024
"""Journals and sidecars of so many bytes together stay read; the one that was asked for last always
does. Eight hours of four tracks are 68 MB of journal, or 8 MB of sidecar."""

BEHIND_BYTES, BEHIND_SHARE = 32 * 1024, 1 / 64
"""A whole manifest may be so much journal behind, and this share of it, some seconds: the player
asks for the rest with its next look, which it takes every half second anyway. Short ones, which
cost little, are as new as the journal."""


@dataclass(slots=True)
class _Whole:
    """An encoded manifest of everything, and what it was made of."""

    body: bytes
    position: int
    live: bool


@dataclass(slots=True)
class _Opened:
    """One recording: its journal as far as read, and what was made of it."""

    started_at: str
    index: RecordingIndex = field(default_factory=RecordingIndex)
    playlists: dict[str, MediaPlaylist] = field(default_factory=dict)
    whole: _Whole | None = None
    sidecar: Sidecar | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> int:
        """How many bytes of files stay read."""
        return self.index.position + (self.sidecar.size if self.sidecar is not None else 0)


class OpenedRecordings:
    """What players ask of a store; safe from any thread."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = threading.Lock()

    def manifest(self, recording: str, after: int = 0) -> bytes:
        """A manifest (recorder/manifest.py) as JSON, or what is new since `after`.

        Raises NotFound, BadInput.
        """
        if after:
            return msgspec.json.encode(self._catalogue.manifest(recording, after))
        info = self._catalogue.info(recording)
        opened = self._open(info)
        with opened.lock:
            if info.state in ENDED:
                return self._ended(opened, info).manifest
            whole = opened.whole
            if whole is None or not self._serves(whole, info, recording):
                self._read_on(opened, recording)
                made = manifest_of(info, opened.index, self._catalogue.folder(recording))
                body = msgspec.json.encode(made)
                whole = opened.whole = _Whole(body, opened.index.position, is_live(info))
            return whole.body

    def playlist(self, recording: str, name: str) -> str:
        """An HLS playlist: `index` of all, or that of a track; raises NotFound, BadInput."""
        info = self._catalogue.info(recording)
        ended, opened = not is_live(info), self._open(info)
        with opened.lock:
            if info.state in ENDED:
                return _playlist(self._ended(opened, info), name)
            self._read_on(opened, recording)
            for track in opened.index.tracks.values():
                if name != track.name and not (name == HLS_INDEX and track.name in PICTURES):
                    continue  # each costs a look at all its fragments
                uri = f"{track.name}.mp4"
                opened.playlists.setdefault(track.name, MediaPlaylist(uri)).take(track, ended)
            if name == HLS_INDEX and opened.index.tracks:
                peaks = {track: one.peak_bps for track, one in opened.playlists.items()}
                return multivariant_playlist(opened.index, peaks)
            if name not in opened.playlists:
                raise NotFound("playlist", name)
            return opened.playlists[name].text(ended)

    def _ended(self, opened: _Opened, info: RecordingInfo) -> Sidecar:
        """What is told of one that has ended; what stood read of its journal is let go."""
        folder = self._catalogue.folder(info.id)
        try:
            if opened.sidecar is None or not is_new(opened.sidecar, folder):
                opened.sidecar = sidecar_of(info, folder)
        except BrokenRecording as error:
            raise NotFound("recording", info.id) from error
        opened.index, opened.whole = RecordingIndex(), None
        opened.playlists.clear()
        return opened.sidecar

    def _serves(self, whole: _Whole, info: RecordingInfo, recording: str) -> bool:
        """Whether an earlier manifest says what is to be said, or a growing one's beginning."""
        if whole.live != is_live(info):
            return False
        try:
            size = (self._catalogue.folder(recording) / JOURNAL_NAME).stat().st_size
        except OSError:
            return False
        behind = min(BEHIND_BYTES, BEHIND_SHARE * whole.position) if whole.live else 0
        return size - whole.position <= behind

    def _read_on(self, opened: _Opened, recording: str) -> None:
        try:
            opened.index.read_on(self._catalogue.folder(recording))
        except BrokenRecording as error:
            raise NotFound("recording", recording) from error

    def _open(self, info: RecordingInfo) -> _Opened:
        """What is known of it; nothing yet, where another of that name was read."""
        with self._lock:
            opened = self._opened.pop(info.id, None)
            if opened is None or opened.started_at != info.started_at:
                opened = _Opened(info.started_at)
            self._opened[info.id] = opened
            self._forget()
        return opened

    def _forget(self) -> None:
        kept = sum(one.size for one in self._opened.values())
        while kept > KEPT_BYTES and len(self._opened) > 1:
            _, oldest = self._opened.popitem(last=False)
            kept -= oldest.size


def _playlist(sidecar: Sidecar, name: str) -> str:
    if name not in sidecar.playlists:
        raise NotFound("playlist", name)
    return sidecar.playlists[name]
