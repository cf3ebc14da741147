"""What an engine tells without being asked, and what flows over a tap."""

import msgspec

from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.snapshots import ContentSnapshot


class SiteChanged(msgspec.Struct, frozen=True, tag=True):
    """A site joined, left or lost its connection.

    `state`: away, joining or joined; `reason` is for people.
    """

    conference: str
    site: str
    state: str
    endpoint: str = ""
    reason: str = ""


class SpeakerChanged(msgspec.Struct, frozen=True, tag=True):
    """Who speaks now; empty when nobody does."""

    conference: str
    site: str


class MutedTalkers(msgspec.Struct, frozen=True, tag=True):
    """The sites that talk while they are muted: somebody should be told."""

    conference: str
    sites: tuple[str, ...]


class Levels(msgspec.Struct, frozen=True, tag=True):
    """Levels of all sites some ten times a second, dBov (RFC 6464: 0 full scale, -127 silence)."""

    conference: str
    levels: dict[str, float]


class LayoutShown(msgspec.Struct, frozen=True, tag=True):
    """The first picture composed by this revision has left: who stands in which pane."""

    conference: str
    revision: int
    mode: int | None
    panes: tuple[str, ...]


class ContentChanged(msgspec.Struct, frozen=True, tag=True):
    """Other content is shown, or none any more."""

    conference: str
    content: ContentSnapshot | None


class KeyPressed(msgspec.Struct, frozen=True, tag=True):
    """Somebody at a site pressed a key of a telephone: 0..9, *, #, A..D (RFC 4733)."""

    conference: str
    site: str
    key: str


class CameraWanted(msgspec.Struct, frozen=True, tag=True):
    """Site `by` moves the camera of `site`, which has no line of its own for that."""

    conference: str
    site: str
    by: str
    order: CameraOrder


class ConferenceFailed(msgspec.Struct, frozen=True, tag=True):
    """A conference broke and was ended; control decides what to do."""

    conference: str
    reason: str


Event = (
    SiteChanged
    | SpeakerChanged
    | MutedTalkers
    | Levels
    | LayoutShown
    | ContentChanged
    | KeyPressed
    | CameraWanted
    | ConferenceFailed
)


class TapTrack(msgspec.Struct, frozen=True, tag=True):
    """A track of the tap begins or changes its parameters.

    `name` main, sound or content; `codec` H264 or AAC; `config`: for AAC the AudioSpecificConfig
    (ISO 14496-3 1.6.2.1), for H.264 empty: its parameter sets stand in front of each keyframe.
    """

    name: str
    codec: str
    width: int = 0
    height: int = 0
    fps: int = 0
    sample_rate: int = 0
    channels: int = 0
    config: bytes = b""


class TapUnit(msgspec.Struct, frozen=True, tag=True):
    """One coded picture (H.264 Annex B) or sound frame (raw AAC) of track `name`."""

    name: str
    stamp_ns: int
    duration_ns: int
    keyframe: bool
    data: bytes


class TapLoss(msgspec.Struct, frozen=True, tag=True):
    """The reader was too slow: that many units of the track were dropped before the next one."""

    name: str
    units: int


TapMessage = TapTrack | TapUnit | TapLoss
