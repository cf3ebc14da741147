"""The state of an engine as it is: what control compares with what it wants, and tests count."""

from typing import Literal

import msgspec

from mcu_core.contract.definition import LayoutChoice


class Course(msgspec.Struct, frozen=True):
    """How a connection went so far: its seconds, added up.

    `picture_delay_ms` from arrival to the composed picture and `sound_delay_ms` in the jitter
    buffer are means. `still_ms`: its picture stood still for a fault of the way or of ours.
    `concealed_ms`: sound made up. `reduced_s`: seconds in which pictures gave way to the load.
    """

    seconds: int = 0
    picture_delay_ms: float = 0.0
    sound_delay_ms: float = 0.0
    still_ms: float = 0.0
    concealed_ms: float = 0.0
    repaired: int = 0
    reduced_s: int = 0


class SiteSnapshot(msgspec.Struct, frozen=True):
    """One site as it is. `level_dbov` is -127 (silence) .. 0; `endpoint` is empty when away.

    `watched` False: nobody sees its picture composed, so it is not decoded. `packets_lost` of its
    picture on the way; `packets_dropped`: came, but malformed, from a stranger, of no known stream.
    `packets_received` and the `bytes_received` in them are of picture and sound of this connection.
    `encrypted`: whether its packets are.
    """

    id: str
    name: str
    endpoint: str = ""
    state: str = "away"  # away, joining, joined
    level_dbov: float = -127.0
    speaking: bool = False
    muted: bool = False
    quiet: bool = False
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_codec: str = ""
    audio_codec: str = ""
    packets_lost: int = 0
    packets_dropped: int = 0
    video_stalled: bool = True
    watched: bool = True
    packets_received: int = 0
    bytes_received: int = 0
    course: Course = Course()
    encrypted: bool = False


class TraceSample(msgspec.Struct, frozen=True):
    """One second of one site, stage by stage; counts are of that second.

    Network: `packets` that came, `lost` given up, `repaired` sent again in time. Coded pictures of
    them: `units`, `broken` (incomplete, or refused by the decoder), `skipped` (never decoded:
    waiting for a keyframe, or the decoder was behind), `keyframes_asked`. Decoded: `decoded`
    pictures, `decode_ms` CPU of one, `backlog` still waiting. Shown: `watched` whether anybody saw
    the site composed, `shown` new pictures in composed ones, `longest_still_ms` without one,
    `delay_ms` from arrival to the output tick. Sound: `sound_frames`, `concealed_ms` made up,
    `sound_late` frames too late to play, `sound_wait_ms` in the jitter buffer, `level_dbov`.
    `effort`: step of the overload order. `verdict`: why the picture stood still; empty if not.
    """

    time_ns: int
    packets: int = 0
    lost: int = 0
    repaired: int = 0
    units: int = 0
    broken: int = 0
    skipped: int = 0
    keyframes_asked: int = 0
    decoded: int = 0
    decode_ms: float = 0.0
    backlog: int = 0
    watched: bool = True
    shown: int = 0
    longest_still_ms: float = 0.0
    delay_ms: float = 0.0
    sound_frames: int = 0
    concealed_ms: float = 0.0
    sound_late: int = 0
    sound_wait_ms: float = 0.0
    level_dbov: float = -127.0
    effort: int = 0
    verdict: str = ""


class SiteTrace(msgspec.Struct, frozen=True, tag=True):
    """The last minute of one site, oldest second first, at most 60 samples."""

    conference: str
    site: str
    samples: tuple[TraceSample, ...]


class OutputSnapshot(msgspec.Struct, frozen=True):
    """One running encoder, or site passed through, and its readers; `view` is what it shows."""

    form: str
    readers: int
    units: int
    keyframes: int
    dropped: int = 0
    view: str = ""


class ViewSnapshot(msgspec.Struct, frozen=True):
    """One picture as it is: `kind` conference, group, own or full; `panes[k]` is the site there."""

    kind: str
    name: str
    mode: int | None
    panes: tuple[str, ...]
    watched_by: tuple[str, ...]


class ContentSnapshot(msgspec.Struct, frozen=True):
    """What is shown as content (辅流): `site` sends it, or it is an image pushed by hand; `name` as
    its bringer calls it; its size in pixels, 0 while unknown."""

    kind: Literal["still", "site"]
    site: str = ""
    name: str = ""
    width: int = 0
    height: int = 0


class ConferenceSnapshot(msgspec.Struct, frozen=True):
    """One conference as it is. `panes[k]` is the site in pane k or empty; `serial` counts composed
    pictures; `late_ticks` the video ticks that came over one frame late."""

    id: str
    revision: int
    layout: LayoutChoice
    mode: int | None
    panes: tuple[str, ...]
    sites: tuple[SiteSnapshot, ...]
    video_outputs: tuple[OutputSnapshot, ...]
    audio_outputs: tuple[OutputSnapshot, ...]
    speaker: str = ""
    decoders: int = 0
    scalers: int = 0
    serial: int = 0
    late_ticks: int = 0
    late_audio_ticks: int = 0
    viewers: int = 0
    views: tuple[ViewSnapshot, ...] = ()
    floor: str = ""
    content: ContentSnapshot | None = None


class EngineSnapshot(msgspec.Struct, frozen=True, tag=True):
    """One engine as it is. `pid` and `started_ns` tell a restarted engine from its predecessor."""

    name: str
    pid: int
    started_ns: int
    now_ns: int
    conferences: tuple[ConferenceSnapshot, ...]
    counters: dict[str, float] = {}
