"""Keys of SRTP within session descriptions: ``a=crypto`` (RFC 4568; RFC 7714 for AES-GCM)."""

import base64
import binascii
from dataclasses import dataclass, field

from mcu_core.errors import MalformedInput

FIELD = "sdp.a.crypto"
MAX_TAG_DIGITS = 9
INLINE = "inline:"
HARMLESS = "WSH="
"""The one session parameter that a receiver may pass over: a hint how wide to look for replays."""


@dataclass(frozen=True, slots=True)
class Suite:
    """How packets are encrypted and signed; lengths of master key and salt in bytes."""

    name: str
    key_bytes: int
    salt_bytes: int

    @property
    def material_bytes(self) -> int:
        """Master key and salt together."""
        return self.key_bytes + self.salt_bytes


AES_256_GCM = Suite("AEAD_AES_256_GCM", 32, 12)
AES_128_GCM = Suite("AEAD_AES_128_GCM", 16, 12)
AES_CM_80 = Suite("AES_CM_128_HMAC_SHA1_80", 16, 14)
AES_CM_32 = Suite("AES_CM_128_HMAC_SHA1_32", 16, 14)

SUITES = (AES_256_GCM, AES_128_GCM, AES_CM_80, AES_CM_32)
"""The strongest first."""

MOST_MATERIAL_BYTES = max(suite.material_bytes for suite in SUITES)

_NAMED = {suite.name: suite for suite in SUITES}


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One line: `tag` tells it from its neighbours, `material` is master key and salt."""

    tag: int
    suite: Suite
    material: bytes = field(repr=False)

    def serialize(self) -> str:
        """``1 AES_CM_128_HMAC_SHA1_80 inline:...``: lives for the suite's 2^48 packets."""
        return f"{self.tag} {self.suite.name} {INLINE}{base64.b64encode(self.material).decode()}"


def read_crypto(value: str) -> CryptoLine | None:
    """The value of an ``a=crypto`` attribute; raises MalformedInput.

    None for what is well formed and not spoken here: other suites, several keys told apart by a
    name in each packet (MKI), parameters that leave packets open. Lifetimes end no call.
    """
    words = value.split()
    if len(words) < 3:
        raise MalformedInput(FIELD, "<tag> <suite> inline:<key>")
    tag, name, keys, *parameters = words
    if not (tag.isascii() and tag.isdigit()) or len(tag) > MAX_TAG_DIGITS:
        raise MalformedInput(FIELD, f"a tag of at most {MAX_TAG_DIGITS} digits")
    suite = _NAMED.get(name.upper())
    if suite is None or not all(one.upper().startswith(HARMLESS) for one in parameters):
        return None
    if not keys.lower().startswith(INLINE):
        raise MalformedInput(FIELD, "inline:<key>")
    if ";" in keys:
        return None
    text, *more = keys[len(INLINE) :].split("|")
    if any(":" in one for one in more):
        return None
    return CryptoLine(int(tag), suite, _read_material(text, suite))


def _read_material(text: str, suite: Suite) -> bytes:
    """Some devices leave the padding out."""
    expected = f"{suite.material_bytes} bytes of key and salt as base64"
    bare = text.rstrip("=")
    try:
        material = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInput(FIELD, expected) from error
    if len(material) != suite.material_bytes:
        raise MalformedInput(FIELD, expected)
    return material
