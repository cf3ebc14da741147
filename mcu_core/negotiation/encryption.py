"""Which sections of plain RTP are encrypted, and with what keys (RFC 4568). Pure."""

from collections.abc import Mapping

from mcu_core.contract.definition import Encryption
from mcu_core.negotiation.agreement import SrtpKeys
from mcu_core.negotiation.sections import Declined
from mcu_core.protocol.sdes import SUITES, CryptoLine, read_crypto
from mcu_core.protocol.sdp import Attribute, MediaDescription

OPEN = ("RTP/AVP", "RTP/AVPF")
SECURE = ("RTP/SAVP", "RTP/SAVPF")
PROTOCOLS = (*OPEN, *SECURE)

CRYPTO = "crypto"
_SUITE_NAMES = ", ".join(suite.name for suite in SUITES)


def is_encrypted(media: MediaDescription) -> bool:
    """Whether a section could be: by its profile, or by keys beside an open one, as telephones
    write that would rather be encrypted, but need not."""
    return media.proto in SECURE or media.has(CRYPTO)


def keys_of(
    theirs: MediaDescription, policy: Encryption, material: bytes
) -> tuple[SrtpKeys | None, list[Attribute]]:
    """The keys of a section that was offered, and the line that answers with ours.

    `material` is what ours is cut from: MOST_MATERIAL_BYTES of chance. None where the section is
    not encrypted. Raises Declined where the policy and the section cannot meet, and MalformedInput
    for a line that cannot be read.
    """
    best = _best(theirs)
    if policy is Encryption.NONE:
        if theirs.proto in SECURE:
            raise Declined("nothing is encrypted in this conference")
        return None, []
    if best is None:
        if theirs.proto in SECURE:
            raise Declined(f"none of its keys (a=crypto) is for one of {_SUITE_NAMES}")
        if policy is Encryption.FORCED:
            raise Declined(f"this conference is encrypted: it needs a=crypto for {_SUITE_NAMES}")
        return None, []
    if len(material) < best.suite.material_bytes:
        raise Declined("there is no key for it here")
    ours = CryptoLine(best.tag, best.suite, material[: best.suite.material_bytes])
    agreed = SrtpKeys(best.suite, ours.material, best.material)
    return agreed, [(CRYPTO, ours.serialize())]


def _best(media: MediaDescription) -> CryptoLine | None:
    """Their line with the strongest suite, the first of those."""
    lines = [line for value in media.values(CRYPTO) if (line := read_crypto(value)) is not None]
    return min(lines, key=lambda line: SUITES.index(line.suite), default=None)


def offered_profile(policy: Encryption) -> str:
    """The profile of a section that we offer. Where encryption is welcome but not needed, keys
    stand beside the open profile: who knows nothing of them takes it all the same."""
    return SECURE[0] if policy is Encryption.FORCED else OPEN[0]


def offered_lines(policy: Encryption, material: bytes) -> list[Attribute]:
    """The keys that we offer: one line per suite, numbered from 1."""
    if policy is Encryption.NONE or not material:
        return []
    lines = (
        CryptoLine(tag, suite, material[: suite.material_bytes])
        for tag, suite in enumerate(SUITES, 1)
    )
    return [(CRYPTO, line.serialize()) for line in lines]


def answered_keys(
    ours: MediaDescription, theirs: MediaDescription, policy: Encryption
) -> SrtpKeys | None:
    """The keys that an answer takes of our offer's; None where it is not encrypted.

    Raises Declined where it should be and is not, or by keys that were not offered.
    """
    offered: Mapping[int, CryptoLine] = {
        line.tag: line for value in ours.values(CRYPTO) if (line := read_crypto(value)) is not None
    }
    answered = next(theirs.values(CRYPTO), "")
    if not answered:
        if policy is Encryption.FORCED or theirs.proto in SECURE:
            raise Declined("this conference is encrypted, and the answer has no key (a=crypto)")
        return None
    line = read_crypto(answered)
    if line is None or line.tag not in offered or offered[line.tag].suite is not line.suite:
        raise Declined("its key (a=crypto) is for nothing that was offered")
    return SrtpKeys(line.suite, offered[line.tag].material, line.material)
