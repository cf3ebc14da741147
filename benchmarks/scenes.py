"""What runs begin with: sites with tapes, a conference around them, the same mosaic bare."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import tapes
from benchmarks.floor import Mosaic, Rect
from benchmarks.live import CANVAS, CONFERENCE, Member, rtp_site
from benchmarks.load.fleet import Sends, SitePlan
from benchmarks.load.tape import Tape
from benchmarks.tapes import (
    FPS,
    Blocks,
    silent,
    sound_tape,
    tone,
    video_kinds,
    video_tape,
)
from mcu_core.compositor.scene import plan
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    VideoLimit,
)
from mcu_core.layouts.automatic import layout_for
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import OPUS, Codec

BITRATE_BPS = 2_000_000
FIRST_TONE_HZ, TONE_RATIO = 300.0, 1.29
"""Not evenly spaced: what codecs make of two tones would fall on a third one."""

TONES = 2
"""Sites that sound all the time; the others are silent, as in a meeting."""


def tone_of(site: int) -> float:
    """Each site's tone: whole cycles in the loop, so that it goes on without a step."""
    return round(FIRST_TONE_HZ * TONE_RATIO**site * tapes.LOOP_S) / tapes.LOOP_S


def voices(count: int, codec: Codec = OPUS, sounding: int = TONES) -> list[Sends]:
    """Sound for so many sites: a tone each for the first ones, silence for the rest."""
    quiet = sound_tape(codec, silent)
    made: list[Blocks] = [tone(tone_of(k)) for k in range(min(count, sounding))]
    sounding_ = [Sends(sound_tape(codec, blocks)) for blocks in made]
    return sounding_ + [Sends(quiet)] * (count - len(sounding_))


def pictures(count: int, size: str, clips: Path, fps: int = FPS) -> list[Sends]:
    """Pictures for so many sites, five kinds in turn, each site at another second of its loop."""
    kinds = [video_tape(kind, clips) for kind in video_kinds(size, fps)]
    return [
        Sends(kinds[k % len(kinds)], first_unit=k // len(kinds) * fps % kinds[0].units)
        for k in range(count)
    ]


def phases(count: int, fps: int = FPS) -> list[int]:
    """How much later each site begins: they are spread over the frame time."""
    return [k * NS_PER_SECOND // fps // max(1, count) for k in range(count)]


def plans(
    video: Sequence[Sends | None], sound: Sequence[Sends], watched: Sequence[int] = ()
) -> list[SitePlan]:
    """A plan for each site; those without pictures of their own still take some."""
    spread = phases(len(video))
    return [
        SitePlan(pictures_, sound_, receives_video=True, phase_ns=spread[k], watched=k in watched)
        for k, (pictures_, sound_) in enumerate(zip(video, sound, strict=True))
    ]


def members(
    made: Sequence[SitePlan],
    limits: Sequence[VideoLimit] = (),
    conference: str = CONFERENCE,
    prefix: str = "s",
) -> tuple[Member, ...]:
    """Sites s0, s1, ... that play these plans; limit k modulo their number is site k's."""
    return tuple(
        Member(
            rtp_site(
                f"{prefix}{k}",
                limit=limits[k % len(limits)] if limits else None,
                secure=site_plan.secure,
            ),
            site_plan,
            conference,
        )
        for k, site_plan in enumerate(made)
    )


def conference(
    sites: Sequence[SiteDefinition],
    shown: int,
    canvas: tuple[int, int] = CANVAS,
    fps: int = FPS,
    bitrate_bps: int = BITRATE_BPS,
    id: str = CONFERENCE,
) -> ConferenceDefinition:
    """A conference of these sites; pane k of the layout for `shown` holds site k."""
    return ConferenceDefinition(
        id,
        "Benchmark",
        *canvas,
        fps,
        bitrate_bps,
        layout=LayoutChoice(mode=layout_for(shown).id),
        panes=tuple(Pane("site", site.id) for site in sites[:shown]),
        sites=tuple(sites),
    )


def pane_rects(count: int, canvas: tuple[int, int] = CANVAS) -> tuple[Rect, ...]:
    """Where the layout for so many sites has them."""
    return tuple((r.x, r.y, r.w, r.h) for r in plan(layout_for(count), *canvas)[:count])


def mosaic(
    count: int, canvas: tuple[int, int] = CANVAS, fps: int = FPS, bitrate_bps: int = BITRATE_BPS
) -> Mosaic:
    """The mosaic of inputs 0 .. count - 1, to be encoded bare."""
    return Mosaic(canvas, fps, bitrate_bps, pane_rects(count, canvas), tuple(range(count)))


def tapes_of(sends: Sequence[Sends]) -> list[Tape]:
    """The tapes alone."""
    return [each.tape for each in sends]


def smaller(of: Mosaic, width: int, height: int, bitrate_bps: int) -> Mosaic:
    """The same mosaic in another form."""
    rects = pane_rects(len(of.sources), (width, height))
    return replace(of, size=(width, height), rects=rects, bitrate_bps=bitrate_bps)
