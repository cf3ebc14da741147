"""The decision log of an offline mix: who speaks, who is seen where, and since when."""

import hashlib
import json
from collections.abc import Callable

from mcu_core.conference.direction import Shown, ViewKey
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.mixer.speech import Speech


class DecisionLog:
    """One JSON line for each change, handed to `write` with its line feed; `sha256` covers all.

        {"t": 1.36, "speaker": "2", "floor": "2", "previous": "1"}
        {"t": 1.4, "shows": "conference", "layout": 11, "panes": ["1", "2", "", ""]}

    `t` in seconds: of the block of sound that decided who speaks, of the first picture that shows
    it. `shows` is the conference's picture, or `full` for one site in full.
    """

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """In hex, over all lines so far."""
        return self._digest.hexdigest()

    def speech(self, speech: Speech, time_ns: int) -> None:
        """Who speaks, who has the floor and who had it."""
        self._add(time_ns, speaker=speech.speaker, floor=speech.floor, previous=speech.previous)

    def picture(self, key: ViewKey, shown: Shown, time_ns: int) -> None:
        """What the picture shows from now on."""
        layout = shown.layout
        name = layout.name if layout.id is None else layout.id
        self._add(time_ns, shows=key.kind, layout=name, panes=shown.panes)

    def _add(self, time_ns: int, **values: object) -> None:
        line = json.dumps({"t": time_ns / NS_PER_SECOND, **values}, ensure_ascii=False) + "\n"
        self._digest.update(line.encode())
        if self._write is not None:
            self._write(line)
