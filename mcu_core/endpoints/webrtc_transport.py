"""ICE and DTLS of one WebRTC path. The only file that imports aiortc, of which no more is used."""

from dataclasses import replace

from aiortc.rtcdtlstransport import (
    X509_DIGEST_ALGORITHMS,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
    certificate_digest,
)
from aiortc.rtcicetransport import (
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from OpenSSL import SSL

from mcu_core.endpoints.endpoint import EndpointStats
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.remote import is_media_port, one_host
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.media.clock import Clock
from mcu_core.negotiation.transports import HASHES, Fingerprint, Setup, Transport
from mcu_core.protocol.ice import IceCandidate

CIPHERS = (
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
)
"""aiortc's own list has no RSA: a peer with an RSA certificate (GStreamer's) could not connect."""

COMPONENT = 1


class _Certificate(RTCCertificate):
    """aiortc's certificate, with ciphers for peers of either kind of key."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class _Dtls(RTCDtlsTransport):
    """aiortc's DTLS, which takes any of several certificates that were told of (RFC 8122 5)."""

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:
        assert self._ssl is not None  # the handshake is over
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        assert certificate is not None  # it was asked for
        for one in remoteParameters.fingerprints:
            known = one.algorithm in X509_DIGEST_ALGORITHMS
            if known and certificate_digest(certificate, one.algorithm) == one.value:
                return
        self._set_state(State.FAILED)


class WebRtcPath:
    """One path and both its ends: `ours` is there once `gather` is over. `link` carries packets."""

    ours: Transport | None

    def __init__(
        self, theirs: Transport, network: NetworkOptions, clock: Clock, stats: EndpointStats
    ) -> None:
        self.theirs, self.ours = theirs, None
        self._ice = RTCIceTransport(RTCIceGatherer(iceServers=[]))
        # Who only answers checks leaves it to us to choose a pair of candidates (RFC 8445 6.1.1).
        self._ice._connection.ice_controlling = theirs.lite
        self._certificate = _Certificate.generateCertificate()
        self._setup = theirs.setup.answer
        dtls = _Dtls(self._ice, [self._certificate])
        dtls._set_role("client" if self._setup is Setup.ACTIVE else "server")
        self.link = WebRtcLink(dtls, network, clock, stats)

    async def gather(self) -> Transport:
        """Open the ports that the network's options allow; our end. Refused where none is free."""
        gatherer = self._ice.iceGatherer
        await gatherer.gather()
        keys = gatherer.getLocalParameters()
        assert keys.usernameFragment is not None
        assert keys.password is not None
        told = self._certificate.getFingerprints()
        prints = [Fingerprint(one.algorithm, one.value) for one in told]
        self.ours = Transport(
            keys.usernameFragment,
            keys.password,
            tuple(one for one in prints if one.algorithm in HASHES),
            self._setup,
            tuple(_told(one) for one in gatherer.getLocalCandidates()),
        )
        return self.ours

    def restarts_by(self, theirs: Transport) -> bool:
        """Whether that asks for another way to the same other side (RFC 8839 4.4.1.1.1)."""
        same_side = self.theirs.fingerprints == theirs.fingerprints
        return same_side and self.theirs.password != theirs.password

    async def restart(self, theirs: Transport) -> None:
        """Begin to look for another way, by what they tell of their end; ours is another, too."""
        assert self.ours is not None  # it stands
        ufrag, password = await self.link.restart()
        self.theirs = theirs
        self.ours = replace(self.ours, ufrag=ufrag, password=password)

    async def reconnect(self) -> None:
        """Find it; media goes by the old one meanwhile. ConnectionError where there is none."""
        await self._add_candidates()
        await self.link.reconnect(self.theirs.ufrag, self.theirs.password)

    async def connect(self) -> None:
        """Find a way to the other side and agree on keys; ConnectionError with the reason."""
        theirs = self.theirs
        await self._add_candidates()
        prints = [RTCDtlsFingerprint(one.algorithm, one.value) for one in theirs.fingerprints]
        await self.link.connect(
            RTCIceParameters(theirs.ufrag, theirs.password, theirs.lite),
            RTCDtlsParameters(prints),
        )

    async def _add_candidates(self) -> None:
        # Its end is never told: addresses that it does not name (mDNS, RFC 8828) are learnt from
        # its own checks.
        for candidate in self.theirs.candidates:
            if _usable(candidate):
                await self._ice.addRemoteCandidate(_as_aiortc_has_it(candidate))


def _usable(candidate: IceCandidate) -> bool:
    """UDP to one host's address: a group's or a broadcast's would have our checks multiplied, a
    name would have us look it up."""
    known = candidate.transport == "udp" and candidate.component == COMPONENT
    return known and one_host(candidate.host) is not None and is_media_port(candidate.port)


def _as_aiortc_has_it(one: IceCandidate) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=one.component,
        foundation=one.foundation,
        ip=one.host,
        port=one.port,
        priority=one.priority,
        protocol=one.transport,
        type=one.kind,
    )


def _told(one: RTCIceCandidate) -> IceCandidate:
    return IceCandidate(
        one.foundation, one.component, one.protocol, one.priority, one.ip, one.port, one.type
    )
