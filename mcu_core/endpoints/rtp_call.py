"""RtpCall: what a plain RTP session and a WebRTC peer share behind their ways to connect."""

from dataclasses import dataclass, replace

import structlog

from mcu_core.adaptation.path_rate import UNLIMITED_BPS, PathRate
from mcu_core.contract.definition import Encryption, VideoLimit
from mcu_core.endpoints.camera_channel import CameraChannel
from mcu_core.endpoints.endpoint import (
    Abilities,
    CameraLine,
    ContentChannel,
    EndpointStats,
    Feedback,
    Intake,
)
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.pulse import Pulse
from mcu_core.endpoints.refresh import Refresh
from mcu_core.endpoints.rtp_content import RtpContent
from mcu_core.endpoints.rtp_stream import RtpStream, Tell, Transmit
from mcu_core.ingress.layer_sort import LayerSort
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.media.clock import NS_PER_MS, Clock
from mcu_core.media.codec import H264, OPUS, Kind
from mcu_core.media.codec_table import receivable_codecs, sendable_codecs
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm
from mcu_core.negotiation.agreement import CameraAgreement, MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.formats import CAN_ASK, h264_limit, whole_slices_only
from mcu_core.negotiation.rate_shares import SOUND, adjustable, picture_limit, sound_share
from mcu_core.negotiation.receivable import NO_LIMIT, receivable

log = structlog.get_logger()

PATH_EVERY_NS = 200 * NS_PER_MS
PATH_STEP = 0.02

PAYLOAD_SHARE = 0.94
"""Of what a path bears; the rest are headers."""

LASTING = 1.25
"""How far over the threshold a path must be before sound has more again."""

KINDS = (Kind.VIDEO, Kind.AUDIO)
CALL_SOUND = AudioForm(OPUS, 2, 64_000)


@dataclass(frozen=True, slots=True)
class CallTerms:
    """What a connection is made for.

    `video` and `audio` are what the conference would send, None to send none; their codecs are the
    preferred ones. `limit` bounds the pictures further, as its site wants it. `encryption`: what
    the conference wants of its packets.
    """

    id: str
    intake: Intake
    network: NetworkOptions
    clock: Clock
    video: VideoForm | None
    audio: AudioForm | None = CALL_SOUND
    limit: VideoLimit = NO_LIMIT
    encryption: Encryption = Encryption.AUTOMATIC


class RtpCall:
    """The media half of an Endpoint: its streams, what they send and tell.

    A door negotiates, makes a stream per kind by `_carry`, and sets `_open` while packets can
    leave; `_begin` and `_end` start and stop reports and requests. Runs on the event loop.
    """

    def __init__(self, terms: CallTerms) -> None:
        self.id = terms.id
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities(sends_video=False)
        self.video_out: VideoForm | None = None
        self.audio_out: AudioForm | None = None
        self.encrypted = False
        """Whether nobody on the way can read its packets; settled by its negotiation."""
        self._terms = terms
        self._clock = terms.clock
        self._open = False
        self._video: RtpStream | None = None
        self._audio: RtpStream | None = None
        self.content: ContentChannel | None = None
        self.camera: CameraLine | None = None
        self._camera: CameraChannel | None = None
        self._content: RtpContent | None = None
        self._pictures_agreed: MediaAgreement | None = None
        self._refresh: Refresh | None = None
        self._pulse: Pulse | None = None
        self._path = PathRate()
        self._form = terms.video
        self._limit = terms.limit
        self._path_told = (0, 0)
        self._path_ns = 0
        self._refreshed = False

    def _wants_to_send(self, kind: Kind) -> bool:
        terms = self._terms
        return (terms.video if kind is Kind.VIDEO else terms.audio) is not None

    def _wants_to_receive(self, kind: Kind) -> bool:
        intake = self._terms.intake
        return (intake.video if kind is Kind.VIDEO else intake.audio) is not None

    def _wants_content(self) -> bool:
        """Whether content may come in by it; out it may go wherever pictures do."""
        return self._terms.intake.content is not None

    def _capabilities(self) -> Capabilities:
        """What it can do, as every negotiation takes it."""
        video = self._terms.video
        known = receivable_codecs()
        first = video.codec if video is not None else known[0]
        codecs = (first, *(codec for codec in known if codec is not first))
        return Capabilities(
            codecs=codecs,
            sendable=sendable_codecs(),
            send=frozenset(kind for kind in KINDS if self._wants_to_send(kind)),
            receive=frozenset(kind for kind in KINDS if self._wants_to_receive(kind)),
            takes_content=self._wants_content(),
            encryption=self._terms.encryption,
        )

    # ------------------------------------------------------------------------------------- streams

    def _carry(
        self, agreed: MediaAgreement, ssrc: int, send_rtp: Transmit, send_rtcp: Tell
    ) -> RtpStream:
        """A stream for what was agreed on, by these ways out."""
        types = (agreed.payload_type_in, agreed.payload_type_out)
        stream = RtpStream(agreed.codec, types, ssrc, self._clock, send_rtp, send_rtcp)
        stream.nack = "nack" in agreed.feedback
        stream.rate.remb = "goog-remb" in agreed.feedback
        stream.rate.tmmbr = "ccm tmmbr" in agreed.feedback
        stream.feedback = self.feedback
        stream.sends = agreed.send
        stream.events_type = agreed.events_type
        stream.protect(agreed.protection)
        if agreed.layers:
            stream.sort = LayerSort(agreed.layers, agreed.rid_id, agreed.repeated_id)
            stream.rate.layered = True
        if agreed.codec.kind is Kind.VIDEO:
            stream.way.path, stream.way.told = self._path, self._share_path
            stream.way.extension = agreed.transport_id
            stream.arrived.extension = agreed.transport_id if agreed.receive else 0
        if agreed.content:
            content = RtpContent(self.id, stream, agreed, self._clock, lambda: self._open)
            content.receive_into(self._terms.intake)
            self.content = self._content = content
            return stream
        if agreed.codec.kind is Kind.VIDEO:
            self._video = stream
            self._carry_pictures(agreed)
        else:
            self._audio = stream
            self._carry_sound(stream, agreed)
        if agreed.receive:
            stream.receive_into(self._terms.intake, agreed.fmtp, agreed.level_id)
        return stream

    def _readjust(self, stream: RtpStream, before: MediaAgreement, agreed: MediaAgreement) -> None:
        """The same stream, from now on in other directions or within other limits."""
        if agreed.content and self._content is not None:
            self._content.readjust(agreed, self._terms.intake)
            return
        stream.sends = agreed.send
        if agreed.codec.kind is Kind.VIDEO:
            self._carry_pictures(agreed)
        else:
            self._carry_sound(stream, agreed)
        if agreed.receive and not before.receive:
            stream.receive_into(self._terms.intake, agreed.fmtp, agreed.level_id)
        elif before.receive and not agreed.receive:
            stream.receive_nothing()

    def _drop(self, stream: RtpStream) -> None:
        """A stream that is over by what was agreed on anew."""
        stream.sends = False
        stream.receive_nothing()
        if stream is self._video:
            self._video = self._pictures_agreed = self._refresh = self.video_out = None
            self.abilities = Abilities(sends_video=False)
        elif stream is self._audio:
            self._audio = self.audio_out = None
        else:
            self._content = self.content = None

    def _carry_camera(self, agreed: CameraAgreement, send: Transmit) -> CameraChannel:
        """The line that moves cameras, by this way out."""
        self._camera = CameraChannel(agreed, send, self._clock.now_ns)
        self._camera.told = lambda order: self.feedback.camera_wanted(order)
        if agreed.send:
            self.camera = self._camera
        return self._camera

    def _carry_pictures(self, agreed: MediaAgreement) -> None:
        asks = not CAN_ASK.isdisjoint(agreed.feedback)
        self.abilities = Abilities(
            keyframes_on_request=agreed.receive and asks,
            takes_streams=self._takes_streams(agreed),
            h264_limit=h264_limit(agreed.fmtp) if agreed.codec is H264 else b"",
            sends_video=agreed.receive,
        )
        self._pictures_agreed = agreed if agreed.send else None
        self._refresh = Refresh(self._clock.now_ns()) if agreed.send and not asks else None
        if agreed.codec is H264 and self._video is not None:
            self._video.lossy_changed = self._pictures_lossy
        if agreed.send:
            self.set_form(self._form, self._limit)
        else:
            self.video_out = None

    def _pictures_lossy(self, lossy: bool) -> None:
        """Who loses packets and asks for none again is sent pictures that heal by themselves, which
        no site's own stream does."""
        agreed, form = self._pictures_agreed, self.video_out
        if agreed is None or form is None:
            return
        takes_streams = self._takes_streams(agreed) and not lossy
        self.abilities = replace(self.abilities, takes_streams=takes_streams)
        self.video_out, self._refreshed = replace(form, refreshed=lossy), lossy
        self._path_told = (0, 0)
        self._share_path()

    @staticmethod
    def _takes_streams(agreed: MediaAgreement) -> bool:
        asks = not CAN_ASK.isdisjoint(agreed.feedback)
        return agreed.send and asks and not whole_slices_only(agreed.codec, agreed.fmtp)

    def _carry_sound(self, stream: RtpStream, agreed: MediaAgreement) -> None:
        form = self._terms.audio
        if not agreed.send or form is None:
            self.audio_out = None
            return
        channels = min(form.channels, 2 if agreed.stereo else 1)
        self.audio_out = replace(form, codec=agreed.codec, channels=channels, dtx=agreed.dtx)
        if agreed.in_band_fec:
            stream.lossy_changed = self._lossy_changed
        self.set_form(self._form, self._limit)

    def _lossy_changed(self, lossy: bool) -> None:
        if self.audio_out is not None:
            self.audio_out = replace(self.audio_out, lossy=lossy)

    def set_form(self, form: VideoForm | None, limit: VideoLimit) -> None:
        """The conference has another picture, or the site another limit: `video_out` follows, and
        sound where the limit is one of all media."""
        self._form, self._limit = form, limit
        self._tune_sound()
        agreed = self._pictures_agreed
        if form is not None and agreed is not None:
            sound = self.audio_out.bitrate_bps if self.audio_out is not None else 0
            taken = receivable(form, agreed, picture_limit(limit, sound))
            self.video_out = replace(taken, refreshed=self._refreshed)

    def _tune_sound(self) -> None:
        """Give sound its part of what may be sent, and of what the path bears."""
        audio, form = self.audio_out, self._terms.audio
        if audio is None or form is None or not adjustable(audio.codec):
            return
        bits = form.bitrate_bps
        if self._limit.rate_bps:
            bits = min(bits, sound_share(self._limit.rate_bps))
        if self._path.limit_bps < UNLIMITED_BPS and self._pictures_agreed is not None:
            all_media = self._path.limit_bps + audio.bitrate_bps
            if audio.bitrate_bps < sound_share(all_media):  # more only where it will last
                all_media = int(all_media / LASTING)
            bits = min(bits, max(sound_share(all_media), SOUND[0][1]))
        self.audio_out = replace(audio, bitrate_bps=bits)

    async def reoffer(self, offer_sdp: str) -> str:
        """Answer another offer of the same side; streams that it leaves as they are go on.

        Raises BadInput for what is no usable offer, Refused where it leaves nothing in common or
        cannot be done within the call; all is as it was then.
        """
        raise NotImplementedError

    # ---------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Begin; raises Refused before the door has negotiated."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Close everything and wait for it; safe twice."""
        raise NotImplementedError

    def _begin(self) -> None:
        self._pulse = Pulse.here()
        self._pulse.add(self._beat, self._clock, self._broke)

    def _end(self) -> None:
        if self._pulse is not None:
            self._pulse.remove(self._beat)
            self._pulse = None

    def _beat(self, now_ns: int) -> None:
        if self._refresh is not None and self._refresh.due(now_ns):
            self.feedback.keyframe_wanted()
        for stream in (self._video, self._audio, self._content):
            if stream is not None:
                stream.tick(now_ns)
        if self._camera is not None and self._open:
            self._camera.tick(now_ns)
        if now_ns >= self._path_ns:
            self._path_ns = now_ns + PATH_EVERY_NS
            self._path.tick(now_ns)
            self._share_path()

    def _share_path(self) -> None:
        """Tell what the path bears of pictures, where that is not much the same as before."""
        main, beside = self.video_out, self._content.video_out if self._content else None
        both = sum(form.bitrate_bps for form in (main, beside) if form is not None)
        limit, (before, divided) = self._path.limit_bps, self._path_told
        repairs = max((one.overhead for one in (self._video, self._content) if one), default=0.0)
        if repairs:  # are part of what they take, and of what the path bears
            limit = int(min(limit, both / PAYLOAD_SHARE) / (1 + repairs))
        if divided == both and abs(limit - before) <= PATH_STEP * before:
            return
        self._path_told = (limit, both)
        self._tune_sound()
        for one, form in ((self, main), (self._content, beside)):
            if one is not None and form is not None:
                share = PAYLOAD_SHARE * form.bitrate_bps / both
                one.feedback.bitrate_advised(int(share * limit))

    def _broke(self, error: Exception) -> None:
        """A fault of ours ends this connection and no other."""
        log.error("connection failed", endpoint=self.id, exc_info=error)
        self._open = False
        self.feedback.state_changed("away", "internal error")

    # --------------------------------------------------------------------------------------- media

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`; dropped while there is no way out."""
        if self._open and self._video is not None:
            self._video.send(unit)

    def send_audio(self, unit: EncodedUnit) -> None:
        """Send 20 ms of coded sound of form `audio_out`; dropped while there is no way out."""
        if self._open and self._audio is not None:
            self._audio.send(unit)

    def ask_keyframe(self) -> None:
        """Send a PLI to its sender; nothing where no video comes in."""
        if self._open and self._video is not None:
            self._video.ask_keyframe()

    def ask_rate(self, bitrate_bps: int) -> None:
        """Let its sender of pictures send at most so much; nothing where none come in."""
        if self._video is not None:
            self._video.ask_rate(bitrate_bps)

    def reception(self) -> tuple[ReceptionCounters, ReceptionCounters]:
        """What became of the packets of its pictures, and of its sound; from any thread."""
        video, audio = self._video, self._audio
        return (
            video.reception() if video is not None else ReceptionCounters(),
            audio.reception() if audio is not None else ReceptionCounters(),
        )
