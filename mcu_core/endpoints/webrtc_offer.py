"""What of a browser's offer is let in, as text: before any negotiation looks at it.

Lines that the engine does not carry (data channels, further videos but slides (RFC 4796), unknown
kinds) are taken out of the offer and come back in the answer as refused, port 0 (RFC 8829 5.3.1).
Candidates that could not be used, or that would make us send to many places for one offer, are
dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mcu_core.endpoints.remote import is_media_port, one_host
from mcu_core.endpoints.rtp_stream import CNAME
from mcu_core.errors import MalformedInput
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.described import SOUND_LEVEL, transport_lines
from mcu_core.negotiation.formats import Format
from mcu_core.negotiation.protection import protection_lines, protection_numbers, source_lines

MAX_OFFER_BYTES = 64 * 1024
MAX_SECTIONS = 16
MAX_CANDIDATES = 16
"""Per offer. Each one makes us send checks to an address that somebody else named."""

CARRIED_KINDS = ("audio", "video")
SLIDES = "a=content:slides"
BUNDLE = "a=group:BUNDLE"

UNWANTED = ("a=end-of-candidates", "a=extmap:")
"""Without its end the list of candidates is never complete, and addresses that the other side does
not name (mDNS, RFC 8828) are still learnt from its own checks. Of header extensions only sound's
level and the number of packets on their path are used, and agreed on without the negotiating
library: streams are told apart by payload type, a browser turns pictures upright where none is
agreed."""


@dataclass(frozen=True, slots=True)
class Added:
    """What an answer's section says beyond the negotiating library's words: payload types and
    attribute lines."""

    formats: tuple[int, ...] = ()
    lines: tuple[str, ...] = ()


NOTHING_ADDED: Mapping[int, Added] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line with its lines."""

    lines: tuple[str, ...]

    @property
    def kind(self) -> str:
        """audio, video, application, ..."""
        return self._fields()[0]

    @property
    def refused_by_offerer(self) -> bool:
        """Whether the offer itself has it switched off."""
        return self._fields()[1] == "0"

    @property
    def is_content(self) -> bool:
        """Whether it is for slides beside the main picture."""
        return self.kind == "video" and SLIDES in self.lines

    @property
    def mid(self) -> str:
        """Its media identification, empty without one (RFC 5888)."""
        return next((line[6:] for line in self.lines if line.startswith("a=mid:")), "")

    def _fields(self) -> list[str]:
        fields = self.lines[0][2:].split()
        if len(fields) < 4:
            raise MalformedInput("sdp", "m=<kind> <port> <protocol> <formats>")
        return fields

    def refusal(self) -> list[str]:
        """The lines that refuse it in an answer."""
        kind, _, protocol, *formats = self._fields()
        lines = [f"m={kind} 0 {protocol} {' '.join(formats)}", "c=IN IP4 0.0.0.0", "a=inactive"]
        return [*lines, f"a=mid:{self.mid}"] if self.mid else lines


@dataclass(frozen=True, slots=True)
class WebRtcOffer:
    """An offer cut into its sections."""

    head: tuple[str, ...]
    sections: tuple[Section, ...]

    def carried(self) -> tuple[int, ...]:
        """Indices of the sections that may be carried: the first live audio, video and slides."""
        kinds: dict[tuple[str, bool], int] = {}
        for index, section in enumerate(self.sections):
            if section.kind in CARRIED_KINDS and not section.refused_by_offerer:
                kinds.setdefault((section.kind, section.is_content), index)
        return tuple(sorted(kinds.values()))

    def only(self, indices: tuple[int, ...]) -> str:
        """The offer as if it had these sections only, with usable candidates only."""
        kept = [self.sections[index] for index in indices]
        mids = {section.mid for section in kept}
        if len(mids) != len(kept):
            raise MalformedInput("sdp", "a different a=mid for each m-line")
        lines = []
        for line in self.head:
            if line.startswith(BUNDLE):
                line = " ".join([BUNDLE, *(mid for mid in line.split()[1:] if mid in mids)])
            lines.append(line)
        candidates = 0
        for line in (line for section in kept for line in section.lines):
            if line.startswith("a=candidate:"):
                candidates += 1
                if candidates > MAX_CANDIDATES or not _usable(line):
                    continue
            if not line.startswith(UNWANTED):
                lines.append(line)
        return _text(lines)

    def complete(
        self, answer: str, indices: tuple[int, ...], added: Mapping[int, Added] = NOTHING_ADDED
    ) -> str:
        """An answer to `only(indices)` made one to the whole offer; `added`: by index."""
        answered = _cut(answer)
        by_index = dict(zip(indices, answered.sections, strict=True))
        lines = list(answered.head)
        for index, section in enumerate(self.sections):
            accepted = by_index.get(index)
            if accepted is None:
                lines += section.refusal()
                continue
            more = added.get(index, Added())
            lines.append(" ".join((accepted.lines[0], *map(str, more.formats))))
            lines += (*accepted.lines[1:], *more.lines)
        return _text(lines)


def added(agreed: MediaAgreement, ssrc: int, repair_ssrc: int) -> Added:
    """What the answer says of a line; our sources are those of its media and what is sent again."""
    chosen = Format(agreed.payload_type_in, agreed.codec, agreed.fmtp)
    lines = protection_lines(agreed.protection, chosen)
    if agreed.protection.rtx:
        lines += source_lines(ssrc, repair_ssrc, CNAME)
    lines += transport_lines(agreed.transport_id, agreed.payload_type_in)
    if agreed.level_id:
        lines.append(("extmap", f"{agreed.level_id} {SOUND_LEVEL}"))
    return Added(
        protection_numbers(agreed.protection),
        tuple(f"a={name}:{value}" for name, value in lines),
    )


def read_offer(text: str) -> WebRtcOffer:
    """Cut an offer; raises MalformedInput when it is too big or no SDP at all."""
    if len(text) > MAX_OFFER_BYTES:
        raise MalformedInput("sdp", f"at most {MAX_OFFER_BYTES} bytes")
    offer = _cut(text)
    if not offer.sections or not offer.head or offer.head[0] != "v=0":
        raise MalformedInput("sdp", "a session description that begins with v=0 and has m-lines")
    if len(offer.sections) > MAX_SECTIONS:
        raise MalformedInput("sdp", f"at most {MAX_SECTIONS} m-lines")
    return offer


def _cut(text: str) -> WebRtcOffer:
    head: list[str] = []
    sections: list[list[str]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("m="):
            sections.append([line])
        elif line:
            (sections[-1] if sections else head).append(line)
    return WebRtcOffer(tuple(head), tuple(Section(tuple(lines)) for lines in sections))


def _usable(line: str) -> bool:
    """foundation component transport priority address port typ type: UDP to one host's address.

    A group's or a broadcast's would have our checks multiplied, a name would have us look it up.
    """
    fields = line.split()
    if len(fields) < 8 or fields[2].lower() != "udp":
        return False
    port = int(fields[5]) if fields[5].isdecimal() else 0
    return one_host(fields[4]) is not None and is_media_port(port)


def _text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
