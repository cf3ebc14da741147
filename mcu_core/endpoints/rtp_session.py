"""Plain RTP session: a room system, an encoder, FFmpeg or GStreamer, described by SDP."""

import random
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from mcu_core.endpoints.learning import Follow, Mark, is_hidden
from mcu_core.endpoints.network import ANY_ADDRESSES
from mcu_core.endpoints.ports import Ports
from mcu_core.endpoints.remote import is_media_port, media_address, one_host
from mcu_core.endpoints.rtp_call import KINDS, CallTerms, RtpCall
from mcu_core.endpoints.srtp import SrtpSessions
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.udp import RtpPort, SourcePin
from mcu_core.errors import BadInput, Refused
from mcu_core.media.codec import Kind
from mcu_core.negotiation.agreement import Agreement, CameraAgreement, MediaAgreement
from mcu_core.negotiation.camera import camera_type_of
from mcu_core.negotiation.capabilities import LocalAddress
from mcu_core.negotiation.described import is_content, sources_of
from mcu_core.negotiation.rtp_offer import offer, read_answer
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol import sdp
from mcu_core.protocol.sdes import MOST_MATERIAL_BYTES

CONTENT = "content"
"""The line of slides, beside those of KINDS."""
CAMERA = "camera"
"""The line that moves cameras (RFC 4573)."""
CONTENT_AFTER_VIDEO = 2
"""Its port is this much after video's where that is free: it is the same again after a restart."""
CAMERA_AFTER_VIDEO = 4
UNKNOWN = Mark(hidden=True)
"""Of a line whose other side has not yet said who it is."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of media: its ports (RTP, and RTCP where it is not multiplexed) and its stream."""

    pin: SourcePin
    group: StreamGroup
    rtp: RtpPort
    rtcp: RtpPort
    number: int
    control_number: int


def host_of(offered: sdp.SessionDescription, sections: Sequence[sdp.MediaDescription]) -> str:
    """The address that the first section, or the session, names; empty where none does."""
    connection = offered.connection_of(sections[0]) if sections else offered.connection
    told = connection.address if connection is not None else ""
    host = one_host(told)  # written as its packets' will be
    return str(host) if host is not None else told


def mark_of(
    offered: sdp.SessionDescription, sections: list[sdp.MediaDescription], told: str
) -> Mark:
    """How packets are known of a line that one of these sections is to become; `told`: our own
    address."""
    numbers = (one for media in sections for one in media.formats if one.isdecimal())
    types = [one for one in numbers if len(one) <= 3]
    host = host_of(offered, sections)
    return Mark(
        host,
        sections[0].port,
        frozenset(map(int, types)),
        frozenset(ssrc for media in sections for ssrc in sources_of(media)),
        is_hidden(host, told),
    )


def _sections(offered: sdp.SessionDescription) -> dict[str, list[sdp.MediaDescription]]:
    """By the name of a line the sections that may become it."""
    slides = [media for media in offered.media if is_content(media)]
    found: dict[str, list[sdp.MediaDescription]] = {CONTENT: slides}
    found[CAMERA] = [media for media in offered.media if camera_type_of(media) is not None]
    for kind in KINDS:
        all_of_kind = [media for media in offered.media if media.kind == kind]
        found[kind] = [media for media in all_of_kind if media not in slides] or all_of_kind
    return found


def _moved(before: MediaAgreement, agreed: MediaAgreement) -> bool:
    there = (before.remote_host, before.remote_port)
    return there != (agreed.remote_host, agreed.remote_port)


class RtpSession(RtpCall):
    """One sender and receiver of plain RTP. `accept` answers its offer.

    Told nothing by the network about connections, it is joined from `start` to `stop`; a source
    that falls silent leaves its last picture, and its successor is taken (see `udp`).
    """

    def __init__(self, terms: CallTerms) -> None:
        super().__init__(terms)
        self._network = terms.network
        self._place = terms.network.place_for("")
        self._lines: dict[str, _Line] = {}
        self._agreed: dict[str, MediaAgreement] = {}
        self._offered: sdp.SessionDescription | None = None
        self._session_id = random.getrandbits(32)
        self._version = 0
        names = (*KINDS, CONTENT)
        self._keys = {name: secrets.token_bytes(MOST_MATERIAL_BYTES) for name in names}

    @property
    def ports(self) -> tuple[int, int]:
        """Local RTP ports (video, audio), 0 where there is none."""
        video, audio = (self._lines.get(kind) for kind in KINDS)
        return (video.number if video else 0, audio.number if audio else 0)

    # ------------------------------------------------------------------------------ negotiation

    async def accept(self, offer_sdp: str, ports: tuple[int, int] = (0, 0)) -> str:
        """Answer an offer and listen. `ports`: local RTP ports (video, audio) to have if free.

        Raises BadInput for what is no usable offer, Refused where nothing is in common or no port
        is free; nothing stays open then.
        """
        if self._lines:
            raise Refused("this session has been negotiated already")
        offered = sdp.parse(offer_sdp)
        self._place = self._network.place_for(host_of(offered, offered.media))
        try:
            answered = self._negotiate(offered, ports)
        except BaseException:
            await self.stop()
            raise
        self._open = True
        return answered

    async def offer(self) -> str:
        """Our own offer of all that we can, which `settle` turns into a call.

        Raises Refused where no port is free; nothing stays open then.
        """
        if self._lines:
            raise Refused("this session has been negotiated already")
        try:
            for kind in KINDS:
                if self._wants_to_send(kind) or self._wants_to_receive(kind):
                    self._lines[kind] = self._open_line(UNKNOWN, 0, multiplexed=False)
            for name in (CONTENT, CAMERA) if Kind.VIDEO in self._lines else ():
                with suppress(Refused):  # the rest may go on without
                    self._lines[name] = self._open_line(UNKNOWN, 0, multiplexed=False)
            self._offered = offer(self._capabilities(), self._local())
        except BaseException:
            await self.stop()
            raise
        return self._offered.serialize()

    def settle(self, answer_sdp: str) -> None:
        """What the other side answered. Raises BadInput where that does not fit the offer, Refused
        where it takes nothing; another answer may follow then."""
        if self._offered is None:
            raise Refused("there is no offer of ours that this could answer")
        answered = sdp.parse(answer_sdp)
        agreement = read_answer(self._offered, answered, self._capabilities())
        self._check_ways(agreement)
        self._mark(answered)
        self._offered = None
        self._connect_all(agreement)
        self._version += 1
        self._open = True

    async def reoffer(self, offer_sdp: str) -> str:
        """Answer another offer: hold, other codecs, addresses, keys or lines, at the same ports."""
        if not self._open:
            raise Refused("this session has not been negotiated")
        offered = sdp.parse(offer_sdp)
        before = set(self._lines)
        try:
            return self._negotiate(offered, self.ports)
        except (BadInput, Refused):
            for name in set(self._lines) - before:
                self._close(self._lines.pop(name))
            raise

    def _negotiate(self, offered: sdp.SessionDescription, ports: tuple[int, int]) -> str:
        """Nothing that stands is touched before all that can be wrong was looked at."""
        sections = _sections(offered)
        for kind, wanted in zip(KINDS, ports, strict=True):
            if sections[kind] and kind not in self._lines:
                self._lines[kind] = self._listen(offered, sections[kind], wanted)
        for name, after in ((CONTENT, CONTENT_AFTER_VIDEO), (CAMERA, CAMERA_AFTER_VIDEO)):
            if sections[name] and name not in self._lines:
                with suppress(Refused):  # the rest may go on without
                    self._lines[name] = self._listen(offered, sections[name], self.ports[0] + after)
        agreement = answer(offered, self._capabilities(), self._local())
        self._check_ways(agreement)
        self._mark(offered)
        if self._forget_keys(agreement):
            agreement = answer(offered, self._capabilities(), self._local())
        self._connect_all(agreement)
        self._version += 1
        return agreement.description.serialize()

    def _forget_keys(self, agreement: Agreement) -> bool:
        """Have other keys where a line's would serve another session: its packets are counted anew,
        and none may be encrypted as an earlier one of the same number was (RFC 3711 9.1)."""
        fresh = False
        for name, agreed in (
            (Kind.VIDEO, agreement.video),
            (Kind.AUDIO, agreement.audio),
            (CONTENT, agreement.content),
        ):
            before = self._agreed.get(name)
            if agreed and before and agreed.keys and agreed.keys != before.keys:
                self._keys[name] = secrets.token_bytes(MOST_MATERIAL_BYTES)
                fresh = True
        return fresh

    def _check_ways(self, agreement: Agreement) -> None:
        """Raise BadInput for addresses that nothing may be sent to."""
        for one in (agreement.video, agreement.audio, agreement.content, agreement.camera):
            if one is not None and one.send:
                self._to(one.remote_host, one.remote_port)

    def _mark(self, described: sdp.SessionDescription) -> None:
        """Know packets by what the other side said last. Raises Refused, and changes nothing, where
        those of a line could be taken for another's then."""
        sections = _sections(described)
        before = {name: line.rtp.mark for name, line in self._lines.items()}
        for name, line in self._lines.items():
            if sections[name]:
                line.rtp.mark = mark_of(described, sections[name], self._place.told)
        if any(line.rtp.confused for line in self._lines.values()):
            for name, line in self._lines.items():
                line.rtp.mark = before[name]
            raise Refused(
                "its packets could be taken for another sender's at the port that they have: name "
                "their SSRC (a=ssrc), or give the bridge more ports"
            )

    def _listen(
        self, offered: sdp.SessionDescription, sections: list[sdp.MediaDescription], wanted: int
    ) -> _Line:
        """Open the ports of a line, which one of these sections of the offer is to become."""
        mark = mark_of(offered, sections, self._place.told)
        multiplexed = any(media.has("rtcp-mux") for media in sections)
        return self._open_line(mark, wanted, multiplexed=multiplexed)

    def _open_line(self, mark: Mark, wanted: int, *, multiplexed: bool) -> _Line:
        first, second = Ports.here().for_line(
            self._network, self._place.bind, mark, wanted, multiplexed
        )
        pin, group = SourcePin(follow=self._network.follow), StreamGroup(self.stats)
        common = (pin, self._clock, self.stats)
        rtp = RtpPort(*common, group.rtp_received, group.rtcp_received, group.usual, mark)
        rtcp = RtpPort(*common, self._misplaced, group.rtcp_received, group.usual)
        rtp.open(first)
        rtcp.open(second, listening=first is not second)
        rtp.control = rtcp if first is second else None
        return _Line(pin, group, rtp, rtcp, first.number, second.number)

    def _misplaced(self, data: bytes, now_ns: int) -> bool:
        """RTP came where RTCP is expected alone."""
        self.stats.packets_dropped += 1
        return False

    def _local(self) -> LocalAddress:
        numbers = {kind: self._lines[kind].number for kind in KINDS if kind in self._lines}
        controls = {kind: self._lines[kind].control_number for kind in numbers}
        content, camera = self._lines.get(CONTENT), self._lines.get(CAMERA)
        return LocalAddress(
            self._place.told,
            numbers,
            controls,
            session_id=self._session_id,
            version=self._version,
            content_port=content.number if content is not None else 0,
            camera_port=camera.number if camera is not None else 0,
            camera_key=secrets.token_bytes(MOST_MATERIAL_BYTES),
            keys={kind: self._keys[kind] for kind in numbers},
            content_key=self._keys[CONTENT],
        )

    def _connect_all(self, agreement: Agreement) -> None:
        media = (agreement.video, agreement.audio, agreement.content)
        self.encrypted = all(one.keys is not None for one in media if one is not None)
        for name, agreed in (
            (Kind.VIDEO, agreement.video),
            (Kind.AUDIO, agreement.audio),
            (CONTENT, agreement.content),
            (CAMERA, agreement.camera),
        ):
            if isinstance(agreed, CameraAgreement):
                self._connect_camera(agreed)
            elif agreed is not None:
                self._connect(name, agreed)
            elif name in self._lines:
                line = self._lines.pop(name)
                for stream in line.group.streams:
                    self._drop(stream)
                self._close(line)
                self._agreed.pop(name, None)

    def _connect(self, name: str, agreed: MediaAgreement) -> None:
        line, before = self._lines[name], self._agreed.get(name)
        self._agreed[name] = agreed
        self._direct(line, before, agreed)
        stream = next(iter(line.group.streams), None)
        if stream is not None and before is not None and before.same_stream(agreed):
            self._readjust(stream, before, agreed)
            return
        if stream is not None:
            self._drop(stream)
            line.group.remove(stream)
        control = line.rtp if agreed.rtcp_mux else line.rtcp
        stream = self._carry(agreed, random.getrandbits(32), line.rtp.send, control.send_control)
        stream.goodbye = line.pin.release
        line.group.add(stream)

    def _direct(self, line: _Line, before: MediaAgreement | None, agreed: MediaAgreement) -> None:
        """Where a line's packets go, where they come from, and how they are encrypted."""
        self._expect(line, agreed)
        if before is not None and _moved(before, agreed):
            line.pin.forget()
        if agreed.keys != (before.keys if before is not None else None):
            sessions = SrtpSessions(agreed.keys) if agreed.keys is not None else None
            line.rtp.encrypt(sessions)
            line.rtcp.encrypt(sessions)
        if agreed.send:
            line.rtp.destination = self._to(agreed.remote_host, agreed.remote_port)
        if agreed.rtcp_mux:
            line.rtp.control = None
            line.rtcp.close()
        elif agreed.remote_rtcp_host not in ANY_ADDRESSES and is_media_port(
            agreed.remote_rtcp_port  # by default the one after a port that may mean nothing
        ):
            line.rtcp.destination = self._to(agreed.remote_rtcp_host, agreed.remote_rtcp_port)

    def _expect(self, line: _Line, agreed: MediaAgreement | CameraAgreement) -> None:
        """Whose packets a line takes: of who has the keys, wherever he is."""
        host = one_host(agreed.remote_host)
        line.pin.named = str(host) if host is not None else agreed.remote_host
        line.pin.hidden = host is None or line.rtp.mark.hidden
        line.pin.follow = Follow.ANYBODY if agreed.keys is not None else self._network.follow

    def _connect_camera(self, agreed: CameraAgreement) -> None:
        line = self._lines[CAMERA]
        self._expect(line, agreed)
        if agreed.keys is not None:
            line.rtp.encrypt(SrtpSessions(agreed.keys))
        if agreed.send:
            line.rtp.destination = self._to(agreed.remote_host, agreed.remote_port)
        channel = self._carry_camera(agreed, line.rtp.send)
        if agreed.receive:
            line.group.beside[agreed.payload_type] = channel.packet_received

    def _to(self, host: str, port: int) -> tuple[str, int]:
        return media_address(host, port, self._place.bind)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Begin reports and feedback; raises Refused before `accept`."""
        if not self._lines:
            raise Refused("this session has not been negotiated")
        self._begin()
        self.feedback.state_changed("joined", "")

    async def stop(self) -> None:
        """Close the ports and wait for them; safe twice."""
        self._open = False
        self._end()
        while self._lines:
            _, line = self._lines.popitem()
            self._close(line)

    def _close(self, line: _Line) -> None:
        line.rtp.close()
        line.rtcp.close()
