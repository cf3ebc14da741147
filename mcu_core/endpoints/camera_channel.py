"""A connection's line of far-end camera control: H.281 in H.224 frames over RTP (RFC 4573)."""

import secrets
from collections.abc import Callable
from dataclasses import astuple

from mcu_core.adaptation.allowance import Allowance
from mcu_core.contract.camera import STOP, CameraOrder
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.negotiation.agreement import CameraAgreement
from mcu_core.protocol import h224, h281, rtp
from mcu_core.protocol.h281 import Motion, Phase
from mcu_core.protocol.sequence import sequence_delta

GOES_ON_NS = 400 * NS_PER_MS
"""How often a movement is gone on with: one packet of two may get lost."""

LONGEST_MOVE_NS = 20 * NS_PER_SECOND
"""No camera sweeps that long: who ordered it has forgotten, or is gone."""

INTRODUCTION_NS = 5 * NS_PER_SECOND
INTRODUCTIONS = 5
FRAMES_PER_SECOND = 50

EVERY_WAY = Motion(1, 1, 1, 1)
OFFERED = h281.Cameras(15, (h281.Source(h281.MAIN_CAMERA, EVERY_WAY),))
"""What a site is told that it may ask for: which camera that reaches is not known before."""


class CameraChannel:
    """Takes and gives orders over one line. `told` hears what the site orders, a movement's end
    included, also where that got lost. Pure but for `transmit`; runs on the event loop."""

    def __init__(
        self,
        agreed: CameraAgreement,
        transmit: Callable[[rtp.Burst], None],
        now_ns: Callable[[], int],
    ) -> None:
        self.told: Callable[[CameraOrder], None] = lambda order: None
        self.theirs: h281.Cameras | None = None
        """Their cameras, once told."""
        self.refused = 0
        """Packets that were malformed, or more than anybody's hand gives."""
        self._agreed = agreed
        self._transmit = transmit
        self._now_ns = now_ns
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbelow(1 << 15)
        self._allowed = Allowance(FRAMES_PER_SECOND)
        self._heard: tuple[int, int] | None = None
        self._asked: Motion | None = None
        self._asked_until_ns = self._timeout_ns = 0
        self._moving: Motion | None = None
        self._moving_until_ns = self._next_ns = 0
        self._introduced = self._introduce_ns = 0

    # -------------------------------------------------------------------------------- their camera

    def order(self, order: CameraOrder) -> None:
        """Have their camera do something."""
        if self._moving is not None:
            self._send(h281.Action(Phase.STOP, self._moving))
            self._moving = None
        match order.what:
            case "move":
                now_ns = self._now_ns()
                self._moving = Motion(order.pan, order.tilt, order.zoom, order.focus)
                self._moving_until_ns = now_ns + LONGEST_MOVE_NS
                self._next_ns = now_ns + GOES_ON_NS
                self._send(h281.Action(Phase.START, self._moving))
            case "store" | "recall":
                self._send(h281.Preset(order.number, order.what == "store"))
            case "source":
                self._send(h281.SelectSource(order.number))
            case "stop":
                pass

    def tick(self, now_ns: int) -> None:
        """Go on with what moves, end what nobody goes on with, make ourselves known."""
        if self._asked is not None and now_ns >= self._asked_until_ns:
            self._stopped()
        if self._moving is not None and now_ns >= self._next_ns:
            self._next_ns = now_ns + GOES_ON_NS
            over = now_ns >= self._moving_until_ns
            self._send(h281.Action(Phase.STOP if over else Phase.CONTINUE, self._moving))
            if over:
                self._moving = None
        unknown = self.theirs is None and self._introduced < INTRODUCTIONS
        if unknown and now_ns >= self._introduce_ns:
            self._introduced, self._introduce_ns = self._introduced + 1, now_ns + INTRODUCTION_NS
            self._introduce()
            self._manage(h224.CapabilitiesWanted(h224.CAMERA))

    def _introduce(self) -> None:
        self._manage(h224.ClientList(((h224.CAMERA, True),)))
        self._manage(h224.Capabilities(h224.CAMERA, OFFERED.serialize()))

    def _manage(self, message: h224.Management) -> None:
        self._leave(h224.managed(message))

    def _send(self, message: h281.Message) -> None:
        self._leave(h224.Frame(h224.CAMERA, message.serialize()))

    def _leave(self, frame: h224.Frame) -> None:
        if not self._agreed.send:
            return
        payload = frame.serialize()
        self._sequence += 1
        stamp = self._now_ns() * h224.CLOCK // NS_PER_SECOND & 0xFFFF_FFFF
        number, kind = self._sequence & 0xFFFF, self._agreed.payload_type
        burst = rtp.Burst(kind, -1, number, stamp, self._ssrc, 0, (payload,), len(payload))
        self._transmit(burst)

    # -------------------------------------------------------------------------------- their wishes

    def packet_received(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """Take one packet of the line; False when it is not wanted."""
        if not self._allowed.take(now_ns) or not self._is_newer(packet):
            self.refused += 1
            return False
        try:
            self._take(h224.read(packet.payload), now_ns)
        except MalformedInput:
            self.refused += 1
            return False
        return True

    def _is_newer(self, packet: rtp.RtpPacket) -> bool:
        """Whether it is no repetition, and did not come too late: a stop must stay one."""
        before, now = self._heard, (packet.ssrc, packet.sequence)
        if before is not None and before[0] == now[0] and sequence_delta(now[1], before[1]) <= 0:
            return False
        self._heard = now
        return True

    def _take(self, frame: h224.Frame, now_ns: int) -> None:
        if not (frame.first and frame.last):
            return  # nothing of a camera's is longer than a frame
        if frame.client == h224.MANAGEMENT:
            self._managed(h224.read_management(frame.data))
        elif frame.client == h224.CAMERA:
            message = h281.read(frame.data)
            if isinstance(message, h281.Action):
                self._act(message, now_ns)
            elif isinstance(message, h281.Preset):
                self.told(
                    CameraOrder("store" if message.store else "recall", number=message.number)
                )
            elif isinstance(message, h281.SelectSource) and not message.done:
                self.told(CameraOrder("source", number=message.number))

    def _managed(self, message: h224.Management | None) -> None:
        match message:
            case h224.ClientListWanted() | h224.CapabilitiesWanted(client=h224.CAMERA):
                self._introduce()
            case h224.ClientList(clients=clients):
                if self.theirs is None and (h224.CAMERA, True) in clients:
                    self._manage(h224.CapabilitiesWanted(h224.CAMERA))
            case h224.Capabilities(client=h224.CAMERA, data=data):
                self.theirs = h281.read_cameras(data)
            case _:
                pass

    def _act(self, action: h281.Action, now_ns: int) -> None:
        if action.phase is Phase.STOP or action.motion == Motion():
            self._stopped()
            return
        goes_on = action.motion == self._asked
        if not goes_on or action.phase is Phase.START:
            self._timeout_ns = action.timeout_ms * NS_PER_MS
        self._asked_until_ns = now_ns + self._timeout_ns
        if not goes_on:
            self._asked = action.motion
            self.told(CameraOrder("move", *astuple(action.motion)))

    def _stopped(self) -> None:
        if self._asked is not None:
            self._asked = None
            self.told(STOP)
