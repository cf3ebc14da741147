"""SRTP by libsrtp: its functions and contexts for the loops of kernels/arriving.py and leaving.py,
and the sessions of plain RTP with keys."""

from collections.abc import Callable

import pylibsrtp
from pylibsrtp._binding import ffi, lib

from mcu_core.negotiation.agreement import SrtpKeys
from mcu_core.protocol import sdes

PROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect")))
UNPROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_unprotect")))

SMALLEST_BYTES, LARGEST_BYTES = 12, 1500
"""What the decrypting library takes in Python; its buffer ends there."""

REPLAY_PACKETS = 1024
"""Packets that may come so late are still told from repetitions."""

_PROFILES = {
    sdes.AES_256_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    sdes.AES_128_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    sdes.AES_CM_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    sdes.AES_CM_32: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


def context_of(session: pylibsrtp.Session) -> int:
    """Where libsrtp's half of a session is; as long as the session is kept."""
    return int(ffi.cast("uintptr_t", session._srtp[0]))


class SrtpSessions:
    """Both ways of one media section. `out` and `into` are contexts for PROTECT and UNPROTECT."""

    def __init__(self, keys: SrtpKeys) -> None:
        out, into = pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND
        self._out = _session(keys.suite, keys.ours, out)
        self._into = _session(keys.suite, keys.theirs, into)
        self.out, self.into = context_of(self._out), context_of(self._into)

    def unprotect(self, data: bytes) -> bytes | None:
        """Decrypt one RTP packet; None where it is forged, repeated or too long."""
        return _opened(self._into.unprotect, data)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Encrypt one RTCP packet."""
        return bytes(self._out.protect_rtcp(packet))

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        """Decrypt one; None where it is forged, repeated or too long."""
        return _opened(self._into.unprotect_rtcp, data)


def _opened(unprotect: Callable[[bytes], bytes], data: bytes) -> bytes | None:
    if len(data) > LARGEST_BYTES:
        return None
    try:
        return bytes(unprotect(data))
    except pylibsrtp.Error:
        return None


def _session(suite: sdes.Suite, material: bytes, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(material, direction, srtp_profile=_PROFILES[suite])
    policy.allow_repeat_tx = True
    policy.window_size = REPLAY_PACKETS
    return pylibsrtp.Session(policy)
