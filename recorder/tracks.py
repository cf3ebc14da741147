"""The tracks that a recording may have: one row each.

Main is the conference picture, sd the same small, content what is presented (辅流), sound the mix.
"""

from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class TrackKind:
    """One track: its name on the tap, its file, and the ticks per second of its times."""

    name: str
    file_name: str
    codec: str
    timescale: int
    beside: bool = False
    """It comes and goes, and is looked at beside the main picture."""

    def ticks(self, offset_ns: int) -> int:
        """A time on the recording's clock in ticks, rounded to the nearest.

        Whole times are rounded, never durations, so that rounding cannot add up to drift.
        """
        return (offset_ns * self.timescale + NS_PER_SECOND // 2) // NS_PER_SECOND

    def ns(self, ticks: int) -> int:
        """Ticks as nanoseconds, rounded to the nearest."""
        return (ticks * NS_PER_SECOND + self.timescale // 2) // self.timescale


TRACKS = {
    kind.name: kind
    for kind in (
        TrackKind("main", "main.mp4", "H264", 90_000),
        TrackKind("sd", "sd.mp4", "H264", 90_000),
        TrackKind("content", "content.mp4", "H264", 90_000, beside=True),
        TrackKind("sound", "sound.mp4", "AAC", 48_000),
    )
}

STEADY = tuple(name for name, kind in TRACKS.items() if kind.codec == "H264" and not kind.beside)
"""The pictures that are always there; their times have one scale."""
