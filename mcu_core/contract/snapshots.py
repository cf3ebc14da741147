"""The state of an engine as it is: what control compares with what it wants, and tests count."""

import msgspec

from mcu_core.contract.definition import LayoutChoice


class SiteSnapshot(msgspec.Struct, frozen=True):
    """One site as it is. `level_dbov` is -127 (silence) .. 0; `endpoint` is empty when away."""

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
    video_stalled: bool = True


class OutputSnapshot(msgspec.Struct, frozen=True):
    """One running encoder and how many read it."""

    form: str
    readers: int
    units: int
    keyframes: int
    dropped: int = 0


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


class EngineSnapshot(msgspec.Struct, frozen=True, tag=True):
    """One engine as it is. `pid` and `started_ns` tell a restarted engine from its predecessor."""

    name: str
    pid: int
    started_ns: int
    now_ns: int
    conferences: tuple[ConferenceSnapshot, ...]
    counters: dict[str, float] = {}
