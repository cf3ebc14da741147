"""WebRTC peer: a browser, a WHIP publisher or a WHEP viewer.

What is agreed on is `negotiation/webrtc.py`'s decision, as for plain RTP; each path is ICE and DTLS
(`webrtc_transport`) with a `WebRtcLink`, which takes packets at the socket; and `RtpStream` is the
same as behind plain RTP.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace

from mcu_core.endpoints.rtp_call import CallTerms, RtpCall
from mcu_core.endpoints.rtp_stream import CNAME, RtpStream
from mcu_core.endpoints.stream_group import StreamGroup
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.endpoints.webrtc_transport import WebRtcPath
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import Kind
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.transports import Transport
from mcu_core.negotiation.webrtc import Line, OwnSource, answer, plan
from mcu_core.protocol import sdp

CONNECT_WITHIN_S = 20.0
LOOK_EVERY_NS = NS_PER_SECOND // 5
"""How often it is asked whether the other side is still there."""

SILENT_AFTER_NS = 7 * NS_PER_SECOND
"""No datagram at all for that long: gone. Browsers check the path every 2.5 to 6 s (RFC 7675)."""


MOST_LAYERS = 3
"""Sizes in which a browser may send its picture at once: a full one, a half and a quarter of its
sides. Smaller ones would save nothing."""


def _key(line: Line) -> tuple[Kind, bool]:
    """What a line is for: its kind, and whether that is content."""
    return line.agreed.codec.kind, line.agreed.content


class WebRtcPeer(RtpCall):
    """One browser or publisher. `accept` answers its offer; the connection then comes up by itself.

    The negotiated codecs replace those of the terms in `video_out` and `audio_out`. Tells `joined`
    when the transport stands, `away` with a reason when it is lost or never came.
    """

    def __init__(self, terms: CallTerms) -> None:
        super().__init__(terms)
        self.encrypted = True
        self._paths: list[WebRtcPath] = []
        self._streams = StreamGroup(self.stats)
        self._lines: dict[tuple[Kind, bool], tuple[MediaAgreement, RtpStream]] = {}
        self._session_id, self._version = secrets.randbits(62), 0
        self._connecting: asyncio.Task[None] | None = None
        self._restarts: dict[WebRtcPath, asyncio.Task[None]] = {}
        self._heard = (0, 0)
        self._look_ns = 0

    # ------------------------------------------------------------------------------ negotiation

    def _capabilities(self) -> Capabilities:
        return replace(super()._capabilities(), most_layers=MOST_LAYERS)

    async def accept(self, offer_sdp: str) -> str:
        """Answer an offer with complete candidates, and connect in the background.

        Raises BadInput for what is no usable offer, Refused where nothing is in common or no port
        is free; nothing stays open then.
        """
        if self._paths:
            raise Refused("this connection has been negotiated already")
        try:
            answered = await self._negotiate(sdp.parse(offer_sdp))
        except BaseException:
            await self.stop()
            raise
        self._connecting = asyncio.create_task(self._connect(), name=f"webrtc {self.id}")
        return answered.serialize()

    async def reoffer(self, offer_sdp: str) -> str:
        """Answer another offer of the same page: content, hold, other directions, another way to it
        (an ICE restart), on the same path.

        Keys and ports of paths stay: who has another certificate connects anew, and has the same
        seat.
        """
        if not self._open:
            raise Refused("this connection does not stand")
        caps = self._capabilities()
        made = plan(sdp.parse(offer_sdp), caps)
        paths = self._paths_of(made.paths)
        for path, theirs in zip(paths, made.paths, strict=True):
            if path.restarts_by(theirs):
                await self._restart(path, theirs)
        ends = [path.ours for path in paths if path.ours is not None]
        for key in set(self._lines) - {_key(line) for line in made.lines}:
            stream = self._lines.pop(key)[1]
            self._drop(stream)
            self._streams.remove(stream)
        sources = [self._renew(line, paths[line.path].link) for line in made.lines]
        return answer(made, caps, ends, sources, self._origin()).serialize()

    def _paths_of(self, described: Sequence[Transport]) -> list[WebRtcPath]:
        """Whose other ends these are: as they were, or begun anew, in their order."""
        known = {path.theirs.password: path for path in self._paths}
        found = [known.pop(theirs.password, None) for theirs in described]
        rest = iter(known.values())
        paths = [path if path is not None else next(rest, None) for path in found]
        good: list[WebRtcPath] = []
        for path, theirs in zip(paths, described, strict=True):
            if path is None or path.theirs.fingerprints != theirs.fingerprints:
                raise Refused("another network path within a call: connect anew, the seat stays")
            good.append(path)
        return good

    async def _restart(self, path: WebRtcPath, theirs: Transport) -> None:
        """Look for another way to the other side; what comes and goes does so by the old one."""
        before = self._restarts.pop(path, None)
        if before is not None:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        await path.restart(theirs)
        self._restarts[path] = asyncio.create_task(
            self._reconnect(path), name=f"webrtc {self.id} restart"
        )

    async def _reconnect(self, path: WebRtcPath) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await path.reconnect()
        except (TimeoutError, ConnectionError):
            self._lose("no other network path to the other side")
        except Exception as error:  # noqa: BLE001 - the task's outermost line: told, and logged
            self._broke(error)

    def _renew(self, line: Line, link: WebRtcLink) -> OwnSource:
        """A line as it was, or adjusted, or with another stream."""
        before, stream = self._lines.get(_key(line), (None, None))
        if before is None or stream is None or not before.same_stream(line.agreed):
            if stream is not None:
                self._drop(stream)
                self._streams.remove(stream)
            return self._open_stream(line, link)
        self._lines[_key(line)] = line.agreed, stream
        self._readjust(stream, before, line.agreed)
        return OwnSource(stream.ssrc, stream.repair_ssrc, CNAME)

    def _origin(self) -> sdp.Origin:
        self._version += 1
        return sdp.Origin("-", str(self._session_id), str(self._version))

    async def _negotiate(self, offer: sdp.SessionDescription) -> sdp.SessionDescription:
        caps = self._capabilities()
        made = plan(offer, caps)
        for theirs in made.paths:
            self._open_path(theirs)
        sources = [self._open_stream(line, self._paths[line.path].link) for line in made.lines]
        ends = [await path.gather() for path in self._paths]
        return answer(made, caps, ends, sources, self._origin())

    def _open_path(self, theirs: Transport) -> None:
        path = WebRtcPath(theirs, self._terms.network, self._clock, self.stats)
        path.link.on_rtp = self._streams.rtp_received
        path.link.on_rtcp = self._streams.rtcp_received
        path.link.usual = self._streams.usual
        self._paths.append(path)

    def _open_stream(self, line: Line, link: WebRtcLink) -> OwnSource:
        stream = self._carry(line.agreed, secrets.randbits(32), link.send_rtp, link.send_rtcp)
        self._streams.add(stream, line.sources)
        self._lines[_key(line)] = line.agreed, stream
        return OwnSource(stream.ssrc, stream.repair_ssrc, CNAME)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Nothing left to open after `accept`; raises Refused before it."""
        if self._connecting is None:
            raise Refused("this connection has not been negotiated")
        if self._open:  # before anybody listened
            self.feedback.state_changed("joined", "")

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await asyncio.gather(*(path.connect() for path in self._paths))
        except TimeoutError:
            self.feedback.state_changed("away", "no network path to the other side within 20 s")
        except ConnectionError as error:
            self.feedback.state_changed("away", str(error))
        except Exception as error:  # noqa: BLE001 - the task's outermost line: told, and logged
            self._broke(error)
        else:
            self._open = True
            self._heard = (self._signs_of_life(), self._clock.now_ns())
            self._begin()
            self.feedback.state_changed("joined", "")
            for one in (self, self.content):
                if one is not None:  # what was encoded before the transport stood is lost
                    one.feedback.keyframe_wanted()

    def _beat(self, now_ns: int) -> None:
        super()._beat(now_ns)
        if now_ns < self._look_ns:
            return
        self._look_ns = now_ns + LOOK_EVERY_NS
        reason = self._why_lost(now_ns)
        if reason:
            self._lose(reason)

    def _lose(self, reason: str) -> None:
        self._open = False
        self._end()
        self.feedback.state_changed("away", reason)

    def _why_lost(self, now_ns: int) -> str:
        """Why the transport is gone; empty while it stands."""
        signs, (before, since_ns) = self._signs_of_life(), self._heard
        if signs != before:
            self._heard = (signs, now_ns)
        elif now_ns - since_ns > SILENT_AFTER_NS:
            return "connection lost"
        return next((why for path in self._paths if (why := path.link.lost_reason())), "")

    def _signs_of_life(self) -> int:
        return sum(path.link.heard for path in self._paths)

    async def stop(self) -> None:
        """Close transports and sockets and wait for them; safe twice."""
        self._open = False
        self._end()
        connecting, self._connecting = self._connecting, None
        tasks = [*self._restarts.values(), *([connecting] if connecting is not None else [])]
        self._restarts.clear()
        ending = [task for task in tasks if task is not asyncio.current_task()]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for path in self._paths:
            await path.link.close()
