"""What a live viewer gets, taken apart as a player does."""

import json
from dataclasses import dataclass, field

from recorder.live import FRAGMENT_KIND, HEADER, TRACK_KIND


@dataclass
class LiveTrack:
    """One track: what was told of it, its bytes as a player appends them, and starts in seconds."""

    facts: dict[str, object]
    data: bytes = b""
    times: list[float] = field(default_factory=list)


class LiveReader:
    """Takes bytes in any portions; `tracks` by name holds what has come."""

    def __init__(self) -> None:
        self.tracks: dict[str, LiveTrack] = {}
        self._numbers: dict[int, LiveTrack] = {}
        self._held = b""

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._held += data
        while len(self._held) >= HEADER.size:
            size, kind, number, time_s = HEADER.unpack_from(self._held)
            if len(self._held) < HEADER.size + size:
                return
            body = self._held[HEADER.size : HEADER.size + size]
            self._held = self._held[HEADER.size + size :]
            if kind == TRACK_KIND:
                facts, _, init = body.partition(b"\n")
                told = json.loads(facts)
                track = self.tracks.setdefault(told["name"], LiveTrack(told))
                track.data += init
                self._numbers[number] = track
            elif kind == FRAGMENT_KIND:
                self._numbers[number].data += body
                self._numbers[number].times.append(time_s)
