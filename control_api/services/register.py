"""Use cases: the register of sites (会场), before and beside any conference."""

import re
from collections.abc import Mapping, Sequence

from control_api.auth.organisations import check_organisation, within
from control_api.auth.roles import Action, Principal, allowed
from control_api.persistence.bookings import BookedSite
from control_api.persistence.register import RegisteredSite, RegisterRows
from control_api.services.names import clean_name
from mcu_core.contract.definition import SiteDefinition, SiteKind, VideoLimit
from mcu_core.errors import BadInput, NotFound, Refused

MOST_SITES = 10_000
URI = re.compile(r"[\w.:@+=;,*#~!$-]{1,64}")
RATE_KBPS = (64, 8192)
PICTURES = {
    0: (704, 576, 30),
    1: (1280, 720, 30),
    2: (1920, 1080, 30),
    3: (854, 480, 30),
    4: (1280, 720, 60),
    5: (1920, 1080, 60),
}
"""Width, height and rate of the standard's video formats (WS/T 546 table 6)."""


def check_uri(uri: str, field: str = "uri") -> str:
    """The URI, unless it cannot be one; it is the site's id in conferences. Raises BadInput."""
    if not URI.fullmatch(uri) or uri in {".", ".."}:
        raise BadInput(field, "1..64 letters, digits or signs of a SIP URI, without / ? & and <>")
    return uri


def bookable(site: RegisteredSite, principal: Principal) -> bool:
    """Whether a user may book a registered site, and so knows of it: one of his organisation's or
    below, one that is nobody's, and with the right to invite any."""
    return (
        not site.organisation
        or within(site.organisation, principal.organisation)
        or allowed(principal, Action.INVITE)
    )


class Register:
    """Registered sites for callers."""

    def __init__(self, rows: RegisterRows) -> None:
        self._rows = rows

    async def all(self) -> list[RegisteredSite]:
        """All by name."""
        return await self._rows.all()

    async def known(self, uris: Sequence[str]) -> dict[str, RegisteredSite]:
        """Those of these that are registered."""
        return await self._rows.known(uris)

    async def check_theirs(self, uris: Sequence[str], principal: Principal) -> None:
        """Raise BadInput if one of these is registered and not for this user to book."""
        if not principal.organisation or allowed(principal, Action.INVITE):
            return
        for uri, site in (await self._rows.known(uris)).items():
            if not bookable(site, principal):
                raise BadInput("sites.uri", f"no site of another organisation, as {uri} is")

    async def get(self, uri: str) -> RegisteredSite:
        """One site; raises NotFound."""
        found = await self._rows.known([uri])
        if uri not in found:
            raise NotFound("registered site", uri)
        return found[uri]

    async def add(self, site: RegisteredSite) -> RegisteredSite:
        """Register a site; raises BadInput, or Refused when there is one of that URI."""
        checked = _checked(site)
        if await self._rows.known([checked.uri]):
            raise Refused(f"there is a site {checked.uri!r} already")
        if await self._rows.count() >= MOST_SITES:
            raise Refused(f"there are {MOST_SITES} sites already")
        await self._rows.put(checked)
        return checked

    async def change(self, site: RegisteredSite) -> RegisteredSite:
        """Change a registered site; conferences that run keep it as it was. Raises NotFound."""
        await self.get(site.uri)
        checked = _checked(site)
        await self._rows.put(checked)
        return checked

    async def remove(self, uri: str) -> None:
        """Forget a site; raises NotFound."""
        if not await self._rows.remove(uri):
            raise NotFound("registered site", uri)

    async def definitions(
        self, sites: Sequence[BookedSite], rate_kbps: int
    ) -> tuple[SiteDefinition, ...]:
        """The booked sites as a conference has them; who is not registered joins by browser."""
        known = await self._rows.known([site.uri for site in sites])
        limits = await self._rows.limits()
        return tuple(_definition(site, known.get(site.uri), rate_kbps, limits) for site in sites)

    async def limits(self) -> dict[str, int]:
        """By organisation, the most that each of its sites is sent, in kbit/s."""
        return await self._rows.limits()

    async def limit(self, organisation: str, rate_kbps: int) -> None:
        """Keep a limit for an organisation and those below it; 0: none. Raises BadInput."""
        if not organisation:
            raise BadInput("organisation", "the name of one")
        check_organisation(organisation)
        least, most = RATE_KBPS
        if rate_kbps and not least <= rate_kbps <= most:
            raise BadInput("rate_kbps", f"{least}..{most}, or 0 for none")
        await self._rows.put_limit(organisation, rate_kbps)


def limit_of(organisation: str, limits: Mapping[str, int]) -> int:
    """The narrowest of an organisation and those above it, in kbit/s; 0: none. Pure."""
    return min(
        (rate for above, rate in limits.items() if organisation and within(organisation, above)),
        default=0,
    )


def _checked(site: RegisteredSite) -> RegisteredSite:
    check_uri(site.uri)
    clean_name(site.name)
    if site.kind is SiteKind.FILE and site.file is None:
        raise BadInput("file", "the clip of a site of kind file")
    if site.kind is SiteKind.PATTERN and site.pattern is None:
        raise BadInput("pattern", "the pattern of a site of kind pattern")
    if site.video_format is not None and site.video_format not in PICTURES:
        raise BadInput("video_format", f"0..{max(PICTURES)}")
    if len(site.organisation) > 200:
        raise BadInput("organisation", "at most 200 characters")
    return site


def _definition(
    site: BookedSite,
    registered: RegisteredSite | None,
    rate_kbps: int,
    limits: Mapping[str, int],
) -> SiteDefinition:
    number = site.video_format
    if number is None and registered is not None:
        number = registered.video_format
    width, height, fps = PICTURES[number] if number is not None else (0, 0, 0)
    rate = site.rate_kbps or (registered.rate_kbps if registered is not None else 0) or rate_kbps
    most = limit_of(registered.organisation, limits) if registered is not None else 0
    rate = max(RATE_KBPS[0], min(RATE_KBPS[1], rate, most or rate))
    limit = VideoLimit(width, height, fps, rate * 1000, most * 1000)
    if registered is None:
        return SiteDefinition(site.uri, site.name or site.uri, SiteKind.WEBRTC, limit=limit)
    return SiteDefinition(
        site.uri,
        site.name or registered.name,
        registered.kind,
        limit=limit,
        file=registered.file,
        pattern=registered.pattern,
    )
