"""What control wants of a conference: a whole definition, sent again on every change."""

from enum import StrEnum
from typing import Literal

import msgspec

from mcu_core.contract.content import ContentRules

MAX_SITES = 200
MAX_PANES = 100


class SiteKind(StrEnum):
    """Which door a site comes through."""

    WEBRTC = "webrtc"
    RTP = "rtp"
    FILE = "file"
    PATTERN = "pattern"


class Encryption(StrEnum):
    """Whether media is encrypted (WS/T 546 table 4)."""

    AUTOMATIC = "automatic"
    """Wherever a site can be."""
    FORCED = "forced"
    """Always: who cannot be is kept out."""
    NONE = "none"
    """Of no RTP site. Browsers know no other way, and stay encrypted."""


class PaneFit(StrEnum):
    """How a picture meets a pane of another shape (design 6)."""

    AUTO = "auto"
    """Fill where the aspects differ by under 15 %, else fit."""
    FIT = "fit"
    """All of the picture, bars around it."""
    FILL = "fill"
    """Stretched to the pane."""
    CROP = "crop"
    """The pane full, the picture's edges cut."""


class Pane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in one pane (design 6).

    `auto`: the loudest site not shown elsewhere; `site`: that one; `voice`: who has the floor, else
    who had it last; `poll`: each of `sites` (none named: all that are shown nowhere else) for
    `interval_s`, 1..3600; `content`: the content, automatic while there is none; `empty`: nobody.
    """

    kind: Literal["auto", "site", "voice", "poll", "content", "empty"] = "auto"
    site: str = ""
    fit: PaneFit = PaneFit.AUTO
    sites: tuple[str, ...] = ()
    interval_s: float = 10.0


class LayoutRect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pane of an own layout, in fractions 0..1 of the canvas; higher `z` lies above."""

    x: float
    y: float
    w: float
    h: float
    z: int = 0


class OwnLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caller's own layout; panes may overlap only where `overlap` says so."""

    panes: tuple[LayoutRect, ...]
    name: str = "own"
    main: int = 0
    overlap: bool = False


class LayoutChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which layout: a mode 0..49 of WS/T 546 table 63, an own one, or by the number of sites.

    `own` wins over `mode`; `mode` None without `own` means automatic by `policy`: panes as equal as
    possible, or who speaks in a large one, where automatic panes of that size follow the voice.
    """

    mode: int | None = None
    own: OwnLayout | None = None
    policy: Literal["equal", "speaker"] = "equal"


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A composed picture: the conference's, a group's or a site's own (每端口多画面).

    `panes[k]` stands in pane k of the layout, missing ones are `auto`. `sources`: the sites that
    panes fill themselves from, empty for all. `show_self`: whether a site's own picture shows
    that site too. `poll_s` over 0 polls the whole picture: its automatic panes go on to the
    sites that follow, every so many seconds, 1..3600.
    """

    layout: LayoutChoice = LayoutChoice()
    panes: tuple[Pane, ...] = ()
    sources: tuple[str, ...] = ()
    show_self: bool = False
    poll_s: float = 0.0


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sites that get a picture of their own together; a site is in one group at most."""

    id: int
    sites: tuple[str, ...]
    view: View


class VoiceSwitching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """声控切换. `gate` 0..100 over the site's own noise, 15 the default of WS/T 546 clients.

    `attack_s` of speech take the floor, `hold_s` keep it at least. `to` "panes": who has the
    floor stands in panes of kind `voice`; "broadcast": is seen in full by all who have not
    chosen by hand, and sees who had it before.
    """

    enabled: bool = True
    gate: int = 15
    attack_s: float = 1.5
    hold_s: float = 2.0
    to: Literal["panes", "broadcast"] = "panes"


class TextStrip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of text over the picture: banner (横幅) or caption (字幕); empty text shows none.

    `size` is its height as a fraction of the canvas, 0.02..0.2; `color` and `background` are
    #rrggbb, or #rrggbbaa for a background that the picture shines through.
    """

    text: str = ""
    position: Literal["top", "bottom"] = "top"
    size: float = 0.06
    color: str = "#ffffff"
    background: str = "#00000099"


class Logo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture file (PNG, within the media folder) in a corner; `size` of the canvas height."""

    path: str
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-right"
    size: float = 0.08


class VideoLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that a site's receiver may be sent; 0: no limit of its own.

    `bitrate_bps` is that of pictures, `rate_bps` of all media together, of which sound has its
    part first; both are payload, without the headers of packets.
    """

    width: int = 0
    height: int = 0
    fps: int = 0
    bitrate_bps: int = 0
    rate_bps: int = 0


class FileSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file player's clip, looped."""

    path: str
    loop: bool = True


class PatternSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test pattern: burnt-in frame counter, flat colour, a tone and a chirp each second."""

    width: int = 640
    height: int = 360
    fps: int = 30
    color: str = "#206080"
    tone_hz: float = 440.0


class SiteDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One site as control wants it.

    `muted` is 闭音 (not heard), `quiet` 静音 (hears nothing), `video_off` not seen by others.
    `watch` names the site that this one has chosen to see in full (选看), `view` is its own
    picture (每端口多画面); `watch` goes before `view`, both before its group's. `source_locked`
    (锁定视频源): what it sees stays so, whoever is broadcast, lectures or speaks. `auto_gain` evens
    out its loudness, `noise_gate` closes its microphone between words.
    """

    id: str
    name: str
    kind: SiteKind
    muted: bool = False
    quiet: bool = False
    gain_db: float = 0.0
    video_off: bool = False
    auto_gain: bool = False
    noise_gate: bool = False
    watch: str = ""
    view: View | None = None
    source_locked: bool = False
    limit: VideoLimit = VideoLimit()
    file: FileSource | None = None
    pattern: PatternSource | None = None


class RecordedPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the main picture of a recording is, and how it is coded.

    `of` conference: what viewers see; site: `site` in full, whose place stays while it is away;
    content: the content alone, and what viewers see while there is none; own: `view`. `width`,
    `height`, `fps` and `bitrate_bps` are the calls' where they are 0. `small`: it is coded a second
    time, for those with little bandwidth.
    """

    of: Literal["conference", "site", "content", "own"] = "conference"
    site: str = ""
    view: View | None = None
    width: int = 0
    height: int = 0
    fps: int = 0
    bitrate_bps: int = 0
    small: bool = True


class RecordingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a conference may be recorded, and how those in it learn that it is.

    `consent` free: by whoever may record at all; asked: once the chair has `agreed`; refused: not.
    Where recording begins, a line in `language` says so in the picture for `notice_s` seconds
    (0..86400) after two tones; 0: neither.
    """

    consent: Literal["free", "asked", "refused"] = "free"
    agreed: bool = False
    notice_s: float = 10.0
    language: Literal["en", "zh", "both"] = "both"


class ConferenceDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conference as control wants it; `revision` grows with every change.

    `width`, `height` even pixels, 128x96 .. 1920x1080; `fps` 1..60; `panes[k]` stands in pane k of
    the layout, missing ones are `auto`, and `poll_s` is as in View.

    `broadcast` names a site that all see in full (广播会场), over everything else; `lecturer` one
    that all others see in full, while it sees them (演讲模式); `chair` the one that chairs (主席).
    `limit` is that of every site, beside its own one.
    `encryption` counts for those who connect from then on; forced, sites that are not encrypted go.
    `loudest`: how many sites are heard at once, 0 for all. `pan_by_pane` places each mono site's
    sound where its pane stands. `recording_runs`: whether somebody records it now.
    """

    id: str
    name: str
    width: int = 1280
    height: int = 720
    fps: int = 30
    video_bitrate_bps: int = 2_000_000
    limit: VideoLimit = VideoLimit()
    layout: LayoutChoice = LayoutChoice()
    panes: tuple[Pane, ...] = ()
    poll_s: float = 0.0
    groups: tuple[Group, ...] = ()
    broadcast: str = ""
    lecturer: str = ""
    chair: str = ""
    content: ContentRules = ContentRules()
    voice: VoiceSwitching = VoiceSwitching()
    loudest: int = 0
    pan_by_pane: bool = False
    sites: tuple[SiteDefinition, ...] = ()
    show_names: bool = True
    banner: TextStrip = TextStrip()
    caption: TextStrip = TextStrip(position="bottom")
    logo: Logo | None = None
    recorded: RecordedPicture = RecordedPicture()
    recording: RecordingRules = RecordingRules()
    recording_runs: bool = False
    encryption: Encryption = Encryption.AUTOMATIC
    revision: int = 0

    @property
    def view(self) -> View:
        """The conference picture."""
        return View(self.layout, self.panes, show_self=True, poll_s=self.poll_s)
