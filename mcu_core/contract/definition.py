"""What control wants of a conference: a whole definition, sent again on every change."""

from enum import StrEnum
from typing import Literal

import msgspec

MAX_SITES = 200
MAX_PANES = 100


class SiteKind(StrEnum):
    """Which door a site comes through."""

    WEBRTC = "webrtc"
    RTP = "rtp"
    FILE = "file"
    PATTERN = "pattern"


class PaneFit(StrEnum):
    """How a picture meets a pane of another shape (design 6)."""

    AUTO = "auto"
    """Fill where the aspects differ by under 15 %, else fit."""
    FIT = "fit"
    """All of the picture, bars around it."""
    FILL = "fill"
    """Stretched to the pane."""
    CROP = "crop"
    """The pane full, the picture's edges cut."""


class Pane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in one pane. `auto`: the loudest site not shown elsewhere; `site`: that one."""

    kind: Literal["auto", "site", "empty"] = "auto"
    site: str = ""
    fit: PaneFit = PaneFit.AUTO


class LayoutRect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pane of an own layout, in fractions 0..1 of the canvas; higher `z` lies above."""

    x: float
    y: float
    w: float
    h: float
    z: int = 0


class OwnLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caller's own layout; panes may overlap only where `overlap` says so."""

    panes: tuple[LayoutRect, ...]
    name: str = "own"
    main: int = 0
    overlap: bool = False


class LayoutChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which layout: a mode 0..49 of WS/T 546 table 63, an own one, or by the number of sites.

    `own` wins over `mode`; `mode` None without `own` means automatic.
    """

    mode: int | None = None
    own: OwnLayout | None = None


class FileSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file player's clip, looped."""

    path: str
    loop: bool = True


class PatternSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test pattern: burnt-in frame counter, flat colour, a tone and a chirp each second."""

    width: int = 640
    height: int = 360
    fps: int = 30
    color: str = "#206080"
    tone_hz: float = 440.0


class SiteDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One site as control wants it; `muted` is 闭音 (not heard), `quiet` 静音 (hears nothing)."""

    id: str
    name: str
    kind: SiteKind
    muted: bool = False
    quiet: bool = False
    gain_db: float = 0.0
    file: FileSource | None = None
    pattern: PatternSource | None = None


class ConferenceDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conference as control wants it; `revision` grows with every change.

    `width`, `height` even pixels, 128x96 .. 1920x1080; `fps` 1..60; `panes[k]` stands in pane k of
    the layout, missing ones are `auto`. `recording` asks the engine to keep the recorder's sound
    and picture running.
    """

    id: str
    name: str
    width: int = 1280
    height: int = 720
    fps: int = 30
    video_bitrate_bps: int = 2_000_000
    layout: LayoutChoice = LayoutChoice()
    panes: tuple[Pane, ...] = ()
    sites: tuple[SiteDefinition, ...] = ()
    show_names: bool = True
    revision: int = 0
