"""What callers are shown of conferences, sites and recordings: made of what is wanted and seen."""

from dataclasses import dataclass, field
from typing import Literal

from control_api.auth.rights import Right
from control_api.persistence.conferences import WantedConference
from control_api.persistence.rules import Rules
from control_api.services.picture_views import (
    ContentView,
    GroupView,
    LayoutView,
    LimitView,
    LogoView,
    PaneView,
    PictureView,
    RecordedView,
    RecordingRulesView,
    ShownContentView,
    TextView,
    View,
    VoiceView,
)
from mcu_core.contract.definition import Encryption, SiteDefinition, SiteKind
from mcu_core.contract.snapshots import ContentSnapshot, SiteSnapshot
from recorder.contract import RecordingInfo, RecordingState

SiteState = Literal["away", "joining", "joined"]
SILENCE_DBOV = -127.0


class VideoView(View):
    """The picture that a site sends."""

    codec: str
    width: int
    height: int
    fps: float
    stalled: bool


class AudioView(View):
    """The sound that a site sends."""

    codec: str


class LineView(View):
    """What comes from a site, picture and sound, in the last seconds; lost of its picture."""

    rate_kbps: int
    loss_percent: float


class SiteView(View):
    """One site (会场). `muted` is 闭音 (not heard), `quiet` is 静音 (hears nothing).

    `watch` is the site that it has chosen to see, `view` its own picture; each may be none.
    `source_locked`: nothing but these changes what it sees.
    `talks_muted`: it talks now, and is muted. `encrypted`: nobody on the way can read its media.
    """

    id: str
    name: str
    kind: SiteKind
    state: SiteState
    muted: bool
    quiet: bool
    gain_db: float
    video_off: bool
    auto_gain: bool
    noise_gate: bool
    watch: str
    view: PictureView | None
    source_locked: bool
    limit: LimitView
    level_dbov: float
    speaking: bool
    talks_muted: bool
    video: VideoView | None
    audio: AudioView | None
    line: LineView | None = None
    """None: nothing came over one, or it is not known yet."""
    encrypted: bool
    reason: str


class ShownView(View):
    """What the picture shows now: the mode (None: own layout) and who stands in which pane."""

    mode: int | None
    panes: list[str]
    """Ids of sites; `%AUX1` is the content."""


class RunningRecordingView(View):
    """The recording that is running."""

    id: str
    state: Literal["recording", "paused", "failed"]
    """`failed`: nothing is written now; it goes on as soon as the disk takes it."""


class RulesView(View):
    """Who may come in, and who may watch; of passwords only whether there are."""

    access_code: str
    has_password: bool
    has_chair_password: bool
    anonymous: bool
    locked: bool
    live: bool


class ConferenceView(View):
    """One conference as it is wanted and seen; `engine` carries it.

    `hands`: the sites that ask for the floor, first come first.
    `reduced`: how far that engine has reduced its pictures to carry its load, 0 (not at all) to 5.
    """

    id: str
    name: str
    width: int
    height: int
    fps: int
    engine: str
    revision: int
    layout: LayoutView
    shown: ShownView
    reduced: int
    panes: list[PaneView]
    poll_s: float
    groups: list[GroupView]
    broadcast: str
    lecturer: str
    chair: str
    content: ContentView
    voice: VoiceView
    limit: LimitView
    loudest: int
    pan_by_pane: bool
    encryption: Encryption
    sites: list[SiteView]
    speaker: str
    hands: list[str]
    rules: RulesView
    recording: RunningRecordingView | None
    recorded: RecordedView
    recording_rules: RecordingRulesView
    show_names: bool
    banner: TextView
    caption: TextView
    logo: LogoView | None


class RecordingView(View):
    """One recording; it can be played while it is still `recording`.

    `patient` is shown only to who may read it; what is on `hold` is deleted by nobody. `may` is
    what who asks may do with it: each right contains those before it.
    """

    id: str
    conference: str
    title: str
    state: Literal["recording", "paused", "done", "failed"]
    started_at: str
    duration_s: float
    size_bytes: int
    reason: str
    doctor: str
    department: str
    group: str
    keywords: list[str]
    patient: str
    hold: bool
    archived: bool
    may: Right = Right.MANAGE


@dataclass(frozen=True, slots=True)
class SeenSite:
    """What the engine last told of a site; `reason` says why it is away."""

    snapshot: SiteSnapshot
    reason: str = ""


@dataclass(slots=True)
class SeenConference:
    """What the engine last told of a conference."""

    mode: int | None = None
    panes: tuple[str, ...] = ()
    speaker: str = ""
    reduced: int = 0
    content: ContentSnapshot | None = None
    recording: Literal["recording", "paused", "failed"] = "recording"
    """What its recording does, if there is one."""
    muted_talkers: frozenset[str] = frozenset()
    sites: dict[str, SeenSite] = field(default_factory=dict)
    lines: dict[str, LineView] = field(default_factory=dict)
    looked_ns: int = 0
    """Of the last snapshot, on its engine's clock."""
    been: set[str] = field(default_factory=set)
    """The sites that have been connected."""


def site_view(site: SiteDefinition, conference: SeenConference) -> SiteView:
    """One site as it is wanted and seen."""
    seen = conference.sites.get(site.id)  # None while its engine has told nothing
    now = seen.snapshot if seen is not None else SiteSnapshot(site.id, site.name)
    joined = now.state == "joined"
    state: SiteState = "joined" if joined else "joining" if now.state == "joining" else "away"
    video = VideoView(
        codec=now.video_codec,
        width=now.width,
        height=now.height,
        fps=round(now.fps, 1),
        stalled=now.video_stalled,
    )
    return SiteView(
        id=site.id,
        name=site.name,
        kind=site.kind,
        state=state,
        muted=site.muted,
        quiet=site.quiet,
        gain_db=site.gain_db,
        video_off=site.video_off,
        auto_gain=site.auto_gain,
        noise_gate=site.noise_gate,
        watch=site.watch,
        view=PictureView.model_validate(site.view) if site.view is not None else None,
        source_locked=site.source_locked,
        limit=LimitView.model_validate(site.limit),
        level_dbov=now.level_dbov if joined else SILENCE_DBOV,
        speaking=joined and conference.speaker == site.id,
        talks_muted=joined and site.muted and site.id in conference.muted_talkers,
        video=video if joined and now.video_codec else None,
        audio=AudioView(codec=now.audio_codec) if joined and now.audio_codec else None,
        line=conference.lines.get(site.id) if joined else None,
        encrypted=joined and now.encrypted,
        reason=seen.reason if seen is not None else "",
    )


def conference_view(wanted: WantedConference, seen: SeenConference) -> ConferenceView:
    """A conference as it is wanted and seen."""
    definition, recording = wanted.definition, wanted.recording
    return ConferenceView(
        id=definition.id,
        name=definition.name,
        width=definition.width,
        height=definition.height,
        fps=definition.fps,
        engine=wanted.engine,
        revision=definition.revision,
        layout=LayoutView.model_validate(definition.layout),
        shown=ShownView(mode=seen.mode, panes=list(seen.panes)),
        reduced=seen.reduced,
        panes=[PaneView.model_validate(pane) for pane in definition.panes],
        poll_s=definition.poll_s,
        groups=[GroupView.model_validate(group) for group in definition.groups],
        broadcast=definition.broadcast,
        lecturer=definition.lecturer,
        chair=definition.chair,
        content=ContentView(
            senders=definition.content.senders,
            site=definition.content.site,
            locked=definition.content.locked,
            share=definition.content.share,
            motion=definition.content.motion,
            several=definition.content.several,
            shown=shown_content(seen.content),
        ),
        voice=VoiceView.model_validate(definition.voice),
        limit=LimitView.model_validate(definition.limit),
        loudest=definition.loudest,
        pan_by_pane=definition.pan_by_pane,
        encryption=definition.encryption,
        sites=[site_view(site, seen) for site in definition.sites],
        speaker=seen.speaker,
        hands=[one for one in wanted.rules.hands if one in {site.id for site in definition.sites}],
        rules=rules_view(wanted.rules),
        recording=(
            RunningRecordingView(id=recording.id, state=seen.recording)
            if recording is not None
            else None
        ),
        recorded=RecordedView.model_validate(definition.recorded),
        recording_rules=RecordingRulesView.model_validate(definition.recording),
        show_names=definition.show_names,
        banner=TextView.model_validate(definition.banner),
        caption=TextView.model_validate(definition.caption),
        logo=LogoView.model_validate(definition.logo) if definition.logo is not None else None,
    )


def rules_view(rules: Rules) -> RulesView:
    """What is asked at the door."""
    return RulesView(
        access_code=rules.access_code,
        has_password=bool(rules.password),
        has_chair_password=bool(rules.chair_password),
        anonymous=rules.anonymous,
        locked=rules.locked,
        live=rules.live,
    )


def shown_content(content: ContentSnapshot | None) -> ShownContentView | None:
    """What is shown as content."""
    return ShownContentView.model_validate(content) if content is not None else None


def public_view(view: ConferenceView) -> ConferenceView:
    """What a guest is shown: not where it runs, its access code, nor why others are away."""
    sites = [public_site(site) for site in view.sites]
    rules = view.rules.model_copy(update={"access_code": ""})
    return view.model_copy(update={"engine": "", "sites": sites, "rules": rules})


def public_site(view: SiteView) -> SiteView:
    """What a guest is shown of a site."""
    return view.model_copy(update={"reason": ""})


def public_recording(view: RecordingView) -> dict[str, object]:
    """What a guest is told of a recording: that it runs, and not what it is about."""
    return view.model_dump(include={"id", "conference", "state", "started_at", "duration_s"})


def recording_view(info: RecordingInfo, wanted: bool, patient: str = "") -> RecordingView:
    """One recording; an interrupted one that is wanted is about to go on."""
    state: Literal["recording", "paused", "done", "failed"]
    reason = info.reason
    match info.state:
        case RecordingState.RECORDING:
            state = "recording"
        case RecordingState.PAUSED:
            state = "paused"
        case RecordingState.DONE:
            state = "done"
        case RecordingState.FAILED:
            state = "failed"
        case RecordingState.INTERRUPTED:
            state = "recording" if wanted else "failed"
            reason = reason or "interrupted"
    return RecordingView(
        id=info.id,
        conference=info.conference,
        title=info.title,
        state=state,
        started_at=info.started_at,
        duration_s=round(info.duration_s, 3),
        size_bytes=info.size_bytes,
        reason=reason,
        doctor=info.tags.doctor,
        department=info.tags.department,
        group=info.tags.group,
        keywords=list(info.tags.keywords),
        patient=patient,
        hold=info.tags.hold,
        archived=info.archived,
    )
