"""One stream that comes in by a section: whose it is, what takes it, and what is told of it.

A section has one, or one per layer where its sender sends several sizes at once.
"""

from collections.abc import Callable
from dataclasses import replace

from mcu_core.errors import MalformedInput
from mcu_core.ingress.receiver import RtpAudioReceiver, RtpVideoReceiver
from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol import rtcp, rtp, rtx
from mcu_core.protocol.ntp import middle_bits, short_from_ns

KEYFRAME_REQUEST_EVERY_NS = 200 * NS_PER_MS
"""A request is not repeated sooner: its answer needs a round trip and an encode."""

SOURCE_CHANGE_NS = 200 * NS_PER_MS


class Inbound:
    """Follows one source. `own_ssrc`: who tells it; `restart` is called before another sender's
    first packet is taken. `ssrc`: the source's, None before its first packet."""

    def __init__(
        self,
        receiver: RtpVideoReceiver | RtpAudioReceiver,
        own_ssrc: int,
        restart: Callable[[], None],
    ) -> None:
        self.receiver = receiver
        self.pictures = receiver if isinstance(receiver, RtpVideoReceiver) else None
        self.ssrc: int | None = None
        self._own_ssrc = own_ssrc
        self._restart = restart
        self._heard_ns = 0
        self._newcomer: rtp.RtpPacket | None = None
        self._last_report = (0, 0)
        self._keyframe_asked_ns = 0
        self._keyframe_owed = False

    @property
    def heard_ns(self) -> int:
        """When a packet of it came last, 0 before its first."""
        return max(self._heard_ns, self.receiver.heard_ns)

    def push(self, packet: rtp.RtpPacket, now_ns: int, data: bytes = b"") -> bool:
        """Take one packet, `data` in all; False where it is no packet of the source's."""
        if packet.ssrc != self.ssrc:
            if self.ssrc is not None:
                return self._another_source(packet, now_ns)
            self.ssrc = packet.ssrc
        self._heard_ns = now_ns
        if self.pictures is not None:
            self.pictures.push(packet, now_ns, data)
        else:
            self.receiver.push(packet, now_ns)
        return True

    def repair(self, packet: rtp.RtpPacket, payload_type: int, now_ns: int) -> bool:
        """Take a packet that was asked for again, in a stream of its own, of packets of that type.
        What it holds is not counted as having come: reports tell how the path is, not how well it
        was mended."""
        if self.pictures is None or self.ssrc is None:
            return False
        try:
            found = rtx.unwrapped(packet, payload_type, self.ssrc)
        except MalformedInput:
            return False
        self._heard_ns = now_ns
        if found is not None:
            self.pictures.restore(found, now_ns)
        return True

    def _another_source(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """A packet of an SSRC that is not the stream's: a sender that began anew, or garbage.

        It takes two packets in sequence (RFC 3550 A.1) after a silence of the old source to become
        the stream, so that garbage does not restart decoders.
        """
        first, self._newcomer = self._newcomer, packet
        if (
            first is None
            or packet.ssrc != first.ssrc
            or packet.sequence != (first.sequence + 1) & 0xFFFF
            or now_ns - self.heard_ns < SOURCE_CHANGE_NS
        ):
            return False
        self.ssrc, self._newcomer = packet.ssrc, None
        self._restart()
        self._heard_ns = now_ns
        self.receiver.push(first, now_ns)
        self.receiver.push(packet, now_ns)
        return True

    def sender_report(self, report: rtcp.SenderReport, now_ns: int) -> None:
        """The source's own report; another's is passed over."""
        if report.ssrc == self.ssrc:
            self._last_report = (middle_bits(report.ntp_time), now_ns)
            self.receiver.sender_report(report)

    def block(self, now_ns: int) -> rtcp.ReportBlock | None:
        """What to report of it now; None before its first packet."""
        block = self.receiver.report_block()
        if block is None:
            return None
        middle, heard_ns = self._last_report
        delay = short_from_ns(now_ns - heard_ns) if heard_ns else 0
        return replace(block, last_report=middle, delay=delay)

    def ask_keyframe(self, now_ns: int) -> list[rtcp.RtcpPacket]:
        """A PLI, at most five a second, else `owed` has it later; nothing before the sender is
        known."""
        if self.ssrc is None:
            return []
        self._keyframe_owed = now_ns < self._keyframe_asked_ns + KEYFRAME_REQUEST_EVERY_NS
        if self._keyframe_owed:
            return []
        self._keyframe_asked_ns = now_ns
        if self.pictures is not None:
            self.pictures.keyframes_asked += 1
        return [rtcp.PictureLoss(self._own_ssrc, self.ssrc)]

    def owed(self, now_ns: int) -> list[rtcp.RtcpPacket]:
        """The PLI that was asked for too soon after another, once its time has come."""
        return self.ask_keyframe(now_ns) if self._keyframe_owed else []
