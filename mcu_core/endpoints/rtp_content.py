"""The second picture stream of an RTP or WebRTC connection: content (RFC 4796 slides)."""

from collections.abc import Callable
from dataclasses import replace

from mcu_core.contract.definition import VideoLimit
from mcu_core.endpoints.endpoint import Abilities, Feedback, Intake
from mcu_core.endpoints.refresh import Refresh
from mcu_core.endpoints.rtp_stream import RtpStream
from mcu_core.media.clock import Clock
from mcu_core.media.codec import H264
from mcu_core.media.units import EncodedUnit, VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.formats import CAN_ASK, h264_limit
from mcu_core.negotiation.receivable import receivable


class RtpContent:
    """A ContentChannel over one stream of a connection, which ticks it while it `is_open`.

    `video_out` stays None until the conference sets a form: there is not always content.
    """

    def __init__(
        self,
        call: str,
        stream: RtpStream,
        agreed: MediaAgreement,
        clock: Clock,
        is_open: Callable[[], bool],
    ) -> None:
        asks = not CAN_ASK.isdisjoint(agreed.feedback)
        self.id = f"{call} content"
        self.feedback = stream.feedback = Feedback()
        self.video_out: VideoForm | None = None
        self.abilities = Abilities(
            keyframes_on_request=agreed.receive and asks,
            takes_streams=agreed.send and asks,
            h264_limit=h264_limit(agreed.fmtp) if agreed.codec is H264 else b"",
            sends_video=agreed.receive,
        )
        self._asks = asks
        self._wanted: tuple[VideoForm, VideoLimit] | None = None
        self._is_open = is_open
        self._stream = stream
        self._agreed = agreed
        self._refresh = None if asks or not agreed.send else Refresh(clock.now_ns())

    @property
    def overhead(self) -> float:
        """What is sent beside its pictures, as a share of them."""
        return self._stream.overhead

    def receive_into(self, intake: Intake) -> None:
        """Hand on what arrives."""
        if self._agreed.receive:
            self._stream.receive_into(Intake(intake.content, None), self._agreed.fmtp)

    def readjust(self, agreed: MediaAgreement, intake: Intake) -> None:
        """The same stream, from now on in other directions or within other limits."""
        before, self._agreed = self._agreed, agreed
        self.abilities = replace(
            self.abilities,
            keyframes_on_request=agreed.receive and self._asks,
            takes_streams=agreed.send and self._asks,
            sends_video=agreed.receive,
        )
        self._stream.sends = agreed.send
        self.video_out = None
        if self._wanted is not None:
            self.set_form(*self._wanted)
        if agreed.receive and not before.receive:
            self.receive_into(intake)
        elif before.receive and not agreed.receive:
            self._stream.receive_nothing()

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`; dropped while there is no way out."""
        if self._is_open():
            self._stream.send(unit)

    def ask_keyframe(self) -> None:
        """Send a PLI to its sender."""
        if self._is_open():
            self._stream.ask_keyframe()

    def set_form(self, form: VideoForm, limit: VideoLimit) -> None:
        """Other content, or another limit: `video_out` follows."""
        self._wanted = (form, limit)
        if self._agreed.send:
            self.video_out = receivable(form, self._agreed, limit)

    def tick(self, now_ns: int) -> None:
        """Send reports and requests that are due."""
        if self._refresh is not None and self._refresh.due(now_ns):
            self.feedback.keyframe_wanted()
        self._stream.tick(now_ns)
