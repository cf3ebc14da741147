"""Silence that can be seen in samples as they are: a telephone that is muted sends one and the same
code all the time."""

from mcu_core.ingress.sound_queue import SILENT_DBOV
from mcu_core.media.codec import L16_FORMS, PCMA, PCMU, Codec

STILL_AFTER = 5
"""Frames, mostly of 20 ms: by then what was heard before has been played to its end."""

_SAMPLES = frozenset((PCMA, PCMU, *L16_FORMS))


class Stillness:
    """Looks at one stream's frames as they come."""

    def __init__(self, codec: Codec) -> None:
        self._looks = codec in _SAMPLES
        self._still = 0

    def level_dbov(self, frame: bytes) -> float | None:
        """SILENT_DBOV for a frame of nothing but one byte, after STILL_AFTER others; else None.

        What is constant does not count as sound, whatever it is: A-law has no silence.
        """
        if not self._looks:
            return None
        if not frame or frame.count(frame[0]) != len(frame):
            self._still = 0
            return None
        self._still += 1
        return SILENT_DBOV if self._still > STILL_AFTER else None
