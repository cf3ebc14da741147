"""Answers to WebRTC offers (RFC 8829, 3264): browsers, WHIP publishers, WHEP viewers. Pure.

`plan` decides what is taken, and which paths that needs; once these are there, `answer` says so.
Sections are taken or not as those of plain RTP are; what is here is only what carries them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mcu_core.errors import Refused
from mcu_core.media.codec import H264, OPUS, Kind
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.described import (
    layer_lines,
    layers_of,
    rid_ids_of,
    sources_of,
)
from mcu_core.negotiation.formats import Format
from mcu_core.negotiation.protection import source_lines
from mcu_core.negotiation.sections import (
    NO_PARAMETERS,
    Declined,
    agree,
    answered,
    choose,
    kind_of,
    protected,
    ways,
)
from mcu_core.negotiation.transports import (
    BUNDLE,
    Transport,
    bundles_of,
    mid_of,
    paths_of,
    read_transport,
)
from mcu_core.protocol.sdp import (
    Attribute,
    Connection,
    Direction,
    MediaDescription,
    Origin,
    SessionDescription,
)

PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP")
"""The last two are how browsers wrote it before RFC 8829."""

START_BITRATE = {"x-google-start-bitrate": "1500"}
"""Chromium's own format parameter: without it a camera begins small, at 300 kbit/s."""

BROWSERS_CAN = {
    H264: {"profile-level-id": "42e034"},
    OPUS: {"stereo": "1"},
}
"""Browsers take every H.264 level of the profile that they negotiate, and two channels, though they
say less."""

NOWHERE = Connection("0.0.0.0")
DISCARD = 9
"""The port of a section whose path is told by candidates alone (RFC 8829 5.2.1)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A section that is taken: its place in the offer, the place of its path in the plan's, and the
    sources that it names."""

    index: int
    path: int
    chosen: Format
    agreed: MediaAgreement
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of an offer: sections and the other side's ends of their paths."""

    offer: SessionDescription
    lines: tuple[Line, ...]
    paths: tuple[Transport, ...]
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnSource:
    """Our sources of a section: of its media, and of what of that is sent again."""

    ssrc: int
    repair_ssrc: int
    cname: str


def plan(offer: SessionDescription, caps: Capabilities) -> Plan:
    """What of an offer is taken: of each kind, and of slides, the first section that can be.

    Raises Refused with all reasons where nothing is, MalformedInput for what cannot be read.
    """
    shared = paths_of(offer)
    taken: dict[tuple[Kind, bool], int] = {}
    lines: list[Line] = []
    refusals: list[str] = []
    groups: list[tuple[int, ...]] = []
    for index, theirs in enumerate(offer.media):
        try:
            chosen, agreed = _take(offer, theirs, caps)
            if taken.setdefault((agreed.codec.kind, agreed.content), index) != index:
                raise Declined("a second section of this kind is not taken")
        except Declined as reason:
            refusals.append(f"{theirs.kind}: {reason}")
            continue
        if shared[index] not in groups:
            groups.append(shared[index])
        path = groups.index(shared[index])
        lines.append(Line(index, path, chosen, agreed, tuple(sources_of(theirs))))
    if not lines:
        raise Refused("; ".join(refusals) or "the description has no media section")
    paths = tuple(read_transport(offer, _live(offer, group)) for group in groups)
    return Plan(offer, tuple(lines), paths, tuple(refusals))


def _live(offer: SessionDescription, group: tuple[int, ...]) -> list[MediaDescription]:
    """The sections that speak for a path: not those that are switched off."""
    return [offer.media[index] for index in group if _wanted(offer.media[index])]


def _wanted(media: MediaDescription) -> bool:
    """Port 0 switches a section off, unless it has no path but its group's (RFC 9143 6)."""
    return media.port != 0 or media.has("bundle-only")


def _take(
    offer: SessionDescription, theirs: MediaDescription, caps: Capabilities
) -> tuple[Format, MediaAgreement]:
    kind_of(theirs)
    if not _wanted(theirs):
        raise Declined("its port is 0")
    if theirs.proto not in PROTOCOLS:
        raise Declined(f"{theirs.proto} is not {PROTOCOLS[0]}")
    if not theirs.has("rtcp-mux"):
        raise Declined("its RTCP has a path of its own (no a=rtcp-mux)")
    chosen = choose(theirs, caps, plainest=True)
    send, receive = ways(offer.direction_of(theirs), theirs, chosen, caps)
    agreed = protected(agree(offer, theirs, chosen, send=send, receive=receive), theirs)
    fmtp = {**agreed.fmtp, **BROWSERS_CAN.get(chosen.codec, {})}
    return chosen, _layered(offer, theirs, replace(agreed, fmtp=fmtp), caps)


def _layered(
    offer: SessionDescription, theirs: MediaDescription, agreed: MediaAgreement, caps: Capabilities
) -> MediaAgreement:
    """The same with the sizes in which pictures come in at once, where there are several."""
    layers = layers_of(theirs, agreed.payload_type_in)[: caps.most_layers]
    rid_id, repeated_id = rid_ids_of(offer, theirs)
    wanted = agreed.receive and not agreed.content and agreed.codec.kind is Kind.VIDEO
    several = wanted and rid_id and len(layers) > 1
    if not several:
        return agreed
    return replace(agreed, layers=layers, rid_id=rid_id, repeated_id=repeated_id)


# ------------------------------------------------------------------------------------------ answer


def answer(
    made: Plan,
    caps: Capabilities,
    paths: Sequence[Transport],
    sources: Sequence[OwnSource],
    origin: Origin,
) -> SessionDescription:
    """What is said to the other side. `paths`: our ends of the plan's; `sources`: of its lines."""
    sections = [_refused(theirs) for theirs in made.offer.media]
    for line, own in zip(made.lines, sources, strict=True):
        theirs = made.offer.media[line.index]
        section = _section(line, own, theirs, caps, paths[line.path])
        layers = layer_lines(made.offer, theirs, line.agreed.layers)
        sections[line.index] = replace(section, attributes=(*section.attributes, *layers))
    return SessionDescription(
        tuple(sections), origin, attributes=(*_groups(made), ("msid-semantic", "WMS *"))
    )


def _groups(made: Plan) -> Iterator[Attribute]:
    """Who shares a path: as offered, without those that are refused."""
    taken = {mid_of(made.offer.media[line.index]) for line in made.lines}
    for mids in bundles_of(made.offer):
        kept = [mid for mid in mids if mid in taken]
        if kept:
            yield "group", " ".join((BUNDLE, *kept))


def _section(
    line: Line, own: OwnSource, theirs: MediaDescription, caps: Capabilities, path: Transport
) -> MediaDescription:
    agreed = line.agreed
    more = START_BITRATE if agreed.codec.kind is Kind.VIDEO else NO_PARAMETERS
    numbers, lines = answered(agreed, line.chosen, theirs, caps, more)
    at = path.candidates[0] if path.candidates else None
    return MediaDescription(
        kind=theirs.kind,
        port=at.port if at else DISCARD,
        proto=theirs.proto,
        formats=numbers,
        connection=Connection.to(at.host) if at else NOWHERE,
        attributes=(
            *(("mid", mid) for mid in theirs.values("mid")),
            (Direction.of(agreed.send, agreed.receive).value, None),
            ("rtcp-mux", None),
            *([("rtcp-rsize", None)] if theirs.has("rtcp-rsize") else []),
            *lines,
            *(_source_lines(line, own) if agreed.send else []),
            *path.lines(),
        ),
    )


def _source_lines(line: Line, own: OwnSource) -> list[Attribute]:
    """Our sources (RFC 5576), each with a name of its own for the page (RFC 8830)."""
    lines: list[Attribute] = [
        ("msid", f"{own.cname}-{line.index} {own.cname}-{own.ssrc}"),
        ("ssrc", f"{own.ssrc} cname:{own.cname}"),
    ]
    if line.agreed.protection.rtx:
        lines += source_lines(own.ssrc, own.repair_ssrc, own.cname)
    return lines


def _refused(theirs: MediaDescription) -> MediaDescription:
    """Port 0, with its name (RFC 8829 5.3.1)."""
    named = tuple(("mid", mid) for mid in theirs.values("mid"))
    lines: tuple[Attribute, ...] = (*named, ("inactive", None))
    return MediaDescription(theirs.kind, 0, theirs.proto, theirs.formats, NOWHERE, (), lines)
