"""What callers are shown of wanted pictures: read from the contract's values field by field."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from mcu_core.contract.definition import PaneFit
from mcu_core.layouts.automatic import Policy


class View(BaseModel):
    """A value that is shown, never changed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class RectView(View):
    """One pane of an own layout, in fractions of the canvas."""

    x: float
    y: float
    w: float
    h: float
    z: int


class OwnLayoutView(View):
    """A caller's own layout as it was understood."""

    name: str
    main: int
    overlap: bool
    panes: list[RectView]


class LayoutView(View):
    """The wanted layout: a mode 0..49, an own one, or neither: automatic by `policy`."""

    mode: int | None
    own: OwnLayoutView | None
    policy: Policy


class PaneView(View):
    """What is wanted in a pane; `sites` and `interval_s` count for the kind poll only."""

    kind: Literal["auto", "site", "voice", "poll", "content", "empty"]
    site: str
    fit: PaneFit
    sites: list[str]
    interval_s: float


class PictureView(View):
    """A wanted picture of a site or a group."""

    layout: LayoutView
    panes: list[PaneView]
    sources: list[str]
    show_self: bool
    poll_s: float


class GroupView(View):
    """Sites that see a picture of their own together."""

    id: int
    sites: list[str]
    view: PictureView


class VoiceView(View):
    """声控切换 as it is wanted."""

    enabled: bool
    gate: int
    attack_s: float
    hold_s: float
    to: Literal["panes", "broadcast"]


class TextView(View):
    """Banner or caption; an empty text is not shown."""

    text: str
    position: Literal["top", "bottom"]
    size: float
    color: str
    background: str


class LogoView(View):
    """A picture in a corner."""

    path: str
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"]
    size: float


class ShownContentView(View):
    """What is shown as content now: of `site`, or an image pushed by hand; size in pixels."""

    kind: Literal["still", "site"]
    site: str
    name: str
    width: int
    height: int


class RecordedView(View):
    """What is recorded, and how it is coded; `small`: a second time, for little bandwidth."""

    of: Literal["conference", "site", "content", "own"]
    site: str
    view: PictureView | None
    width: int
    height: int
    fps: int
    bitrate_bps: int
    small: bool


class RecordingRulesView(View):
    """Who has to agree before it is recorded, whether the chair did, and how all are told."""

    consent: Literal["free", "asked", "refused"]
    agreed: bool
    notice_s: float
    language: Literal["en", "zh", "both"]


class ContentView(View):
    """Content (辅流). `senders`: anybody, only the chair, only `site`, nobody may send it;
    `locked`: nobody may take it over. `share`: its part of a site's rate. `motion` before
    sharpness; `several` may send at once. `shown`: what is shown now."""

    senders: Literal["anybody", "chair", "site", "nobody"]
    site: str
    locked: bool
    share: float
    motion: bool
    several: bool
    shown: ShownContentView | None


class LimitView(View):
    """The most that a site is sent; 0: no limit. `rate_bps`: of all media, sound first."""

    width: int
    height: int
    fps: int
    bitrate_bps: int
    rate_bps: int
