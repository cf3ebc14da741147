"""A live run: an engine, sites of the load attached to conferences in it, watched for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiortc import RTCCertificate

from benchmarks.browser_site import BrowserSite, browser_site
from benchmarks.load.fleet import Fleet, Line, SitePlan
from benchmarks.load.ledger import Flows
from benchmarks.load.recording import Recording
from benchmarks.load.tape import Numbers
from benchmarks.process import Usage
from benchmarks.rig import ANY_PORTS, Rig, running_rig
from benchmarks.stalls import Stalls, StallWatch
from mcu_core.contract.definition import (
    ConferenceDefinition,
    SiteDefinition,
    SiteKind,
    VideoLimit,
    View,
)
from mcu_core.contract.snapshots import ConferenceSnapshot
from mcu_core.egress.video_encoder import DEFAULT_PRESET
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

CONFERENCE = "bench"
CANVAS = (1280, 720)
WARM_UP_S = 4.0
"""Keyframes, jitter buffers and CPU governors have come to rest by then."""

JOIN_S = 60.0
ALL_CORES = 1000.0
"""Nobody is turned away: what does not fit is to be seen."""

LOOK_EVERY_S = 3.0
LARGEST_LOOKED_AT = 40
"""Sites: the snapshot of a larger room would take the engine's time from what is measured."""


@dataclass(frozen=True, slots=True)
class Member:
    """One site of a run: who it is in which conference, and how the load plays it.

    `attached`: it joins before the run begins; else what happens in the run may attach it.
    """

    definition: SiteDefinition
    plan: SitePlan
    conference: str = CONFERENCE
    attached: bool = True

    @property
    def id(self) -> str:
        """Its id."""
        return self.definition.id


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run begins with. `browser`: this site of the first conference is a browser.

    `preset`: of the engine's encoders; `cores`: how many it may give away; `ports`: of its media.
    """

    conferences: tuple[ConferenceDefinition, ...]
    members: tuple[Member, ...]
    preset: str = DEFAULT_PRESET
    browser: str = ""
    cores: float = ALL_CORES
    ports: str = ANY_PORTS


@dataclass(slots=True)
class Run:
    """What a run gave. Counts are of the time between `since_ns` and `until_ns` alone."""

    setting: Setting
    fleet: Fleet
    since_ns: int = 0
    until_ns: int = 0
    began: dict[str, ConferenceSnapshot] = field(default_factory=dict)
    ended: dict[str, ConferenceSnapshot] = field(default_factory=dict)
    engine: tuple[Usage, ...] = ()
    load: tuple[Usage, ...] = ()
    flows: tuple[Flows, ...] = ()
    stalls: Stalls | None = None
    stolen_s: float = 0.0
    browser_shown: int = 0
    overload_step: int = 0
    """How far the engine gave way at worst, 0: not at all."""

    @property
    def seconds(self) -> float:
        """How long was watched."""
        return (self.until_ns - self.since_ns) / NS_PER_SECOND

    @property
    def engine_cores(self) -> float:
        """CPU seconds of the engine per second."""
        return (self.engine[1].cpu_s - self.engine[0].cpu_s) / self.seconds

    @property
    def load_cores(self) -> float:
        """CPU seconds of the load per second."""
        return (self.load[1].cpu_s - self.load[0].cpu_s) / self.seconds

    def counted(self, line: Line, name: str) -> int:
        """How much a count of a line grew."""
        return int(self.flows[1][line.row][name]) - int(self.flows[0][line.row][name])

    def total(self, name: str) -> int:
        """How much a count of all lines grew together."""
        return int((self.flows[1][name] - self.flows[0][name]).sum())

    def within(self, moments: Numbers) -> Numbers:
        """Those of the moments that were watched."""
        return moments[(moments >= self.since_ns) & (moments < self.until_ns)]

    def came_ns(self, line: Line) -> Numbers:
        """When each unit came to a line."""
        return self.within(self.fleet.came_ns(line))

    def recording(self, line: Line) -> Recording:
        """What came to a watched line, from the very beginning."""
        return self.fleet.recording(line)

    @property
    def video_lines(self) -> list[Line]:
        """Of all sites that get pictures."""
        return [site.video for site in self.fleet.sites if site.video is not None]

    @property
    def sound_lines(self) -> list[Line]:
        """Of all sites that get sound."""
        return [site.sound for site in self.fleet.sites if site.sound is not None]


During = Callable[[Rig, Run], Awaitable[None]]
"""What happens while a run is watched; the run ends with it."""

Evaluate = Callable[[Run], None]


def lasting(seconds: float) -> During:
    """Nothing happens for so long."""

    async def wait(rig: Rig, run: Run) -> None:
        await asyncio.sleep(seconds)

    return wait


async def _look(rig: Rig, run: Run) -> None:
    """Note how far the engine gives way."""
    while True:
        step = (await rig.engine()).counters.get("overload_step", 0.0)
        run.overload_step = max(run.overload_step, int(step))
        await asyncio.sleep(LOOK_EVERY_S)


def rtp_site(
    id: str, view: View | None = None, limit: VideoLimit | None = None, secure: bool = False
) -> SiteDefinition:
    """The definition of a site of the load; `secure`: by SRTP."""
    kind = SiteKind.WEBRTC if secure else SiteKind.RTP
    return SiteDefinition(id, f"Site {id}", kind, view=view, limit=limit or VideoLimit())


async def watch(
    setting: Setting, seconds: float, during: During, evaluate: Evaluate, warm_up_s: float = 0.0
) -> Run:
    """Carry out a run, `seconds` at most; `evaluate` sees it while its notes are there."""
    plans = [member.plan for member in setting.members]
    warm_up_s = warm_up_s or WARM_UP_S
    async with (
        running_rig(setting.preset, setting.cores, setting.ports) as rig,
        Fleet(plans, seconds + warm_up_s) as fleet,
    ):
        run = Run(setting, fleet)
        for definition in setting.conferences:
            await rig.put(definition)
        async with asyncio.timeout(JOIN_S):
            await _join(rig, setting, fleet)
        if setting.browser:
            async with browser_site() as page:
                await _attach_browser(rig, setting, page)
                await _watched(rig, run, during, warm_up_s, page)
        else:
            await _watched(rig, run, during, warm_up_s, None)
        await fleet.stop()
        evaluate(run)
    return run


async def _join(rig: Rig, setting: Setting, fleet: Fleet) -> None:
    certificate, keys = RTCCertificate.generateCertificate(), dict[int, bytes]()
    for member, site in zip(setting.members, fleet.sites, strict=True):
        if site.plan.secure:
            keys |= await rig.attach_secure(member.conference, member.id, site, certificate)
        elif member.attached:
            await rig.attach(member.conference, member.id, site)
    if keys:
        await fleet.keyed(keys)


async def _attach_browser(rig: Rig, setting: Setting, page: BrowserSite) -> None:
    first = setting.conferences[0]
    await rig.attach_browser(first.id, setting.browser, page, (first.width, first.height, 30))


async def _watched(
    rig: Rig, run: Run, during: During, warm_up_s: float, page: BrowserSite | None
) -> None:
    clock = MonotonicClock()
    run.fleet.begin()
    await asyncio.sleep(warm_up_s)
    with StallWatch() as stalls:
        stolen_s, shown = stolen(), await page.shown() if page else 0
        run.began = await _snapshots(rig)
        run.since_ns = clock.now_ns()
        engine, load, flows = rig.usage(), run.fleet.usage(), run.fleet.counted()
        looking = asyncio.create_task(_look(rig, run))
        if len(run.setting.members) > LARGEST_LOOKED_AT:
            looking.cancel()
        try:
            await during(rig, run)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        run.until_ns = clock.now_ns()
        run.engine, run.load = (engine, rig.usage()), (load, run.fleet.usage())
        run.flows = (flows, run.fleet.counted())
        run.ended = await _snapshots(rig)
        run.browser_shown = (await page.shown() if page else 0) - shown
    run.stalls, run.stolen_s = stalls.result, stolen() - stolen_s


async def _snapshots(rig: Rig) -> dict[str, ConferenceSnapshot]:
    return {found.id: found for found in (await rig.engine()).conferences}


def stolen() -> float:
    """CPU seconds that the host has taken from this machine so far (proc(5), steal)."""
    try:
        words = Path("/proc/stat").read_text().splitlines()[0].split()
        return int(words[8]) / 100
    except (OSError, IndexError, ValueError) as error:
        raise McuError("/proc/stat cannot be read") from error
