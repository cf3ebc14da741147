"""Small pictures that fill a network like large ones: many calls in moved time cost little."""

from dataclasses import replace

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.media.units import EncodedUnit, VideoForm

SMALL_BPS = 60_000
"""What the small pictures themselves are coded at."""

USUAL_BYTES = 8400, 1800, 1500, 1600, 1800, 2000, 2200, 2600
KEYFRAME_BYTES, USUAL_BPS = 9000, 667_000
"""Pictures of the simulated call's 640x360 at 30 and that rate, as x264 made them: every eighth is
large."""

_FILLER, _END = b"\x00\x00\x00\x01\x0c", b"\x80"
"""Filler data, which decoders pass over (H.264 7.3.2.7)."""


class PaddedEncoder(VideoEncoder):
    """Codes pictures of H.264 of a small `form` and fills each up to the size that one of 640x360
    has at the rate of that form."""

    def __init__(self, form: VideoForm) -> None:
        super().__init__(replace(form, bitrate_bps=SMALL_BPS))
        self._padded_bps = form.bitrate_bps
        self._padded = 0

    def set_bitrate(self, bitrate_bps: int) -> None:
        """Fill up to that rate from the next picture on."""
        self._padded_bps = bitrate_bps

    def _unit(self, data: bytes, keyframe: bool, stamp_ns: int) -> EncodedUnit:
        usual = KEYFRAME_BYTES if keyframe else USUAL_BYTES[self._padded % len(USUAL_BYTES)]
        self._padded += 1
        missing = usual * self._padded_bps // USUAL_BPS - len(data) - len(_FILLER)
        if missing > 0:
            data += _FILLER + b"\xff" * missing + _END
        return super()._unit(data, keyframe, stamp_ns)
