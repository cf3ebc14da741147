"""H.281: one camera moved from afar, in the frames of an H.224 client.

A movement begins, is gone on with before its time is over, and stops; a camera that hears no more
of it stops by itself. Numbers of messages are those of H.281's table of messages; OPAL's presets
(7, 8) are one too high, which cannot be told from 7 as it is meant: its "store" is our "activate".
"""

from dataclasses import dataclass
from enum import IntEnum

from mcu_core.errors import MalformedInput

MOST_PRESETS = 16
TIMEOUT_STEP_MS, LONGEST_TIMEOUT_MS = 50, 800
MAIN_CAMERA, FIRST_OF_ITS_OWN = 1, 6
"""Sources: 0 the present one, 1 the main camera, 2 another, 3 a document's, 4 another of these, 5 a
player; from 6 to 15 those that have a name of their own."""
LONGEST_NAME = 16


class Phase(IntEnum):
    """What becomes of a movement."""

    START = 1
    CONTINUE = 2
    STOP = 3


class Mode(IntEnum):
    """What a source is to give."""

    MOTION = 0
    STILL = 2
    DOUBLE_STILL = 3


@dataclass(frozen=True, slots=True)
class Motion:
    """Each -1, 0 or 1: right, up, in are 1."""

    pan: int = 0
    tilt: int = 0
    zoom: int = 0
    focus: int = 0

    def octet(self) -> int:
        """Two bits each: whether, and which way."""
        value = 0
        for way in (self.pan, self.tilt, self.zoom, self.focus):
            value = value << 2 | (0 if not way else 3 if way > 0 else 2)
        return value

    @classmethod
    def of(cls, octet: int) -> "Motion":
        """From that octet; 01 means nothing."""
        return cls(*(((0, 0, -1, 1)[octet >> shift & 3]) for shift in (6, 4, 2, 0)))


@dataclass(frozen=True, slots=True)
class Action:
    """A phase of a movement; one that starts goes on for `timeout_ms`, 50..800 in steps of 50."""

    phase: Phase
    motion: Motion
    timeout_ms: int = LONGEST_TIMEOUT_MS

    def serialize(self) -> bytes:
        """The data of a frame."""
        head = bytes([self.phase, self.motion.octet()])
        if self.phase is not Phase.START:
            return head
        steps = self.timeout_ms // TIMEOUT_STEP_MS
        return head + bytes([steps % 16])


@dataclass(frozen=True, slots=True)
class SelectSource:
    """A source, 0..15, is to be what is sent; or (`done`) has become so."""

    number: int
    mode: Mode = Mode.MOTION
    done: bool = False

    def serialize(self) -> bytes:
        """The data of a frame."""
        return bytes([5 if self.done else 4, self.number << 4 | self.mode])


@dataclass(frozen=True, slots=True)
class Preset:
    """Where the camera stands is kept under a number, 0..15, or (`store` False) taken up again."""

    number: int
    store: bool

    def serialize(self) -> bytes:
        """The data of a frame."""
        return bytes([6 if self.store else 7, self.number << 4])


Message = Action | SelectSource | Preset


def read(data: bytes) -> Message | None:
    """The data of a camera's frame; None for what is not known. Raises MalformedInput."""
    if len(data) < 2:
        raise MalformedInput("h281", "at least two octets")
    code, octet = data[0], data[1]
    if code in (1, 2, 3):
        steps = data[2] & 15 if len(data) > 2 else 0
        timeout_ms = steps * TIMEOUT_STEP_MS or LONGEST_TIMEOUT_MS
        return Action(Phase(code), Motion.of(octet), timeout_ms)
    if code in (4, 5):
        if octet & 3 == 1:
            raise MalformedInput("h281.mode", "0, 2 or 3")
        return SelectSource(octet >> 4, Mode(octet & 3), code == 5)
    if code in (6, 7):
        return Preset(octet >> 4, code == 6)
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """A source of pictures and what it can; `name` of those from FIRST_OF_ITS_OWN on."""

    number: int
    motion: Motion
    pictures: bool = True
    stills: bool = False
    name: str = ""

    def serialize(self) -> bytes:
        """Its part of the capabilities."""
        head = bytes([self.number << 4 | self.pictures << 2 | self.stills << 1])
        named = self.name.encode("ascii", "replace")[: LONGEST_NAME - 1] + b"\0"
        able = (self.motion.pan, self.motion.tilt, self.motion.zoom, self.motion.focus)
        octet = sum(bool(one) << 7 - k for k, one in enumerate(able))
        return head + (named if self.number >= FIRST_OF_ITS_OWN else b"") + bytes([octet])


@dataclass(frozen=True, slots=True)
class Cameras:
    """What a site tells of its cameras: how many presets, 0..15, and its sources."""

    presets: int
    sources: tuple[Source, ...]

    def serialize(self) -> bytes:
        """The data of the client's extra capabilities."""
        return bytes([self.presets]) + b"".join(one.serialize() for one in self.sources)


def read_cameras(data: bytes) -> Cameras:
    """From the data of extra capabilities; raises MalformedInput."""
    if not data:
        raise MalformedInput("h281.capabilities", "a number of presets")
    sources, at = [], 1
    while at < len(data):
        head, name, at = data[at], "", at + 1
        if head >> 4 >= FIRST_OF_ITS_OWN:
            end = data.find(b"\0", at, at + LONGEST_NAME)
            if end < 0:
                raise MalformedInput("h281.capabilities", "the end of a name")
            name, at = data[at:end].decode("ascii", "replace"), end + 1
        if at >= len(data):
            raise MalformedInput("h281.capabilities", "what the source can")
        able = Motion(*(data[at] >> shift & 1 for shift in (7, 6, 5, 4)))
        sources.append(Source(head >> 4, able, bool(head & 4), bool(head & 2), name))
        at += 1
    return Cameras(data[0] & 15, tuple(sources))
