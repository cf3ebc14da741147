"""What carries the media sections of WebRTC: which of them share a path (BUNDLE, RFC 9143), and how
that is reached and secured (ICE, RFC 8839; DTLS, RFC 8842 and 8122). Pure."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from mcu_core.errors import MalformedInput
from mcu_core.protocol.ice import IceCandidate, read_candidate
from mcu_core.protocol.sdp import Attribute, MediaDescription, SessionDescription

BUNDLE = "BUNDLE"
MAX_CANDIDATES = 16
"""Read per path: each makes us send checks to an address that somebody else named."""

MAX_FINGERPRINTS = 16
HASHES = ("sha-512", "sha-384", "sha-256")
"""The strongest first. Older ones can be forged."""

SHORTEST_UFRAG, SHORTEST_PASSWORD, LONGEST = 4, 22, 256
"""Characters (RFC 8839 5.4)."""


class Setup(StrEnum):
    """Who begins the handshake (RFC 4145 4): its author, the other side, or whoever answers."""

    ACTIVE = "active"
    PASSIVE = "passive"
    ACTPASS = "actpass"

    @property
    def answer(self) -> "Setup":
        """Ours to an offer of this: we begin where we may."""
        return Setup.PASSIVE if self is Setup.ACTIVE else Setup.ACTIVE


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate's hash: its function, one of HASHES; its bytes as ``AB:CD``."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Transport:
    """One path, as one side describes it. `lite`: it only answers checks (RFC 8445 2.5)."""

    ufrag: str
    password: str = field(repr=False)
    fingerprints: tuple[Fingerprint, ...]
    setup: Setup
    candidates: tuple[IceCandidate, ...] = ()
    lite: bool = False

    def lines(self) -> list[Attribute]:
        """As the attribute lines of a section."""
        return [
            ("ice-ufrag", self.ufrag),
            ("ice-pwd", self.password),
            *(("fingerprint", f"{one.algorithm} {one.value}") for one in self.fingerprints),
            ("setup", self.setup.value),
            *(("candidate", one.serialize()) for one in self.candidates),
            ("end-of-candidates", None),
        ]


def mid_of(media: MediaDescription) -> str:
    """A section's name, empty without one (RFC 5888)."""
    return next(media.values("mid"), "")


def bundles_of(session: SessionDescription) -> list[tuple[str, ...]]:
    """The names of the sections that would share a path, one tuple for each."""
    groups = ((value or "").split() for name, value in session.attributes if name == "group")
    return [tuple(mids) for kind, *mids in groups if kind == BUNDLE and mids]


def paths_of(session: SessionDescription) -> dict[int, tuple[int, ...]]:
    """For each section those that share its path, as indices in the group's order, itself alone
    where it shares none; raises MalformedInput where two sections of a group have one name."""
    by_mid: dict[str, int] = {}
    bundled = {mid for mids in bundles_of(session) for mid in mids}
    for index, media in enumerate(session.media):
        mid = mid_of(media)
        if mid in bundled and by_mid.setdefault(mid, index) != index:
            raise MalformedInput("sdp.a.mid", "a different one for each section")
    paths: dict[int, tuple[int, ...]] = {index: (index,) for index in range(len(session.media))}
    for mids in bundles_of(session):
        group = tuple(by_mid[mid] for mid in mids if mid in by_mid)
        paths.update(dict.fromkeys(group, group))
    return paths


def read_transport(session: SessionDescription, sections: Sequence[MediaDescription]) -> Transport:
    """What the sections of one path say of it, the first of them where they differ, else their
    session. Raises MalformedInput for what is missing or cannot be used."""
    ufrag = _first(session, sections, "ice-ufrag")
    password = _first(session, sections, "ice-pwd")
    if not SHORTEST_UFRAG <= len(ufrag) <= LONGEST:
        raise MalformedInput("sdp.a.ice-ufrag", f"{SHORTEST_UFRAG}..{LONGEST} characters")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST:
        raise MalformedInput("sdp.a.ice-pwd", f"{SHORTEST_PASSWORD}..{LONGEST} characters")
    setup = _first(session, sections, "setup") or Setup.ACTPASS.value
    if setup not in list(Setup):
        raise MalformedInput("sdp.a.setup", ", ".join(Setup))
    return Transport(
        ufrag,
        password,
        _fingerprints(session, sections),
        Setup(setup),
        _candidates(sections),
        any(name == "ice-lite" for name, _ in session.attributes),
    )


def _first(session: SessionDescription, sections: Sequence[MediaDescription], name: str) -> str:
    found = (value for section in sections for value in section.values(name))
    outside = (value or "" for key, value in session.attributes if key == name)
    return next(found, None) or next(outside, "")


def _fingerprints(
    session: SessionDescription, sections: Sequence[MediaDescription]
) -> tuple[Fingerprint, ...]:
    """Those of the first section that has any, by the best hash function of ours (RFC 8122 5): the
    certificate must be one of these."""
    outside = [value or "" for key, value in session.attributes if key == "fingerprint"]
    own = next((found for one in sections if (found := list(one.values("fingerprint")))), outside)
    words = [value.partition(" ") for value in own[:MAX_FINGERPRINTS]]
    read = [Fingerprint(name.lower(), digits.strip().upper()) for name, _, digits in words]
    for algorithm in HASHES:
        told = tuple(one for one in read if one.algorithm == algorithm and one.value)
        if told:
            return told
    raise MalformedInput("sdp.a.fingerprint", f"the certificate's by one of {', '.join(HASHES)}")


def _candidates(sections: Sequence[MediaDescription]) -> tuple[IceCandidate, ...]:
    """Those that can be read, each once: a path lives by any that works."""
    found: dict[IceCandidate, None] = {}
    for value in (value for section in sections for value in section.values("candidate")):
        if len(found) == MAX_CANDIDATES:
            break
        with suppress(MalformedInput):
            found[read_candidate(value)] = None
    return tuple(found)
