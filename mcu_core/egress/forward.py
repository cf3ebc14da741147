"""Pass-through: a site's coded pictures on their way to receivers, not decoded, packetised once."""

from collections.abc import Callable

from mcu_core.egress.keyframe_requests import KeyframeRequests
from mcu_core.egress.timestamps import StreamClock
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock
from mcu_core.media.codec import Codec
from mcu_core.media.units import AccessUnit, EncodedUnit
from mcu_core.protocol.payload.base import payloader

SHORTEST_NS, LONGEST_NS = NS_PER_SECOND // 120, NS_PER_SECOND
"""Bounds of a picture's length where a sender's pictures come together, or pause."""

MOST_LATER_NS = 400 * NS_PER_MS
SLIDE_NS = NS_PER_MS
"""By how much the stamps are later than arrival at most, and how fast that changes a picture."""


class ForwardGroup:
    """Stands where an encoder would: takes a source's units, hands on what receivers can use.

    After a loss, and at the start, it waits for a keyframe, so that receivers never show damage;
    their requests for one go to the source, at most one a second (design 5). Stamps are later than
    arrival by `sound_later_ns()`, as the sound of the same moment is in its mix, so that receivers
    play both together. `units`, `keyframes` and `dropped` count. `push` and `restart` may be
    called from any one thread, `deliver` is called on that thread; the rest belongs to the event
    loop.
    """

    def __init__(
        self,
        codec: Codec,
        clock: Clock,
        ask_source: Callable[[], None],
        deliver: Callable[[EncodedUnit], None],
        sound_later_ns: Callable[[], int] = lambda: 0,
    ) -> None:
        self.units = 0
        self.keyframes = 0
        self.dropped = 0
        self._codec = codec
        self._clock = clock
        self._ask_source = ask_source
        self._deliver = deliver
        self._sound_later_ns = sound_later_ns
        self._later_ns: int | None = None
        self._payloader = payloader(codec)
        self._stream_clock = StreamClock(codec.rtp_clock)
        self._requests = KeyframeRequests()
        self._entered = False
        self._stamp_ns = 0

    def start(self) -> None:
        """Nothing to start: the source's units come by themselves."""

    async def stop(self) -> None:
        """Nothing to wait for."""

    def set_bitrate(self, bitrate_bps: int) -> None:
        """A source's rate is its own; who cannot take it is not passed through."""

    def request_keyframe(self) -> None:
        """A receiver needs a keyframe: the source is asked."""
        self._requests.request()
        self._ask_when_due(self._clock.now_ns())

    def push(self, unit: AccessUnit) -> None:
        """Take one unit of the source."""
        now_ns = self._clock.now_ns()
        usable = unit.codec is self._codec and not unit.broken
        self._entered = usable and (self._entered or unit.keyframe)
        if not self._entered:
            self.dropped += 1
            self._requests.request()
            self._ask_when_due(now_ns)
            return
        self._ask_when_due(now_ns)
        if unit.keyframe:
            self.keyframes += 1
        self.units += 1
        self._deliver(self._encoded(unit))

    def restart(self) -> None:
        """Another sender begins: its first keyframe is waited for."""
        self._entered = False
        self._later_ns = None

    def _later(self) -> int:
        wanted_ns = min(max(self._sound_later_ns(), 0), MOST_LATER_NS)
        if self._later_ns is None:
            self._later_ns = wanted_ns
        self._later_ns += min(max(wanted_ns - self._later_ns, -SLIDE_NS), SLIDE_NS)
        return self._later_ns

    def _ask_when_due(self, now_ns: int) -> None:
        if self._requests.due(now_ns):
            self._requests.fulfilled(now_ns)
            self._ask_source()

    def _encoded(self, unit: AccessUnit) -> EncodedUnit:
        stamp_ns = max(unit.stamp_ns + self._later(), self._stamp_ns + 1)
        length_ns = min(max(stamp_ns - self._stamp_ns, SHORTEST_NS), LONGEST_NS)
        self._stamp_ns = stamp_ns
        return EncodedUnit(
            codec=unit.codec,
            data=unit.data,
            stamp_ns=stamp_ns,
            rtp_timestamp=self._stream_clock.at(stamp_ns),
            keyframe=unit.keyframe,
            payloads=self._payloader.payloads(unit.data, unit.keyframe),
            duration_ns=length_ns,
        )
