"""Bodies of requests about pictures: layouts, panes, views, groups, texts."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from control_api.rest.json_body import Body, Number, changes_of
from control_api.services.changes import tidy
from mcu_core.contract.choosing import choose_mode, choose_own
from mcu_core.contract.definition import LayoutChoice, Logo, Pane, PaneFit, View
from mcu_core.errors import BadInput
from mcu_core.layouts.automatic import Policy

SiteId = Annotated[StrictStr, Field(max_length=64)]
SiteIds = Annotated[tuple[SiteId, ...], Field(max_length=200)]


class LayoutBody(Body):
    """A mode 0..49 of WS/T 546 table 63, or an own layout; `{"mode": null}`: automatic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"mode": 12},
                {"mode": None},
                {"mode": None, "policy": "speaker"},
                {"own": {"panes": [{"x": 0, "y": 0, "w": "2/3", "h": 1}]}},
            ]
        }
    )

    mode: StrictInt | None = None
    policy: Policy = Field(
        "equal", description="automatic: panes as equal as can be, or large for who speaks"
    )
    own: Any = Field(
        None,
        description=(
            "panes in fractions of the canvas (numbers, or texts such as 2/3), higher z above"
            " lower; overlap true where panes may lie over each other"
        ),
    )

    def choice(self, prefix: str = "") -> LayoutChoice:
        """As the contract has it; raises BadInput naming the value."""
        if not self.model_fields_set:
            raise BadInput(
                f"{prefix}mode", "a layout number 0..49, null, or an own layout in `own`"
            )
        if self.own is None and self.mode is None:
            return LayoutChoice(policy=self.policy)
        if self.own is None:
            return choose_mode(self.mode, f"{prefix}mode")
        if self.mode is not None:
            raise BadInput(f"{prefix}mode", "nothing beside `own`")
        return choose_own(self.own, f"{prefix}own")


class PaneBody(Body):
    """What stands in a pane.

    `auto`: the loudest site not shown elsewhere; `site`: that one; `voice`: who has the floor;
    `poll`: each of `sites` (none named: all not shown elsewhere) for `interval_s`; `content`: the
    content (辅流), automatic while there is none; `empty`: nobody.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "poll", "sites": ["3f2a"], "interval_s": 10}]}
    )

    kind: Literal["auto", "site", "voice", "poll", "content", "empty"] = "auto"
    site: SiteId = ""
    fit: PaneFit = PaneFit.AUTO
    sites: SiteIds = ()
    interval_s: Number = Field(10.0, description="1..3600 seconds")

    def pane(self) -> Pane:
        """As the contract has it."""
        return Pane(self.kind, self.site, self.fit, self.sites, self.interval_s)


class ViewBody(Body):
    """A picture of its own, for a site or a group; what is not named is as in a new conference."""

    layout: LayoutBody = LayoutBody(mode=None)
    panes: Annotated[tuple[PaneBody, ...], Field(max_length=100)] = ()
    sources: SiteIds = Field((), description="the sites that fill automatic panes; empty: all")
    show_self: StrictBool = Field(False, description="whether a site sees itself among the others")
    poll_s: Number = Field(
        0.0, description="1..3600: automatic panes go on to the next sites; 0: they stay"
    )

    def view(self, prefix: str = "") -> View:
        """As the contract has it; raises BadInput naming the value."""
        return View(
            layout=self.layout.choice(f"{prefix}layout."),
            panes=tuple(tidy(pane.pane()) for pane in self.panes),
            sources=self.sources,
            show_self=self.show_self,
            poll_s=self.poll_s,
        )


class GroupBody(Body):
    """Sites that see a picture of their own together."""

    sites: SiteIds
    view: ViewBody = ViewBody()


class VoiceChange(Body):
    """声控切换: what to change; what is not named stays."""

    enabled: StrictBool | None = None
    gate: StrictInt | None = Field(None, description="0..100 over the site's own noise, usually 15")
    attack_s: Number | None = Field(None, description="speech that takes the floor, 0.1..10 s")
    hold_s: Number | None = Field(None, description="how long it is kept at least, 0..60 s")
    to: Literal["panes", "broadcast"] | None = Field(
        None, description="the floor stands in panes of kind voice, or is seen in full by all"
    )


class ContentChange(Body):
    """Who may send content (辅流): what to change; what is not named stays."""

    senders: Literal["anybody", "chair", "site", "nobody"] | None = Field(
        None, description="all sites, only the one that chairs, only `site`, or none"
    )
    site: SiteId | None = None
    locked: StrictBool | None = Field(
        None, description="whether nobody may take it over from who sends it, or sent it last"
    )
    share: Number | None = Field(
        None, description="how much of a site's rate it has beside the main picture, 0.1..0.9"
    )
    motion: StrictBool | None = Field(
        None, description="motion before sharpness: at the conference's picture rate, not at 15"
    )
    several: StrictBool | None = Field(
        None, description="several send at once, side by side where content has its own channel"
    )


class RecordedChange(Body):
    """What is recorded: what to change; sizes and rates of 0 are the calls'."""

    of: Literal["conference", "site", "content", "own"] | None = Field(
        None, description="what viewers see, `site` in full, the content alone, or `view`"
    )
    site: SiteId | None = None
    view: ViewBody | None = Field(None, description="a picture of its own")
    width: StrictInt | None = None
    height: StrictInt | None = None
    fps: StrictInt | None = None
    bitrate_bps: StrictInt | None = None
    small: StrictBool | None = Field(None, description="whether it is coded small as well")

    def changes(self) -> dict[str, Any]:
        """The fields that were named, as the contract has them."""
        given = changes_of(self)
        if self.view is not None:
            given["view"] = self.view.view("recorded.view.")
        return given


class RecordingRulesChange(Body):
    """Who has to agree before a conference is recorded: what to change."""

    consent: Literal["free", "asked", "refused"] | None = Field(
        None, description="nobody, the chair (PUT …/recording/consent), or it is never recorded"
    )
    notice_s: Number | None = Field(
        None, description="how long the picture says that it is recorded, after two tones; 0: not"
    )
    language: Literal["en", "zh", "both"] | None = None


class TextChange(Body):
    """Banner (横幅) or caption (字幕): what to change; an empty text shows none."""

    text: StrictStr | None = Field(None, description="at most 500 characters, one line")
    position: Literal["top", "bottom"] | None = None
    size: Number | None = Field(None, description="of the picture's height, 0.02..0.2")
    color: StrictStr | None = Field(None, description="#rrggbb")
    background: StrictStr | None = Field(None, description="#rrggbb or #rrggbbaa")


class LogoBody(Body):
    """A picture in a corner: a PNG file within the media folder."""

    path: StrictStr
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-right"
    size: Number = Field(0.08, description="of the picture's height, 0.02..0.3")

    def logo(self) -> Logo:
        """As the contract has it."""
        return Logo(self.path, self.corner, self.size)


class LimitChange(Body):
    """The most that a site is sent: what to change; 0 is no limit."""

    width: StrictInt | None = Field(None, description="0, or 128..1920")
    height: StrictInt | None = Field(None, description="0, or 96..1200")
    fps: StrictInt | None = Field(None, description="0, or 1..60")
    bitrate_bps: StrictInt | None = Field(None, description="pictures: 0, or 64000..20000000")
    rate_bps: StrictInt | None = Field(
        None, description="all media, sound first: 0, or 64000..20000000"
    )
