"""RTCP of the load: reports each second, requests for keyframes and advised rates when ordered."""

import socket

import numpy as np

from benchmarks.load.ledger import Flows
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol import rtcp
from mcu_core.protocol.ntp import ntp_time

REPORT_EVERY_NS = NS_PER_SECOND
_WORD = 0xFFFF_FFFF


class Feedback:
    """Sends the RTCP of all flows; owned by the load's process.

    `wall_offset_ns`: Unix time minus the monotonic clock's.
    """

    def __init__(self, flows: Flows, sockets: dict[int, socket.socket], wall_offset_ns: int):
        self._flows = flows
        self._sockets = sockets
        self._wall_offset_ns = wall_offset_ns
        self._due_ns = np.arange(len(flows)) * REPORT_EVERY_NS // max(1, len(flows))
        """Of each flow's next report, spread over the second; from the first tick on."""

        self._begun = False

    def tick(self, now_ns: int) -> None:
        """Send what is due at `now_ns`; to be called some hundred times a second."""
        flows = self._flows
        for i in np.flatnonzero(flows["plis_wanted"] != flows["plis_sent"]):
            self._ask_keyframe(int(i))
        if not self._begun:
            self._begun = True
            self._due_ns += now_ns
        for i in np.flatnonzero(self._due_ns <= now_ns):
            self._due_ns[i] += REPORT_EVERY_NS
            self._report(int(i), now_ns)

    def _ask_keyframe(self, i: int) -> None:
        flow = self._flows[i]
        if flow["ssrc_in"]:
            flow["plis_sent"] += 1
            self._send(i, [rtcp.PictureLoss(int(flow["ssrc"]), int(flow["ssrc_in"]))])

    def _report(self, i: int, now_ns: int) -> None:
        flow = self._flows[i]
        if flow["raw"] or not flow["active"]:
            return
        ssrc = int(flow["ssrc"])
        packets: list[rtcp.RtcpPacket] = [self._sender_report(i, now_ns)]
        packets.append(rtcp.SourceDescription.named(ssrc, f"load-{ssrc}"))
        if flow["remb_bps"] and flow["ssrc_in"]:
            packets.append(rtcp.Remb(ssrc, int(flow["remb_bps"]), (int(flow["ssrc_in"]),)))
        self._send(i, packets)

    def _sender_report(self, i: int, now_ns: int) -> rtcp.SenderReport | rtcp.ReceiverReport:
        flow = self._flows[i]
        ssrc, rate = int(flow["ssrc"]), int(flow["ticks"] * flow["per_second"])
        blocks: tuple[rtcp.ReportBlock, ...] = ()
        if flow["ssrc_in"]:
            highest, lost = max(int(flow["last_sequence"]), 0), int(flow["lost_in"])
            blocks = (rtcp.ReportBlock(int(flow["ssrc_in"]), 0, lost, highest, 0, 0, 0),)
        if not flow["packets_out"]:
            return rtcp.ReceiverReport(ssrc, blocks)
        begin = int(flow["first_unit"] * flow["ticks"])
        timestamp = begin + (now_ns - int(flow["start_ns"])) * rate // NS_PER_SECOND
        return rtcp.SenderReport(
            ssrc,
            ntp_time(now_ns + self._wall_offset_ns),
            timestamp & _WORD,
            int(flow["packets_out"]) & _WORD,
            int(flow["bytes_out"]) & _WORD,
            blocks,
        )

    def _send(self, i: int, packets: list[rtcp.RtcpPacket]) -> None:
        try:
            self._sockets[int(self._flows[i]["socket"])].send(rtcp.compound(packets))
        except (BlockingIOError, ConnectionRefusedError, OSError):
            return  # like a packet lost on the way
