"""The other side of SRTP with keys in the description, by libsrtp's ordinary calls."""

import pylibsrtp

from mcu_core.protocol import sdp
from mcu_core.protocol.sdes import CryptoLine, Suite, read_crypto

PROFILES = {
    "AEAD_AES_256_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AEAD_AES_128_GCM": pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES_CM_128_HMAC_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


def key_line(suite: Suite, material: bytes) -> str:
    """The attribute of an offer, without ``a=``."""
    return f"crypto:{CryptoLine(1, suite, material[: suite.material_bytes]).serialize()}"


def sender_session(suite: Suite, material: bytes) -> pylibsrtp.Session:
    """Encrypts what they send."""
    return _session(suite, material, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)


def receiver_session(answer: str, kind: str) -> pylibsrtp.Session:
    """Decrypts what they are sent, by the key of our answer."""
    section = next(one for one in sdp.parse(answer).media if one.kind == kind)
    line = read_crypto(next(section.values("crypto")))
    assert line is not None
    return _session(line.suite, line.material, pylibsrtp.Policy.SSRC_ANY_INBOUND)


def _session(suite: Suite, material: bytes, direction: int) -> pylibsrtp.Session:
    key = material[: suite.material_bytes]
    return pylibsrtp.Session(pylibsrtp.Policy(key, direction, srtp_profile=PROFILES[suite.name]))
