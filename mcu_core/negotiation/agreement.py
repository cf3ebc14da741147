"""What two sides have agreed on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mcu_core.media.codec import OPUS, Codec
from mcu_core.protocol.sdes import Suite
from mcu_core.protocol.sdp import SessionDescription


@dataclass(frozen=True, slots=True)
class Protection:
    """Payload types of what helps against lost packets, both ways; 0 where there is none.

    `rtx`: packets that were asked for again (RFC 4588). `red`: packets of several frames of sound,
    or of pictures and `ulpfec` (RFC 2198). `ulpfec`: packets that mend pictures (RFC 5109).
    `moving`: ids of header extensions that they write after having made those.
    """

    rtx: int = 0
    red: int = 0
    ulpfec: int = 0
    moving: frozenset[int] = frozenset()


NO_PROTECTION = Protection()


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """How packets of a section are encrypted: master keys and salts of what we send, and of what
    they do."""

    suite: Suite
    ours: bytes = field(repr=False)
    theirs: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MediaAgreement:
    """One kind of media.

    `payload_type_out` is what we write into our packets, `payload_type_in` what theirs have. Our
    media goes to `remote_host`:`remote_port`, our RTCP to `remote_rtcp_host`:`remote_rtcp_port`
    (the same with `rtcp_mux`). `send` and `receive` are ours. `fmtp`: their format parameters, for
    the depayloader (parameter sets) and for what we send. `max_bitrate_bps`: the most that they
    take, None where they set no limit. `feedback`: RTCP feedback that both sides understand, as
    ``nack pli``; empty for peers that know of none. `max_width`, `max_height`: the largest picture
    that they take in pixels (RFC 6236), 0 where they say nothing. `level_id`: the header extension
    by which they tell how loud their sound is (RFC 6464), 0 for none. `transport_id`: the one that
    numbers all packets of a path, of which they tell when they came (transport-cc). `events_type`:
    the payload type by which they tell keys (RFC 4733), 0 for none. `content`: these pictures are
    not the main ones but slides beside them (RFC 4796). `protection`: what is used against lost
    packets beside feedback. `keys`: of encrypted plain RTP, None where it is not, or where the
    transport itself encrypts (DTLS). `layers`: names of the sizes in which they send one picture at
    once (RFC 8853), in their order, told by the header extension `rid_id`, of packets that are sent
    again by `repeated_id`; empty where they do not.
    """

    codec: Codec
    payload_type_out: int
    payload_type_in: int
    remote_host: str
    remote_port: int
    remote_rtcp_port: int
    send: bool
    receive: bool
    rtcp_mux: bool
    fmtp: Mapping[str, str]
    max_bitrate_bps: int | None
    remote_rtcp_host: str = ""
    feedback: tuple[str, ...] = ()
    max_width: int = 0
    max_height: int = 0
    level_id: int = 0
    transport_id: int = 0
    events_type: int = 0
    content: bool = False
    protection: Protection = NO_PROTECTION
    keys: SrtpKeys | None = None
    layers: tuple[str, ...] = ()
    rid_id: int = 0
    repeated_id: int = 0

    def same_stream(self, other: "MediaAgreement") -> bool:
        """Whether the same packets mean the same: only directions, limits and addresses differ."""
        return (
            replace(
                other,
                remote_host=self.remote_host,
                remote_port=self.remote_port,
                remote_rtcp_host=self.remote_rtcp_host,
                remote_rtcp_port=self.remote_rtcp_port,
                send=self.send,
                receive=self.receive,
                level_id=self.level_id,
                events_type=self.events_type,
                transport_id=self.transport_id,
                max_bitrate_bps=self.max_bitrate_bps,
                max_width=self.max_width,
                max_height=self.max_height,
                keys=self.keys,
            )
            == self
        )

    @property
    def stereo(self) -> bool:
        """Whether they want to hear two channels; Opus is mono where nothing is said (RFC 7587)."""
        if self.codec != OPUS:
            return self.codec.channels == 2
        return self.fmtp.get("stereo") == "1"

    @property
    def dtx(self) -> bool:
        """Whether they would rather not be sent silence (RFC 7587 6.1)."""
        return self.codec == OPUS and self.fmtp.get("usedtx") == "1"

    @property
    def in_band_fec(self) -> bool:
        """Whether they can make use of Opus's repeated frames (RFC 7587 6.1)."""
        return self.codec == OPUS and self.fmtp.get("useinbandfec") == "1"


@dataclass(frozen=True, slots=True)
class CameraAgreement:
    """The line that moves cameras (RFC 4573): orders go to `remote_host`:`remote_port` where we
    `send` them. `keys`: None where it is not encrypted."""

    payload_type: int
    remote_host: str
    remote_port: int
    send: bool
    receive: bool
    keys: SrtpKeys | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome: the description to hand out, and one agreement per kind, None where refused.

    `content`: a second video section, for slides; `camera`: the line that moves cameras.
    `refusals`: for people, why media sections of the other side were not taken.
    """

    description: SessionDescription
    video: MediaAgreement | None
    audio: MediaAgreement | None
    refusals: tuple[str, ...] = ()
    content: MediaAgreement | None = None
    camera: CameraAgreement | None = None
