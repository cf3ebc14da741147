"""SRTP lines of the load: the bench shakes hands for each of them, the load's process has the keys.

Each line is an ICE and a DTLS transport of its own (no BUNDLE), made by aioice and aiortc as a
browser's would be. When the run begins they are given up without a word: the engine's own checks
go unanswered from then on, which it bears for half a minute.
"""

import asyncio
import socket
from typing import Any

from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_256_GCM
from aiortc.sdp import MediaDescription, SessionDescription, candidate_to_sdp

from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.shared_port import SharedPort
from mcu_core.endpoints.webrtc_link import COMPONENT, WebRtcLink
from mcu_core.errors import McuError
from mcu_core.media.clock import MonotonicClock

PROFILE = SRTP_AEAD_AES_256_GCM
"""What Chromium and the engine agree on."""

KEY_BYTES = PROFILE.key_length + PROFILE.salt_length
CONNECT_S = 20.0


class Handshake:
    """One line's transports; `bound` stays open for the load's process, which has it too."""

    def __init__(self, bound: socket.socket, certificate: RTCCertificate) -> None:
        self._bound = bound
        self._gatherer = RTCIceGatherer([])
        self._ice: Any = RTCIceTransport(self._gatherer)
        self._ice._connection.ice_controlling = True
        self._dtls: Any = RTCDtlsTransport(self._ice, [certificate])
        self._dtls._srtp_profiles = [PROFILE]
        self._link = WebRtcLink(self._dtls, NetworkOptions(), MonotonicClock(), EndpointStats())
        self._link.open_port = lambda address: SharedPort(bound)

    async def description(self) -> list[str]:
        """What an m-line says of them."""
        await self._gatherer.gather()
        ice = self._gatherer.getLocalParameters()
        lines = [f"a=ice-ufrag:{ice.usernameFragment}", f"a=ice-pwd:{ice.password}"]
        for candidate in self._gatherer.getLocalCandidates():
            candidate.component = COMPONENT
            lines.append(f"a=candidate:{candidate_to_sdp(candidate)}")
        prints = self._dtls.getLocalParameters().fingerprints
        lines += [f"a=fingerprint:{one.algorithm} {one.value}" for one in prints]
        return [*lines, "a=setup:actpass"]

    async def connect(self, answered: MediaDescription) -> bytes:
        """Shake hands; the key and the salt for what is sent. Raises McuError."""
        for candidate in answered.ice_candidates:
            await self._ice.addRemoteCandidate(candidate)
        await self._ice.addRemoteCandidate(None)
        if answered.dtls is None:
            raise McuError("the engine answered a secure line without a fingerprint")
        self._dtls._set_role("server" if answered.dtls.role == "client" else "client")
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._link.connect(answered.ice, answered.dtls)
        except (ConnectionError, TimeoutError) as error:
            raise McuError(f"no handshake with the engine: {error}") from error
        own = 1 if self._dtls._role == "server" else 0
        material = self._dtls._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * KEY_BYTES)
        return bytes(PROFILE.get_key_and_salt(material, own))

    async def give_up(self) -> None:
        """Leave the socket to the load's process; nothing is said to the other side."""
        pump = self._dtls._task
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        await self._ice._connection.close()


def media_of(answer: str) -> list[MediaDescription]:
    """The lines of an answer."""
    return list(SessionDescription.parse(answer).media)
