"""The decision log of an offline mix: who speaks, who is seen where, and since when."""

import hashlib
import json
from collections.abc import Callable

from mcu_core.conference.direction import VIEWERS, Direction, Shown, ViewKey
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.mixer.speech import Speech


class DecisionLog:
    """One JSON line for each change, handed to `write` with its line feed; `sha256` covers all.

        {"t": 1.36, "speaker": "2", "floor": "2", "previous": "1"}
        {"t": 1.4, "shows": "conference", "layout": 11, "panes": ["1", "2", "", ""]}
        {"t": 2, "shows": "group", "of": "1", "layout": 1, "panes": ["2"]}
        {"t": 2, "sees": {"1": "group 1", "3": "own 3"}}

    `t` in seconds: of the block of sound that decided who speaks, of the first picture that shows
    it. `shows` without `of` is what viewers see: the conference's picture, or `full` for one site
    in full; with it the picture of a group or of a site, or again the conference's where viewers
    see another. `sees` has the sites that see something else than viewers.
    """

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write
        self._digest = hashlib.sha256()
        self._viewers: tuple[ViewKey, Shown] | None = None
        self._others: dict[ViewKey, Shown] = {}
        self._seen: dict[str, str] = {}

    @property
    def sha256(self) -> str:
        """In hex, over all lines so far."""
        return self._digest.hexdigest()

    def speech(self, speech: Speech, time_ns: int) -> None:
        """Who speaks, who has the floor and who had it."""
        self._add(time_ns, speaker=speech.speaker, floor=speech.floor, previous=speech.previous)

    def direction(self, direction: Direction, time_ns: int) -> None:
        """What every picture shows from now on, and who sees which."""
        key = direction.watching[VIEWERS]
        viewers = key, direction.views[key]
        if viewers != self._viewers:
            self._viewers = viewers
            self._picture(*viewers, time_ns)
        others = {
            other: shown
            for other, shown in direction.views.items()
            if other != key and other.kind != "full"
        }
        for other, shown in others.items():
            if shown != self._others.get(other):
                self._picture(other, shown, time_ns, of=other.name)
        self._others = others
        seen = {
            site: f"{other.kind} {other.name}".strip()
            for site, other in sorted(direction.watching.items())
            if other != key
        }
        if seen != self._seen:
            self._seen = seen
            self._add(time_ns, sees=seen)

    def _picture(self, key: ViewKey, shown: Shown, time_ns: int, **more: str) -> None:
        layout = shown.layout
        name = layout.name if layout.id is None else layout.id
        self._add(time_ns, shows=key.kind, **more, layout=name, panes=shown.panes)

    def _add(self, time_ns: int, **values: object) -> None:
        line = json.dumps({"t": time_ns / NS_PER_SECOND, **values}, ensure_ascii=False) + "\n"
        self._digest.update(line.encode())
        if self._write is not None:
            self._write(line)
