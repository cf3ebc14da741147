"""What makes two mixes the same: digests of pictures, sound and decisions."""

import hashlib
from collections.abc import Sequence

import numpy as np

from mcu_core.media.picture import Picture
from mcu_core.media.sound import Block
from mcu_core.offline.decisions import DecisionLog


class Digest:
    """SHA-256 over composed pictures and over the mix in 16 bits, both before they are coded."""

    def __init__(self) -> None:
        self._pictures = hashlib.sha256()
        self._sound = hashlib.sha256()

    def add(self, picture: Picture | None, blocks: Sequence[Block]) -> None:
        """What is written at one moment."""
        if picture is not None:
            for plane in (picture.y, picture.u, picture.v):
                self._pictures.update(np.ascontiguousarray(plane).data)
        for block in blocks:
            self._sound.update(np.rint(block * 32767).astype("<i2").tobytes())

    @property
    def pictures(self) -> str:
        """In hex."""
        return self._pictures.hexdigest()

    @property
    def sound(self) -> str:
        """In hex."""
        return self._sound.hexdigest()

    def all(self, decisions: DecisionLog) -> str:
        """Over pictures, sound and decisions, in hex."""
        parts = (self.pictures, self.sound, decisions.sha256)
        return hashlib.sha256("".join(parts).encode()).hexdigest()
