"""Bodies of requests; what is answered is in services/views.py."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from control_api.rest.json_body import Body, Number, changes_of
from control_api.rest.picture_bodies import (
    ContentChange,
    LayoutBody,
    LimitChange,
    LogoBody,
    RecordedChange,
    RecordingRulesChange,
    SiteId,
    TextChange,
    VoiceChange,
)
from control_api.services.inputs import MOST_CAMERAS
from mcu_core.contract.camera import CameraOrder
from mcu_core.contract.definition import Encryption, FileSource, PatternSource, SiteKind

Name = Annotated[
    StrictStr, Field(description="1..64 characters, any script", examples=["协和医院 Union"])
]


class LoginBody(Body):
    """User and password, or the token of the login link that `mcu run` prints."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user": "admin", "password": "…"}]})

    user: Annotated[StrictStr, Field(max_length=200)] = ""
    password: Annotated[StrictStr, Field(max_length=1000)] = ""
    token: Annotated[StrictStr, Field(max_length=200)] = ""
    new_password: Annotated[StrictStr, Field(max_length=1000)] = Field(
        "", description="where the password must be changed (urn:mcu:login:password-expired)"
    )


class PasswordBody(Body):
    """A new password for the user that is logged in."""

    old: Annotated[StrictStr, Field(max_length=1000)]
    new: Annotated[StrictStr, Field(max_length=1000)]


class GatewayPasswordBody(Body):
    """What a program of this user's logs in with at the SOAP gateway."""

    password: Annotated[StrictStr, Field(max_length=1000)]


class UserBody(Body):
    """A new user."""

    name: Annotated[StrictStr, Field(max_length=200)]
    password: Annotated[StrictStr, Field(max_length=1000)]
    role: Annotated[StrictStr, Field(max_length=64)] = Field(
        description="admin, operator, viewer, or one that was made"
    )
    temporary: StrictBool = Field(False, description="to be changed at the first login")
    organisation: Annotated[StrictStr, Field(max_length=200)] = Field(
        "", description="sees and changes only what is its or below: 一院/放射科; empty: everything"
    )


class ConferenceChange(Body):
    """What to change, what is not named stays; the canvas is even, 128x96 to 1920x1200."""

    name: Name | None = None
    width: StrictInt | None = None
    height: StrictInt | None = None
    fps: StrictInt | None = None
    video_bitrate_bps: StrictInt | None = None
    limit: LimitChange | None = Field(None, description="of every site, beside its own")
    show_names: StrictBool | None = None
    broadcast: SiteId | None = Field(
        None, description="the site that everybody sees in full (广播会场); empty: none"
    )
    lecturer: SiteId | None = Field(
        None, description="all others see it in full, it sees them (演讲模式); empty: nobody"
    )
    chair: SiteId | None = Field(None, description="the site that chairs (主席); empty: none")
    content: ContentChange | None = None
    encryption: Encryption | None = Field(
        None, description="of media; forced: who cannot be encrypted is kept out, or goes"
    )
    poll_s: Number | None = Field(
        None, description="1..3600: automatic panes go on to the next sites (轮询); 0: they stay"
    )
    voice: VoiceChange | None = None
    loudest: StrictInt | None = Field(
        None, description="how many sites are heard at once, 1..200; 0: all"
    )
    pan_by_pane: StrictBool | None = Field(
        None, description="whether a site is heard from where its pane stands"
    )
    banner: TextChange | None = None
    caption: TextChange | None = None
    logo: LogoBody | None = Field(None, description="null: none")
    recorded: RecordedChange | None = None
    recording_rules: RecordingRulesChange | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were named, as the contract has them."""
        given = changes_of(self)
        if "logo" in self.model_fields_set:
            given["logo"] = self.logo.logo() if self.logo is not None else None
        if self.recorded is not None:
            given["recorded"] = self.recorded.changes()
        if "recording_rules" in given:
            given["recording"] = given.pop("recording_rules")
        return given


class ConferenceBody(ConferenceChange):
    """A new conference; by default 1280x720 at 30 pictures and 2 Mbit/s, names shown."""

    name: Name
    layout: LayoutBody | None = None


class FileBody(Body):
    """A clip on the engine's machine."""

    path: Annotated[StrictStr, Field(min_length=1, max_length=4096)]
    loop: StrictBool = True

    def source(self) -> FileSource:
        """As the contract has it."""
        return FileSource(self.path, self.loop)


class PatternBody(Body):
    """A test pattern: frame counter, flat colour, tone and a chirp each second."""

    width: Annotated[StrictInt, Field(ge=64, le=1920, multiple_of=2)] = 640
    height: Annotated[StrictInt, Field(ge=64, le=1080, multiple_of=2)] = 360
    fps: Annotated[StrictInt, Field(ge=1, le=60)] = 30
    color: Annotated[StrictStr, Field(pattern="^#[0-9a-fA-F]{6}$")] = "#206080"
    tone_hz: Annotated[float, Field(ge=20, le=20_000)] = 440.0

    def source(self) -> PatternSource:
        """As the contract has it."""
        return PatternSource(self.width, self.height, self.fps, self.color, self.tone_hz)


class SiteBody(Body):
    """A new site. webrtc and rtp sites connect later; file and pattern sites by themselves."""

    name: Name
    kind: SiteKind
    muted: StrictBool = False
    quiet: StrictBool = False
    gain_db: float = 0.0
    file: FileBody | None = None
    pattern: PatternBody | None = None


class SiteChange(Body):
    """What to change; what is not named stays."""

    name: Name | None = None
    muted: StrictBool | None = None
    quiet: StrictBool | None = None
    gain_db: Number | None = Field(None, description="-40..20 dB")
    video_off: StrictBool | None = Field(None, description="whether the others do not see it")
    auto_gain: StrictBool | None = Field(None, description="whether its loudness is evened out")
    noise_gate: StrictBool | None = Field(
        None, description="whether its microphone is closed between words"
    )
    watch: SiteId | None = Field(
        None, description="the site that it sees in full (选看); empty: what the others see"
    )
    source_locked: StrictBool | None = Field(
        None,
        description="whether it keeps what it sees, whoever is broadcast or speaks (锁定视频源)",
    )
    limit: LimitChange | None = None


class MoveBody(Body):
    """Where a site goes on."""

    to: Annotated[StrictStr, Field(max_length=64, description="the other conference's id")]


class InputsBody(Body):
    """The cameras of a page."""

    cameras: Annotated[
        list[Annotated[StrictStr, Field(max_length=100)]], Field(max_length=MOST_CAMERAS)
    ]


class InputView(BaseModel):
    """One input; `content`: it is sent beside the camera's picture."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    connected: bool
    content: bool


class OfferBody(Body):
    """A browser's offer with all its candidates."""

    sdp: StrictStr
    type: Literal["offer"] = "offer"


class AnswerView(BaseModel):
    """Our answer, and the connection's name, for DELETE …/endpoints/{endpoint}."""

    sdp: str
    type: Literal["answer"] = "answer"
    endpoint: str


class RecordingBody(Body):
    """A title, otherwise the conference's name; the groups that it belongs to, parted by commas;
    what is recorded, otherwise as before."""

    title: StrictStr = ""
    group: Annotated[StrictStr, Field(max_length=64)] = ""
    picture: RecordedChange | None = None


class PlaceBody(Body):
    """Where the tracks of a recording are to be: in the archive, or on its disk."""

    archived: StrictBool


class ConsentBody(Body):
    """Whether the chair agrees to being recorded."""

    agreed: StrictBool


class MarkBody(Body):
    """What happens; may be empty. `chat`: a line of a chat that is held elsewhere."""

    kind: Literal["operator", "chat"] = "operator"
    text: Annotated[StrictStr, Field(max_length=200)] = ""


LONGEST_S = 1e7
"""Later than any recording ends."""


class MarkAtBody(MarkBody):
    """Seconds from the recording's start."""

    at_s: Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]


class TagsBody(Body):
    """Tags by which a recording is found and kept; `patient` is stored sealed."""

    doctor: StrictStr | None = None
    department: StrictStr | None = None
    group: StrictStr | None = None
    keywords: Annotated[list[StrictStr], Field(max_length=20)] | None = None
    patient: StrictStr | None = None
    hold: StrictBool | None = None


class CameraBody(Body):
    """What a camera is to do: `move` until `stop`, `store` where it stands under `number` or
    `recall` that, or take `source` number `number`. Right, up and in are 1."""

    what: Literal["move", "stop", "store", "recall", "source"]
    pan: int = Field(0, ge=-1, le=1)
    tilt: int = Field(0, ge=-1, le=1)
    zoom: int = Field(0, ge=-1, le=1)
    focus: int = Field(0, ge=-1, le=1)
    number: int = Field(0, ge=0, le=15)

    def order(self) -> CameraOrder:
        """As engines take it."""
        return CameraOrder(**self.model_dump())


class InvitationBody(Body):
    """How long the link is good."""

    hours: Annotated[float, Field(gt=0, le=24 * 31)] = 24.0


class InvitationView(BaseModel):
    """A link with which one guest takes this seat without an account."""

    url: str
    token: str
    expires_at: str


class SessionView(BaseModel):
    """Who is logged in. To pages, a role that was made is one of ours; `title` is its own name."""

    user: str
    role: str
    organisation: str = ""
    title: str = ""


class LayoutModePane(BaseModel):
    """One pane of a mode in fractions of the canvas."""

    x: float
    y: float
    w: float
    h: float
    z: int


class LayoutModeView(BaseModel):
    """One of the 50 modes; `main` is the index of its main pane."""

    id: int
    name: str
    main: int
    panes: list[LayoutModePane]
