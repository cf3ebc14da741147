"""Use cases: sites, and connecting them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from control_api.persistence.conferences import RtpOffer
from control_api.services.changes import changed, check_known, named_within, without_site
from control_api.services.conferences import Conferences
from control_api.services.keeper import Keeper
from control_api.services.names import clean_name
from control_api.services.observed import Observed
from control_api.services.views import SiteView
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import (
    AnswerRtp,
    Attached,
    AttachRtp,
    AttachWebRtc,
    Detach,
    OfferRtp,
    Reoffer,
)
from mcu_core.contract.definition import (
    MAX_SITES,
    ConferenceDefinition,
    FileSource,
    PatternSource,
    SiteDefinition,
    SiteKind,
    View,
)
from mcu_core.errors import BadInput, NotFound, Refused

LONGEST_SDP = 64 * 1024
GAIN_DB = (-40.0, 20.0)
ONE_SITE = r"sites\[\d+\]\."


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a caller says of a new site."""

    name: str
    kind: SiteKind
    muted: bool = False
    quiet: bool = False
    gain_db: float = 0.0
    file: FileSource | None = None
    pattern: PatternSource | None = None


def check_sdp(sdp: str) -> str:
    """The offer, unless it cannot be one; the engine reads it closely. Raises BadInput."""
    if len(sdp.encode()) > LONGEST_SDP:
        raise BadInput("sdp", f"at most {LONGEST_SDP} bytes")
    if not sdp.lstrip().startswith("v=0"):
        raise BadInput("sdp", "a session description that begins with v=0 (RFC 8866 5.1)")
    return sdp


def check_clip(path: Path, folders: tuple[Path, ...]) -> None:
    """Raise BadInput unless the file lies in one of the folders, wherever links may lead.

    For what callers name: what else is on the machine is not for them to play, nor to find out.
    """
    try:
        there = path.resolve()
        inside = any(there.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, ValueError, RuntimeError):  # loops of links, names that are none
        inside = False
    if not inside:
        raise BadInput("file.path", f"a file in {folders[0].absolute()}")


def _check_gain(gain_db: float) -> float:
    least, most = GAIN_DB
    if not least <= gain_db <= most:  # also refuses NaN
        raise BadInput("gain_db", f"{least:g}..{most:g} dB")
    return gain_db


def _new_definition(site: NewSite) -> SiteDefinition:
    """A checked definition with a fresh id; raises BadInput."""
    if site.kind is SiteKind.FILE:
        if site.file is None:
            raise BadInput("file", 'the clip of a site of kind file: {"path": ...}')
        if not Path(site.file.path).is_absolute():
            raise BadInput("file.path", "an absolute path on the engine's machine")
    elif site.file is not None:
        raise BadInput("file", "nothing, unless the kind is file")
    if site.kind is not SiteKind.PATTERN and site.pattern is not None:
        raise BadInput("pattern", "nothing, unless the kind is pattern")
    pattern = (site.pattern or PatternSource()) if site.kind is SiteKind.PATTERN else None
    return SiteDefinition(
        id=secrets.token_hex(4),
        name=clean_name(site.name),
        kind=site.kind,
        muted=site.muted,
        quiet=site.quiet,
        gain_db=_check_gain(site.gain_db),
        file=site.file,
        pattern=pattern,
    )


class Sites:
    """Sites for callers."""

    def __init__(
        self, wanted: Wanted, observed: Observed, keeper: Keeper, conferences: Conferences
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._conferences = conferences

    def get(self, conference: str, site: str) -> SiteView:
        """One site; raises NotFound."""
        return self._observed.site(conference, site)

    async def add(self, conference: str, new: NewSite) -> SiteView:
        """Define a site; files and patterns connect by themselves."""
        definition = _new_definition(new)

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            if len(now.sites) >= MAX_SITES:
                raise Refused(f"a conference has at most {MAX_SITES} sites")
            return msgspec.structs.replace(now, sites=(*now.sites, definition))

        await self._conferences.amend(conference, edit)
        return self._observed.site(conference, definition.id)

    async def change(self, conference: str, site: str, changes: Mapping[str, Any]) -> SiteView:
        """Change the fields of SiteDefinition that are given; its connection is not touched.

        Of `limit` a mapping changes what it names only. Raises BadInput.
        """
        given = dict(changes)
        if "name" in given:
            given["name"] = clean_name(given["name"])
        if "gain_db" in given:
            _check_gain(given["gain_db"])

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            _defined(now, site)
            sites = tuple(changed(row, given) if row.id == site else row for row in now.sites)
            return msgspec.structs.replace(now, sites=sites)

        with named_within(ONE_SITE):
            await self._conferences.amend(conference, edit)
        return self._observed.site(conference, site)

    async def set_view(self, conference: str, site: str, view: View | None) -> SiteView:
        """Give a site a picture of its own (每端口多画面); None: it sees what the others see."""

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            _defined(now, site)
            if view is not None:
                check_known(view, now)
            sites = tuple(
                msgspec.structs.replace(row, view=view) if row.id == site else row
                for row in now.sites
            )
            return msgspec.structs.replace(now, sites=sites)

        with named_within(rf"{ONE_SITE}view\."):
            await self._conferences.amend(conference, edit)
        return self._observed.site(conference, site)

    async def remove(self, conference: str, site: str) -> None:
        """Drop a site and its connection; its panes become automatic."""

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            _defined(now, site)
            return without_site(now, site)

        await self._conferences.amend(conference, edit)

    # ------------------------------------------------------------------ connections

    async def attach_webrtc(self, conference: str, site: str, offer_sdp: str) -> Attached:
        """Connect a browser as a site; its earlier connection ends, seat, pane and mute stay."""
        wanted = self._wanted[conference]
        _check_kind(_defined(wanted.definition, site), SiteKind.WEBRTC)
        return await self._keeper.fleet.attach(
            wanted.engine, AttachWebRtc(conference, site, check_sdp(offer_sdp))
        )

    async def watch(self, conference: str, offer_sdp: str) -> Attached:
        """Connect a viewer, who only watches and listens."""
        wanted = self._wanted[conference]
        return await self._keeper.fleet.attach(
            wanted.engine, AttachWebRtc(conference, "", check_sdp(offer_sdp))
        )

    async def attach_rtp(self, conference: str, site: str, offer_sdp: str) -> Attached:
        """Connect an RTP site. The offer is kept: an engine's successor takes it up again."""
        wanted = self._wanted[conference]
        _check_kind(_defined(wanted.definition, site), SiteKind.RTP)
        kept = wanted.rtp.get(site)
        ports = kept.ports if kept is not None else (0, 0)
        attached = await self._keeper.fleet.attach(
            wanted.engine, AttachRtp(conference, site, check_sdp(offer_sdp), ports)
        )
        await self._keeper.keep_rtp(conference, site, RtpOffer(offer_sdp, attached.ports))
        return attached

    async def offer_rtp(self, conference: str, site: str, owner: str = "") -> Attached:
        """Our own offer to an RTP site, on behalf of `owner`; its answer connects it."""
        wanted = self._wanted[conference]
        _check_kind(_defined(wanted.definition, site), SiteKind.RTP)
        return await self._keeper.fleet.attach(wanted.engine, OfferRtp(conference, site, owner))

    async def answer_rtp(self, conference: str, site: str, answer_sdp: str) -> Attached:
        """What the site answered to our offer; kept as its offer would be."""
        wanted = self._wanted[conference]
        _defined(wanted.definition, site)
        attached = await self._keeper.fleet.attach(
            wanted.engine, AnswerRtp(conference, site, check_sdp(answer_sdp))
        )
        await self._keeper.keep_rtp(conference, site, RtpOffer(answer_sdp, attached.ports))
        return attached

    async def reoffer(self, conference: str, endpoint: str, offer_sdp: str) -> Attached:
        """Change what was agreed on with a connection, which goes on. An RTP site's offer is kept
        in place of the one before."""
        wanted = self._wanted[conference]
        site = self._observed.site_of(conference, endpoint)
        attached = await self._keeper.fleet.attach(
            wanted.engine, Reoffer(conference, endpoint, check_sdp(offer_sdp))
        )
        if site in wanted.rtp:
            await self._keeper.keep_rtp(conference, site, RtpOffer(offer_sdp, attached.ports))
        return attached

    async def detach(self, conference: str, endpoint: str) -> None:
        """End a connection; unknown ones have ended."""
        wanted = self._wanted[conference]
        site = self._observed.site_of(conference, endpoint)
        await self._keeper.fleet.call(wanted.engine, Detach(conference, endpoint))
        if site in wanted.rtp:
            await self._keeper.keep_rtp(conference, site, None)


def _defined(definition: ConferenceDefinition, site: str) -> SiteDefinition:
    for row in definition.sites:
        if row.id == site:
            return row
    raise NotFound("site", site)


def _check_kind(site: SiteDefinition, kind: SiteKind) -> None:
    if site.kind is not kind:
        raise Refused(f"this site is of kind {site.kind}, not {kind}")
