"""ports: how many ports a core carries, and what each CAP row of the requirements takes (bar 13).

shared: all get one mosaic. own: each gets a mosaic of its own ("full adaptation"). A port is one
site, in and out. The shared picture itself is apart: it is paid once, however many watch it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.audio import plans_of
from benchmarks.live import CONFERENCE, Member, Run, Setting, lasting, rtp_site, watch
from benchmarks.load.fleet import SitePlan
from benchmarks.report import Report, Row
from benchmarks.scenes import conference, members, pictures, plans, voices
from benchmarks.tapes import BITRATES, FPS, SIZES
from mcu_core.contract.definition import LayoutChoice, Pane, PaneFit, View
from mcu_core.media.codec import OPUS

SOUND_SITES, SPEAKING = 60, 3
SIDE_BY_SIDE = 2
"""The mode of two halves: with two sites it is full, and no view is another's."""


@dataclass(frozen=True, slots=True)
class Form:
    """A size and rate of pictures, and how many sites are measured with it."""

    name: str
    size: str
    fps: int
    few: int
    more: int

    @property
    def bitrate_bps(self) -> int:
        """Of the pictures out."""
        return BITRATES[self.size] * (2 if self.fps > FPS else 1)


FORMS = (
    Form("SD (704x576) 30", "4cif", 30, 4, 16),
    Form("720p 30", "720p", 30, 4, 12),
    Form("1080p 30", "1080p", 30, 2, 6),
    Form("1080p 60", "1080p", 60, 2, 3),
)

DEMANDS = (
    ("CAP-01", "4 x 1080p60", {"1080p 60": 4, "sound": 8}),
    ("CAP-01", "8 x 1080p30", {"1080p 30": 8, "sound": 8}),
    ("CAP-01", "16 x 720p30", {"720p 30": 16, "sound": 8}),
    ("CAP-01", "32 x 4CIF", {"SD (704x576) 30": 32, "sound": 8}),
    ("CAP-02", "84 x 1080p60", {"1080p 60": 84, "sound": 168}),
    ("CAP-02", "168 x 1080p30", {"1080p 30": 168, "sound": 168}),
    ("CAP-02", "336 x 720p30", {"720p 30": 336, "sound": 168}),
    ("CAP-02", "672 x SD", {"SD (704x576) 30": 672, "sound": 168}),
    ("CAP-04", "300 x 1080p30 at 2 Mbit/s", {"1080p 30": 300}),
)
"""Rows of the requirements on capacity: ports of each kind."""


@dataclass(frozen=True, slots=True)
class Price:
    """Cores of one port and of the shared picture; the worst step of overload while measured."""

    port: float
    picture: float
    step: int


def run(seconds: int, clips: Path, forms: Sequence[Form] = FORMS) -> Report:
    """Each form shared and own, `seconds` each."""
    shared = {form.name: _shared(form, seconds, clips) for form in forms}
    own = {form.name: _own(form, seconds, clips) for form in forms}
    sound = _sound(seconds, clips)
    report = Report(f"ports per core, {seconds} s each", [])
    report.rows = [_row(form, shared[form.name], own[form.name]) for form in forms]
    report.rows.append(
        {
            "ports": "sound alone (Opus)",
            "cores a port, shared": round(sound, 4),
            "ports a core, shared": round(1 / max(sound, 1e-6)),
        }
    )
    report.rows += [
        _demand(row, what, wanted, own, shared, sound)
        for row, what, wanted in DEMANDS
        if all(kind == "sound" or kind in own for kind in wanted)
    ]
    return report


def _row(form: Form, shared: Price, own: Price) -> Row:
    return {
        "ports": form.name,
        "cores a port, shared": round(shared.port, 4),
        "shared picture, cores": round(shared.picture, 3),
        "ports a core, shared": round(1 / max(shared.port, 1e-6), 1),
        "cores a port, own": round(own.port, 3),
        "ports a core, own": round(1 / max(own.port, 1e-6), 2),
        "gave way, 0..5": max(shared.step, own.step),
    }


def _demand(
    row: str, what: str, wanted: dict[str, int], own: dict[str, Price], shared: dict[str, Price],
    sound: float,
) -> Row:  # fmt: skip
    """Cores for these ports: each with its own picture, or four to a conference sharing one."""
    ears = wanted.get("sound", 0) * sound
    eyes = {kind: count for kind, count in wanted.items() if kind != "sound"}
    full = sum(count * own[kind].port for kind, count in eyes.items()) + ears
    fours = sum(
        count * (shared[kind].port + shared[kind].picture / 4) for kind, count in eyes.items()
    )
    return {
        "ports": f"{row}: {what}",
        "cores, own pictures": round(full, 1),
        "cores, conferences of four sharing one": round(fours + ears, 1),
    }


def _shared(form: Form, seconds: int, clips: Path) -> Price:
    few, step_few = _cores(_shared_setting(form, form.few, clips), seconds)
    more, step_more = _cores(_shared_setting(form, form.more, clips), seconds)
    port = (more - few) / (form.more - form.few)
    return Price(port, few - form.few * port, max(step_few, step_more))


def _shared_setting(form: Form, sites: int, clips: Path) -> Setting:
    made = members(plans(pictures(sites, form.size, clips, form.fps), voices(sites, sounding=1)))
    definition = conference(
        [member.definition for member in made],
        sites,
        SIZES[form.size],
        form.fps,
        form.bitrate_bps,
    )
    return Setting((definition,), made)


def _own(form: Form, seconds: int, clips: Path) -> Price:
    made = plans(pictures(2, form.size, clips, form.fps), voices(2, sounding=1))
    sites = tuple(
        Member(rtp_site(f"s{k}", _halves(f"s{1 - k}", f"s{k}")), plan)
        for k, plan in enumerate(made)
    )
    definition = conference(
        [member.definition for member in sites], 2, SIZES[form.size], form.fps, form.bitrate_bps
    )
    cores, step = _cores(Setting((definition,), sites), seconds)
    return Price(cores / 2, 0.0, step)


def _halves(left: str, right: str) -> View:
    panes = tuple(Pane("site", site, PaneFit.CROP) for site in (left, right))
    return View(LayoutChoice(mode=SIDE_BY_SIDE), panes, show_self=True)


def _sound(seconds: int, clips: Path) -> float:
    made: list[SitePlan] = plans_of(SOUND_SITES, SPEAKING, 0.0, OPUS.name, clips)
    sites = tuple(Member(rtp_site(f"s{k}"), plan) for k, plan in enumerate(made))
    definition = conference([member.definition for member in sites], 1)
    cores, _ = _cores(Setting((definition,), sites), seconds)
    return cores / SOUND_SITES


def _cores(setting: Setting, seconds: int) -> tuple[float, int]:
    """What the engine used, and how far it gave way."""

    def nothing(done: Run) -> None:
        assert CONFERENCE in done.ended

    done = asyncio.run(watch(setting, seconds, lasting(seconds), nothing))
    return done.engine_cores, done.overload_step
