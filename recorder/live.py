"""What happens in one conference now, for all who watch it: one fragment per frame, out of memory.

A viewer is sent messages of 16 bytes of header and a body. Header (big-endian): size of the body
(4 bytes), kind (1), number of the track (1), 2 bytes zero, start on the live clock in seconds (a
double). Kind 1 is a track: a line of JSON (name, kind, codec, width, height, fps), then its CMAF
init segment; kind 2 is one fragment of it; kind 3 is JSON about the stream as a whole.

Who enters gets everything since the last keyframe at once. Who is too slow to take what comes
loses all of it up to the next keyframe, and enters there again: nobody waits for anybody.
"""

import asyncio
import struct
from collections import deque
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from mcu_core.contract.events import TapLoss, TapMessage, TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from recorder.fragments import Fragment, Init
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline
from recorder.tracks import TRACKS

HEADER = struct.Struct(">IBBxxd")
TRACK_KIND, FRAGMENT_KIND, NOTE_KIND = 1, 2, 3

SHOWN_NS = 250 * NS_PER_MS
"""A picture stands until the next comes. Players drop everything up to a keyframe where the next is
later than twice what was said (MSE coded frame processing), and none waits for this to be over."""

CONTENT_SHOWN_NS = NS_PER_SECOND
"""The same of content: a slide that rests comes twice a second."""

CONTENT_ENDED_S = 3.0
"""Content of which nothing more came for so long is not shown to newcomers."""

HEAD_START_NS = NS_PER_SECOND
"""Pictures are told later than sound of the same moment: none may lie before the clock's zero."""

MAX_WAITING_BYTES = 1024 * 1024
"""What may wait for one viewer beyond what the kernel took: seconds at 2 Mbit/s."""

MOST_HELD = 3
"""Messages that wait for the next main picture, to go with it: sound comes before its picture, and
what a viewer costs is a write. More than these mean that no picture comes."""

MAX_GROUP_BYTES = 16 * 1024 * 1024
"""What is kept of one track since its keyframe, should the next one never come."""


def message(kind: int, track: int, time_s: float, body: bytes) -> bytes:
    """One message as a viewer gets it."""
    return HEADER.pack(len(body), kind, track, time_s) + body


class Viewer:
    """One who watches; `skips` counts how often it lost what waited for it. Close it at the end.

    `account`: who it is counted for.
    """

    def __init__(self, channel: "LiveChannel", account: str = "") -> None:
        self.account = account
        self.skips = 0
        self.closed = False
        self._channel = channel
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._entered = False
        self._ready = asyncio.Event()

    @property
    def backlog(self) -> int:
        """Bytes that were put and are not on their way."""
        return self._bytes

    @property
    def waits(self) -> bool:
        """Whether it is to be sent what a newcomer needs as soon as there is that."""
        return not self._entered and not self.skips

    def enter(self, everything: list[bytes]) -> None:
        """Begin (again) with what a newcomer needs; empty: not yet."""
        if self._entered or not everything:
            return
        self._entered = True
        self._put(everything)

    def offer(self, piece: bytes) -> None:
        """Take the next piece, unless this viewer waits for a keyframe."""
        if not self._entered:
            return
        if self.backlog > MAX_WAITING_BYTES:
            self.skips += 1
            self._channel.tallies.live_skips_total += 1
            self._entered = False
            self._drop()
            return
        self._put([piece])

    def tell(self, note: bytes) -> None:
        """Take a note, which nobody misses."""
        self._put([note])

    def _drop(self) -> None:
        self._waiting.clear()
        self._bytes = 0

    def _put(self, pieces: list[bytes]) -> None:
        self._waiting += pieces
        self._bytes += sum(map(len, pieces))
        self._ready.set()

    async def next(self, timeout_s: float) -> bytes | None:
        """All that waits, b"" when nothing came in time, None once this viewer is closed."""
        if not self._waiting and not self.closed:
            self._ready.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._ready.wait()
            except TimeoutError:
                return b""
        if self.closed:
            return None
        pieces = b"".join(self._waiting)
        self._drop()
        return pieces

    def close(self) -> None:
        """It has ended, or shall; safe twice."""
        self.closed = True
        self._drop()
        self._ready.set()
        self._channel.forget(self)


V = TypeVar("V", bound=Viewer)


class Sink(Protocol):
    """Where a viewer's bytes go without waiting, such as a connection."""

    def write(self, data: bytes) -> None:
        """Take them; never blocks."""

    @property
    def backlog(self) -> int:
        """How many of them have not left yet."""


class PushedViewer(Viewer):
    """A viewer whose bytes go straight to a sink: one call per picture, and no task of its own."""

    def __init__(self, channel: "LiveChannel", sink: Sink, account: str = "") -> None:
        super().__init__(channel, account)
        self._sink = sink

    @property
    def backlog(self) -> int:
        """What the sink has not sent."""
        return self._sink.backlog

    def _put(self, pieces: list[bytes]) -> None:
        self._sink.write(b"".join(pieces) if len(pieces) > 1 else pieces[0])

    def _drop(self) -> None:
        """What the sink has is on its way."""

    async def ended(self) -> None:
        """Return once it is closed."""
        await self._ready.wait()


@dataclass(slots=True)
class _Track:
    """One track of a channel: what stands in front, and what came since it could be entered."""

    number: int
    told: TapTrack
    init: Init | None = None
    head: bytes = b""
    group: list[bytes] | None = None
    """None: it can only be entered at its next keyframe."""
    group_bytes: int = 0
    newest_s: float = 0.0

    def begin_group(self) -> None:
        self.group, self.group_bytes = [], 0

    def keep(self, piece: bytes) -> None:
        if self.group is None:
            return
        self.group.append(piece)
        self.group_bytes += len(piece)
        if self.group_bytes > MAX_GROUP_BYTES:
            self.group = None


@dataclass(slots=True)
class LiveTallies:
    """Totals of all channels since the process began."""

    live_fragments_total: int = 0
    live_skips_total: int = 0
    """How often a viewer was too slow, and lost pictures up to a keyframe."""


class LiveChannel:
    """Cuts what a tap gives, and hands it to the viewers; all on one event loop.

    `base_ns` is the stamp at which the live clock is 0: that of a running recording, so that both
    tell the same time; None lets it begin with the first unit.
    """

    def __init__(self, tallies: LiveTallies, base_ns: int | None = None) -> None:
        self.tallies = tallies
        self.viewers: set[Viewer] = set()
        self.base_ns = base_ns
        self._cut_tallies = RecorderTallies()
        self._timeline: Timeline | None = None
        self._tracks: dict[str, _Track] = {}
        self._announced: dict[str, TapTrack] = {}
        self._held: list[bytes] = []

    def watch(self, account: str = "") -> Viewer:
        """One more viewer; close it at the end."""
        return self._let_in(Viewer(self, account))

    def push(self, sink: Sink, account: str = "") -> PushedViewer:
        """One more viewer, fed through a sink; close it at the end."""
        return self._let_in(PushedViewer(self, sink, account))

    def _let_in(self, viewer: V) -> V:
        if self._held:
            self._give_out(False)  # it stands in the groups, and nobody shall get it twice
        self.viewers.add(viewer)
        viewer.enter(self.entry())
        return viewer

    def forget(self, viewer: Viewer) -> None:
        """A viewer has ended."""
        self.viewers.discard(viewer)

    def entry(self) -> list[bytes]:
        """What a newcomer needs to show the newest picture; empty while that is not there.

        A browser must know picture and sound before the first byte, so it waits for both.
        """
        for name in self._announced.keys() & {"main", "sound"}:
            if name not in self._tracks or self._tracks[name].group is None:
                return []
        pieces = [track.head for track in self._tracks.values()]
        for track in self._tracks.values():
            pieces += track.group or []
        return pieces

    def newest(self) -> bytes:
        """The main track's init segment and what came since its keyframe; empty before that."""
        main = self._tracks.get("main")
        if main is None or main.init is None or not main.group:
            return b""
        return main.init.segment + b"".join(piece[HEADER.size :] for piece in main.group)

    def take(self, told: TapMessage, now_ns: int) -> None:
        """Take what the tap said, and pass on what comes of it."""
        match told:
            case TapTrack():
                self._announced[told.name] = told
                if self._timeline is not None:
                    self._timeline.announce(told)
            case TapUnit():
                timeline = self._timeline or self._begin(told)
                if told.name != "sound":
                    shown_ns = CONTENT_SHOWN_NS if told.name == "content" else SHOWN_NS
                    told = msgspec.structs.replace(told, duration_ns=shown_ns)
                for piece in (*timeline.push(told, now_ns), *timeline.flush()):
                    if isinstance(piece, Fragment):
                        self._pass_on(piece)
            case TapLoss():
                if self._timeline is not None:
                    self._timeline.lose(told)

    def tell(self, note: dict[str, object]) -> None:
        """Tell all viewers something about the stream as a whole."""
        body = message(NOTE_KIND, 0, 0.0, msgspec.json.encode(note))
        for viewer in list(self.viewers):
            viewer.tell(body)

    def close(self) -> None:
        """End all viewers; safe twice."""
        for viewer in list(self.viewers):
            viewer.close()

    def _begin(self, first: TapUnit) -> Timeline:
        if self.base_ns is None:
            self.base_ns = first.stamp_ns - HEAD_START_NS
        self._timeline = Timeline(self._cut_tallies, self.base_ns)
        for track in self._announced.values():
            self._timeline.announce(track)
        return self._timeline

    def _pass_on(self, fragment: Fragment) -> None:
        track = self._track(fragment)
        time_s = fragment.time / TRACKS[fragment.track].timescale
        piece = message(FRAGMENT_KIND, track.number, time_s, fragment.data)
        self.tallies.live_fragments_total += 1
        if fragment.init != track.init:
            track.init, track.head = fragment.init, _head(track, fragment.init)
            self._held.append(track.head)
        opens = fragment.keyframe and fragment.track == "main"
        self._group(track, fragment.keyframe, opens)
        track.keep(piece)
        track.newest_s = time_s
        if opens:
            self._forget_ended(time_s)
        self._held.append(piece)
        if fragment.track == "main" or len(self._held) > MOST_HELD:
            self._give_out(opens)

    def _give_out(self, opens: bool) -> None:
        """One write for each viewer: the picture, with what of the other tracks came before it."""
        piece = b"".join(self._held)
        self._held.clear()
        everything: list[bytes] | None = None
        for viewer in list(self.viewers):
            viewer.offer(piece)
            if opens or viewer.waits:
                everything = self.entry() if everything is None else everything
                viewer.enter(everything)

    def _group(self, track: _Track, keyframe: bool, opens: bool) -> None:
        """Begin to keep a track anew where it can be entered; sound goes by the main picture."""
        sound = track.told.codec == "AAC"
        if keyframe and (track.group is None or not sound):
            track.begin_group()
        if opens and "sound" in self._tracks:
            self._tracks["sound"].begin_group()

    def _forget_ended(self, now_s: float) -> None:
        content = self._tracks.get("content")
        if content is not None and now_s - content.newest_s > CONTENT_ENDED_S:
            content.group = None

    def _track(self, fragment: Fragment) -> _Track:
        if fragment.track not in self._tracks:
            number, told = len(self._tracks), self._announced[fragment.track]
            self._tracks[fragment.track] = _Track(number, told)
        return self._tracks[fragment.track]


def _head(track: _Track, init: Init) -> bytes:
    """The message that stands before the fragments of a track."""
    facts = {
        "name": track.told.name,
        "kind": "audio" if track.told.codec == "AAC" else "video",
        "codec": init.codec,
        "width": init.width,
        "height": init.height,
        "fps": track.told.fps,
    }
    body = msgspec.json.encode(facts) + b"\n" + init.segment
    return message(TRACK_KIND, track.number, 0.0, body)
