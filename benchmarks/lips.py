"""Lip sync as a receiver has it: it plays picture and sound by the sender reports of both."""

from collections.abc import Iterable, Sequence

from benchmarks.hearing import Heard, chirps_at
from benchmarks.sights import Seen
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.protocol.ntp import unix_ns
from mcu_core.protocol.rtcp import SenderReport
from mcu_core.protocol.sequence import timestamp_delta

NEAREST_NS = NS_PER_SECOND // 2


class ReportedTime:
    """The time of day that RTP times of one stream stand for, by its newest report but one.

    A receiver has only reports of the past; which one it takes makes no difference for a sender
    whose clocks agree, and for others this shows it.
    """

    def __init__(self, reports: Iterable[SenderReport], clock_hz: int) -> None:
        self._reports = list(reports)
        self._clock_hz = clock_hz

    def at_ns(self, timestamp: int) -> int | None:
        """Unix time of an RTP time; None where no report came."""
        if not self._reports:
            return None
        nearest = min(
            self._reports, key=lambda report: abs(timestamp_delta(timestamp, report.rtp_timestamp))
        )
        ticks = timestamp_delta(timestamp, nearest.rtp_timestamp)
        return unix_ns(nearest.ntp_time) + ticks * NS_PER_SECOND // self._clock_hz


def lip_offsets_ms(
    pictures: Sequence[Seen], sound: Heard, picture_time: ReportedTime, sound_time: ReportedTime
) -> list[float]:
    """How much later than its picture each chirp is played, by their reported times."""
    shown = [picture_time.at_ns(picture.timestamp) for picture in pictures]
    known = [at_ns for at_ns in shown if at_ns is not None]
    offsets: list[float] = []
    for sample in chirps_at(sound.samples):
        block, within = divmod(sample, BLOCK_SAMPLES)
        begin_ns = sound_time.at_ns(sound.stamps[block])
        if begin_ns is None or not known:
            continue
        played_ns = begin_ns + within * NS_PER_SECOND // SAMPLE_RATE
        nearest = min(known, key=lambda at_ns: abs(at_ns - played_ns))
        if abs(nearest - played_ns) < NEAREST_NS:
            offsets.append((played_ns - nearest) / NS_PER_MS)
    return offsets
