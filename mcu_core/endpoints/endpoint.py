"""Endpoint: the one shape of every participant, whatever door it comes through.

An endpoint owns its sockets, packets and RTCP. What it receives it pushes into the ingress of its
site; what the conference makes for it is handed to `send_video` and `send_audio` on the event loop
as units that were encoded and packetised once for everybody with the same form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.definition import VideoLimit
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.ingress.video import VideoIngress
from mcu_core.kernels.rows import QUICK, QUICK_BYTES, Row
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm


@dataclass(frozen=True, slots=True)
class Intake:
    """Where a site's incoming media goes; None where the conference takes none (viewers)."""

    video: VideoIngress | None
    audio: AudioIngress | None
    content: VideoIngress | None = None


@dataclass(slots=True)
class Feedback:
    """What an endpoint tells its owner; each is called on the event loop.

    `keyframe_wanted`: its receiver asked for one (PLI, FIR). `bitrate_advised`: its receiver can
    take that many bits per second of video (REMB). `state_changed`: joined, or away with a reason.
    `key_pressed`: somebody there pressed a key of a telephone, 0..9, *, #, A..D. `camera_wanted`:
    somebody there moves the camera that is seen there.
    """

    keyframe_wanted: Callable[[], None] = field(default=lambda: None)
    bitrate_advised: Callable[[int], None] = field(default=lambda bps: None)
    state_changed: Callable[[str, str], None] = field(default=lambda state, reason: None)
    key_pressed: Callable[[str], None] = field(default=lambda key: None)
    camera_wanted: Callable[[CameraOrder], None] = field(default=lambda order: None)


@dataclass(slots=True)
class EndpointStats:
    """Counters of one connection, for snapshots."""

    packets_out: int = 0
    bytes_out: int = 0
    packets_dropped: int = 0
    """Arrived, but malformed, from a stranger, or of no known stream."""
    _packets_in: int = 0
    _bytes_in: int = 0
    _rows: dict[object, Sequence[Row]] = field(default_factory=dict)

    def came(self, size: int) -> None:
        """A packet of so many bytes came."""
        self._packets_in += 1
        self._bytes_in += size

    def follow(self, port: object, rows: Sequence[Row]) -> None:
        """From now on the quick packets that a port counts in `rows` (kernels/rows.py) count, too.

        What it has counted in others stays counted; it counts no more there.
        """
        for row in self._rows.get(port, ()):
            if not any(row is other for other in rows):
                self._packets_in += row[QUICK]
                self._bytes_in += row[QUICK_BYTES]
        self._rows[port] = rows

    @property
    def packets_in(self) -> int:
        """Packets that came and were wanted."""
        return self._packets_in + self._quick(QUICK)

    @property
    def bytes_in(self) -> int:
        """Their bytes."""
        return self._bytes_in + self._quick(QUICK_BYTES)

    def _quick(self, word: int) -> int:
        return sum(row[word] for rows in tuple(self._rows.values()) for row in rows)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an endpoint's other side can do beyond its forms.

    `keyframes_on_request`: its sender gives a keyframe when asked. `takes_streams`: a site's own
    stream, of whatever size and rhythm within `video_out`, may be sent to it instead of composed
    pictures, with H.264 up to the profile and level of `h264_limit` (RFC 6184 8.1; empty: any).
    `sends_video`: whether pictures may come from it at all.
    """

    keyframes_on_request: bool = False
    takes_streams: bool = False
    h264_limit: bytes = b""
    sends_video: bool = True


NOTHING_RECEIVED = (ReceptionCounters(), ReceptionCounters())
"""For endpoints that have no packets."""


class Receiver(Protocol):
    """What is sent coded pictures of form `video_out`, None while it takes none."""

    id: str
    feedback: Feedback
    video_out: VideoForm | None
    abilities: Abilities

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`; never waits."""

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """There is another picture, or the site has another limit: `video_out` follows."""


class ContentChannel(Receiver, Protocol):
    """A connection's second channel of pictures, for content (RFC 4796 slides)."""

    def ask_keyframe(self) -> None:
        """Ask its sender for a keyframe (PLI); does nothing where that means nothing."""


class CameraLine(Protocol):
    """A connection's line to a camera that can be moved."""

    def order(self, order: CameraOrder) -> None:
        """Have it do something."""


class Endpoint(Protocol):
    """One participant's connection, both directions.

    `video_out` and `audio_out` say which coded form its receiver takes; None where it takes none.
    `content` is its channel for content, `camera` its line to its camera; None where it has none.
    They and `abilities` are settled when `start` returns. All methods are called on the event loop.
    """

    id: str
    feedback: Feedback
    stats: EndpointStats
    video_out: VideoForm | None
    audio_out: AudioForm | None
    abilities: Abilities
    content: ContentChannel | None
    camera: CameraLine | None

    async def start(self) -> None:
        """Open what it needs; raises McuError when that fails, and leaves nothing open then."""

    async def stop(self) -> None:
        """Close everything and wait for it; safe twice."""

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`; never waits."""

    def send_audio(self, unit: EncodedUnit) -> None:
        """Send 20 ms of coded sound of form `audio_out`; never waits."""

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """The conference's picture, or its site's limit, is another one: `video_out` follows."""

    def ask_rate(self, bitrate_bps: int) -> None:
        """Let its sender of pictures send at most so much, from now on."""

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        """What became of the packets of its pictures, and of its sound; from any thread."""

    def ask_keyframe(self) -> None:
        """Ask its sender for a keyframe (PLI); does nothing where that means nothing."""
