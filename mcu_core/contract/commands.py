"""What may be asked of an engine, and what it answers.

Every command is answered once, by its reply or by a Failure. Commands are idempotent: control may
send them again after a broken connection.
"""

import msgspec

from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.contract.snapshots import EngineSnapshot, SiteTrace


class PutConference(msgspec.Struct, frozen=True, tag=True):
    """Make this conference, or change it into this; takes effect on the next tick. Reply: Done.

    `settled`: it has been granted before, and is brought back; else it is Refused where it needs
    encoders that the engine has no room for.
    """

    definition: ConferenceDefinition
    settled: bool = False


class CloseConference(msgspec.Struct, frozen=True, tag=True):
    """End a conference; unknown ones are already ended. Reply: Done."""

    conference: str


class AttachWebRtc(msgspec.Struct, frozen=True, tag=True):
    """Connect a browser. Reply: Attached with the SDP answer.

    `site` must be defined with kind webrtc; it is empty for a viewer who only watches and listens
    (WHEP). A new attach of a site replaces its old connection and keeps seat, pane and mute.
    """

    conference: str
    site: str
    offer_sdp: str


class AttachRtp(msgspec.Struct, frozen=True, tag=True):
    """Connect an RTP site. Reply: Attached with the SDP answer.

    `ports` asks for the local ports of an earlier session (video, audio), 0 where any will do, so
    that a sender need not be told new ones after an engine was replaced.
    """

    conference: str
    site: str
    offer_sdp: str
    ports: tuple[int, int] = (0, 0)


class OfferRtp(msgspec.Struct, frozen=True, tag=True):
    """Make an offer of our own to an RTP site, in place of one before; it stands for a minute.
    Reply: Attached with the offer; nothing is connected yet. `owner`: on whose behalf; each may
    have so many offers waiting."""

    conference: str
    site: str
    owner: str = ""


class AnswerRtp(msgspec.Struct, frozen=True, tag=True):
    """The other side's answer to OfferRtp. Reply: Attached with that answer, and our ports."""

    conference: str
    site: str
    answer_sdp: str


class Reoffer(msgspec.Struct, frozen=True, tag=True):
    """Change what was agreed on with a site's connection, which goes on: content, hold, codecs,
    addresses. Reply: Attached with the new answer."""

    conference: str
    endpoint: str
    offer_sdp: str


class TakeContent(msgspec.Struct, frozen=True, tag=True):
    """Show the content of a site that sends some, over all others and any lock. Reply: Done."""

    conference: str
    site: str


class EndContent(msgspec.Struct, frozen=True, tag=True):
    """Show a site's content no more, until it begins anew; else it has ended. Reply: Done."""

    conference: str
    site: str


class MoveCamera(msgspec.Struct, frozen=True, tag=True):
    """Have the camera of a site do something by its own line (RFC 4573). Reply: Done."""

    conference: str
    site: str
    order: CameraOrder


class Detach(msgspec.Struct, frozen=True, tag=True):
    """Drop a connection; unknown ones are already dropped. Reply: Done."""

    conference: str
    endpoint: str


class GetSnapshot(msgspec.Struct, frozen=True, tag=True):
    """Reply: EngineSnapshot."""


class GetTrace(msgspec.Struct, frozen=True, tag=True):
    """Ask for the last minute of a site: why its pane stood still. Reply: SiteTrace."""

    conference: str
    site: str


class TakeStill(msgspec.Struct, frozen=True, tag=True):
    """Ask for the newest picture of a site, of its content, or with an empty `site` of the content
    that is shown. What nobody sees is decoded for it, for some seconds. Reply: StillTaken."""

    conference: str
    site: str = ""
    content: bool = False


class OpenTap(msgspec.Struct, frozen=True, tag=True):
    """Turn this connection into the tap of a conference. Reply: Done, then TapTrack and TapUnit.

    Units after `since_ns` (conference clock) that the engine still holds are sent first, beginning
    with a keyframe; 0 begins with the next keyframe. `content`: its pictures come as a track of
    their own, and not in the main picture; `recorded`: the main picture is the one that is to be
    recorded, with a small coding of it beside, where those are wanted, else what viewers see.
    Engines that do not know these go on without.
    """

    conference: str
    since_ns: int = 0
    content: bool = False
    recorded: bool = False


class Done(msgspec.Struct, frozen=True, tag=True):
    """Done, or already so."""


class Attached(msgspec.Struct, frozen=True, tag=True):
    """A connection stands: its id, our SDP, and the local ports (video, audio) of an RTP site."""

    endpoint: str
    sdp: str
    ports: tuple[int, int] = (0, 0)


class StillTaken(msgspec.Struct, frozen=True, tag=True):
    """A picture in its own size: planes of 4:2:0, 8 bits, rows without padding.

    `age_s`: how old it is; `matrix` and `full_range`: what its codes mean (media/color.py);
    `pixel_aspect`: width over height of a pixel; `rotation`: how far a viewer turns it clockwise.
    """

    width: int
    height: int
    y: bytes
    u: bytes
    v: bytes
    age_s: float = 0.0
    matrix: str = "bt709"
    full_range: bool = False
    pixel_aspect: tuple[int, int] = (1, 1)
    rotation: int = 0


class Failure(msgspec.Struct, frozen=True, tag=True):
    """A refusal. `kind` is the exception's class name (BadInput, NotFound, Refused, McuError)."""

    kind: str
    message: str
    field: str = ""


Command = (
    PutConference
    | CloseConference
    | AttachWebRtc
    | AttachRtp
    | OfferRtp
    | AnswerRtp
    | Reoffer
    | TakeContent
    | EndContent
    | MoveCamera
    | Detach
    | GetSnapshot
    | GetTrace
    | TakeStill
    | OpenTap
)
Answer = Done | Attached | Failure | EngineSnapshot | SiteTrace | StillTaken
