"""Whether a conference definition makes sense: one check for all who take one."""

from mcu_core.contract.definition import MAX_PANES, MAX_SITES, ConferenceDefinition, SiteKind
from mcu_core.errors import BadInput

SMALLEST, LARGEST = (128, 96), (1920, 1200)
FPS = (1, 60)
BITRATE_BPS = (64_000, 20_000_000)
GAIN_DB = (-40.0, 20.0)
OWN_SOURCES = {SiteKind.FILE: "file", SiteKind.PATTERN: "pattern"}


def check(definition: ConferenceDefinition) -> None:
    """Raise BadInput naming the first field that is out of its range (CAP-*, MCU-*)."""
    _between("width", definition.width, SMALLEST[0], LARGEST[0])
    _between("height", definition.height, SMALLEST[1], LARGEST[1])
    for name, value in (("width", definition.width), ("height", definition.height)):
        if value % 2:
            raise BadInput(name, f"an even number of pixels, not {value}")
    _between("fps", definition.fps, *FPS)
    _between("video_bitrate_bps", definition.video_bitrate_bps, *BITRATE_BPS)
    if len(definition.panes) > MAX_PANES:
        raise BadInput("panes", f"at most {MAX_PANES}")
    _check_sites(definition)


def _check_sites(definition: ConferenceDefinition) -> None:
    if len(definition.sites) > MAX_SITES:
        raise BadInput("sites", f"at most {MAX_SITES}")
    seen: set[str] = set()
    for k, site in enumerate(definition.sites):
        if not site.id or site.id in seen:
            raise BadInput(f"sites[{k}].id", "an id of its own")
        seen.add(site.id)
        _between(f"sites[{k}].gain_db", site.gain_db, *GAIN_DB)
        wanted = OWN_SOURCES.get(site.kind)
        if wanted is not None and getattr(site, wanted) is None:
            raise BadInput(f"sites[{k}].{wanted}", f"a source for a site of kind {site.kind}")


def _between(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also refuses NaN
        raise BadInput(field, f"{low:g} to {high:g}, not {value:g}")
