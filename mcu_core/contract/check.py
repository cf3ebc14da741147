"""Whether a conference definition makes sense: one check for all who take one."""

from pathlib import PurePosixPath

from mcu_core.contract.check_views import check_recorded, check_view
from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import (
    MAX_SITES,
    ConferenceDefinition,
    Logo,
    RecordedPicture,
    SiteDefinition,
    SiteKind,
    TextStrip,
    VideoLimit,
    VoiceSwitching,
)
from mcu_core.contract.ranges import between, color, line_of_text, names, off_or_between, one_of
from mcu_core.errors import BadInput

SMALLEST, LARGEST = (128, 96), (1920, 1200)
FPS = (1, 60)
BITRATE_BPS = (64_000, 20_000_000)
GAIN_DB = (-40.0, 20.0)
OWN_SOURCES = {SiteKind.FILE: "file", SiteKind.PATTERN: "pattern"}

MAX_GROUPS = 100
MOST_NAMED = 20_000
"""Panes and sites named in them, of all pictures together: definitions are sent and shown whole."""

GROUP_ID = (0, 9999)
GATE = (0, 100)
ATTACK_S = (0.1, 10.0)
HOLD_S = (0.0, 60.0)
TEXT_SIZE = (0.02, 0.2)
CONTENT_SHARE = (0.1, 0.9)
LONGEST_NOTICE_S = 86_400.0
LOGO_SIZE = (0.02, 0.3)
"""Its height as a share of the canvas height."""
LONGEST_PATH = 255
LONGEST_ABSOLUTE = 4095

A_SITE = "empty, or the id of a site of this conference"


def check(definition: ConferenceDefinition) -> None:
    """Raise BadInput naming the first field that is out of its range (CAP-*, MCU-*)."""
    between("width", definition.width, SMALLEST[0], LARGEST[0])
    between("height", definition.height, SMALLEST[1], LARGEST[1])
    for name, value in (("width", definition.width), ("height", definition.height)):
        if value % 2:
            raise BadInput(name, f"an even number of pixels, not {value}")
    between("fps", definition.fps, *FPS)
    between("video_bitrate_bps", definition.video_bitrate_bps, *BITRATE_BPS)
    between("loudest", definition.loudest, 0, MAX_SITES)
    _check_limit(definition.limit, "limit")
    check_view(definition.view, "")
    _check_sites(definition)
    _check_groups(definition)
    _check_amount(definition)
    defined = {site.id for site in definition.sites}
    one_of("broadcast", definition.broadcast, defined, A_SITE)
    one_of("lecturer", definition.lecturer, defined, A_SITE)
    one_of("chair", definition.chair, defined, A_SITE)
    _check_content(definition.content, defined)
    _check_voice(definition.voice)
    _check_strip(definition.banner, "banner")
    _check_strip(definition.caption, "caption")
    if definition.logo is not None:
        _check_logo(definition.logo)
    one_of("recorded.site", definition.recorded.site, defined, A_SITE)
    _check_recorded(definition.recorded)
    between("recording.notice_s", definition.recording.notice_s, 0.0, LONGEST_NOTICE_S)


def _check_sites(definition: ConferenceDefinition) -> None:
    if len(definition.sites) > MAX_SITES:
        raise BadInput("sites", f"at most {MAX_SITES}")
    defined = {site.id for site in definition.sites}
    seen: set[str] = set()
    for k, site in enumerate(definition.sites):
        if not site.id or site.id in seen:
            raise BadInput(f"sites[{k}].id", "an id of its own")
        seen.add(site.id)
        one_of(f"sites[{k}].watch", site.watch, defined - {site.id}, f"another site, or {A_SITE}")
        _check_site(site, f"sites[{k}]")


def _check_site(site: SiteDefinition, field: str) -> None:
    between(f"{field}.gain_db", site.gain_db, *GAIN_DB)
    wanted = OWN_SOURCES.get(site.kind)
    if wanted is not None and getattr(site, wanted) is None:
        raise BadInput(f"{field}.{wanted}", f"a source for a site of kind {site.kind}")
    if site.view is not None:
        check_view(site.view, f"{field}.view", hidden=site.id)
    _check_limit(site.limit, f"{field}.limit")


def _check_recorded(picture: RecordedPicture) -> None:
    check_recorded(picture)
    _check_form(picture, "recorded")
    for name, value in (("width", picture.width), ("height", picture.height)):
        if value % 2:
            raise BadInput(f"recorded.{name}", f"an even number of pixels, not {value}")


def _check_form(limit: VideoLimit | RecordedPicture, field: str) -> None:
    off_or_between(f"{field}.width", limit.width, SMALLEST[0], LARGEST[0])
    off_or_between(f"{field}.height", limit.height, SMALLEST[1], LARGEST[1])
    off_or_between(f"{field}.fps", limit.fps, *FPS)
    off_or_between(f"{field}.bitrate_bps", limit.bitrate_bps, *BITRATE_BPS)


def _check_limit(limit: VideoLimit, field: str) -> None:
    _check_form(limit, field)
    off_or_between(f"{field}.rate_bps", limit.rate_bps, *BITRATE_BPS)


def _check_groups(definition: ConferenceDefinition) -> None:
    """Sites of groups need not be defined: they may be about to come."""
    if len(definition.groups) > MAX_GROUPS:
        raise BadInput("groups", f"at most {MAX_GROUPS}")
    ids: set[int] = set()
    grouped: set[str] = set()
    for k, group in enumerate(definition.groups):
        between(f"groups[{k}].id", group.id, *GROUP_ID)
        if group.id in ids:
            raise BadInput(f"groups[{k}].id", "a number of its own")
        ids.add(group.id)
        names(f"groups[{k}].sites", group.sites, MAX_SITES)
        for j, site in enumerate(group.sites):
            if site in grouped:
                raise BadInput(f"groups[{k}].sites[{j}]", "a site that is in no other group")
        grouped.update(group.sites)
        check_view(group.view, f"groups[{k}].view")


def _check_amount(definition: ConferenceDefinition) -> None:
    views = [("panes", definition.view)]
    views += [(f"groups[{k}].view", group.view) for k, group in enumerate(definition.groups)]
    if definition.recorded.view is not None:
        views.append(("recorded.view", definition.recorded.view))
    views += [
        (f"sites[{k}].view", site.view)
        for k, site in enumerate(definition.sites)
        if site.view is not None
    ]
    left = MOST_NAMED
    for field, view in views:
        left -= len(view.sources) + sum(1 + len(pane.sites) for pane in view.panes)
        if left < 0:
            raise BadInput(field, f"at most {MOST_NAMED} panes and sites named in all pictures")


def _check_voice(voice: VoiceSwitching) -> None:
    between("voice.gate", voice.gate, *GATE)
    between("voice.attack_s", voice.attack_s, *ATTACK_S)
    between("voice.hold_s", voice.hold_s, *HOLD_S)


def _check_content(content: ContentRules, defined: set[str]) -> None:
    one_of("content.site", content.site, defined, A_SITE)
    if content.senders == "site" and not content.site:
        raise BadInput("content.site", "the site that may send content")
    between("content.share", content.share, *CONTENT_SHARE)
    if content.still is not None:
        path = content.still.path
        if not 0 < len(path) <= LONGEST_ABSOLUTE or not PurePosixPath(path).is_absolute():
            raise BadInput("content.still.path", "an absolute path on the engine's machine")
        line_of_text("content.still.name", content.still.name)


def _check_strip(strip: TextStrip, field: str) -> None:
    line_of_text(f"{field}.text", strip.text)
    between(f"{field}.size", strip.size, *TEXT_SIZE)
    color(f"{field}.color", strip.color)
    color(f"{field}.background", strip.background, alpha=True)


def _check_logo(logo: Logo) -> None:
    path = PurePosixPath(logo.path)
    usable = 0 < len(logo.path) <= LONGEST_PATH and "\0" not in logo.path
    if not usable or path.is_absolute() or ".." in path.parts or "\\" in logo.path:
        raise BadInput("logo.path", f"a path within the media folder, 1..{LONGEST_PATH} characters")
    between("logo.size", logo.size, *LOGO_SIZE)
