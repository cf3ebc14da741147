"""The demo conference: four sites that play clips, so that a fresh system has something to show."""

from pathlib import Path

import msgspec
import structlog

from control_api.services.conferences import Conferences
from control_api.services.sites import NewSite, Sites
from control_api.services.wanted import Wanted
from mcu_core.contract.definition import ConferenceDefinition, FileSource, SiteKind
from mcu_core.errors import BadInput, McuError
from recorder.errors import UNREADABLE

log = structlog.get_logger()

CONFERENCE = "demo"
NAME = "Demo 示范会诊"
LISTING = "demo.json"


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of demo.json: a site's name and the clip that it plays."""

    name: str
    path: str


def read_clips(folder: Path) -> list[Clip]:
    """The clips that a folder lists; raises BadInput."""
    try:
        clips = msgspec.json.decode((folder / LISTING).read_bytes(), type=list[Clip])
    except (OSError, *UNREADABLE) as error:
        raise BadInput("--demo", f"a folder with {LISTING} ({error})") from error
    return [Clip(clip.name, str((folder / clip.path).absolute())) for clip in clips]


async def ensure_demo(
    clips: list[Clip], wanted: Wanted, conferences: Conferences, sites: Sites
) -> None:
    """Make the demo conference, or bring its clips' paths up to date; the rest is left as it is."""
    if CONFERENCE not in wanted:
        await conferences.create({"name": NAME}, CONFERENCE)
        for clip in clips:
            await sites.add(
                CONFERENCE, NewSite(clip.name, SiteKind.FILE, file=FileSource(clip.path))
            )
        return
    paths = {clip.name: clip.path for clip in clips}

    def edit(now: ConferenceDefinition) -> ConferenceDefinition:
        renewed = tuple(
            msgspec.structs.replace(site, file=FileSource(paths[site.name]))
            if site.kind is SiteKind.FILE and site.name in paths
            else site
            for site in now.sites
        )
        return msgspec.structs.replace(now, sites=renewed)

    await conferences.amend(CONFERENCE, edit)


async def try_demo(
    clips: list[Clip], wanted: Wanted, conferences: Conferences, sites: Sites
) -> None:
    """The same; what prevents it is logged."""
    try:
        await ensure_demo(clips, wanted, conferences, sites)
    except McuError as error:
        log.error("no demo conference", reason=str(error))
