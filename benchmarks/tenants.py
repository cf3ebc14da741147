"""tenants: ten conferences in one engine; one is killed, flooded, relaid out; what others get."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import cost_rows, figure
from benchmarks.floor import bare
from benchmarks.live import Member, Run, Setting, rtp_site, watch
from benchmarks.load.fleet import Line, Sends, SitePlan
from benchmarks.load.tape import Tape
from benchmarks.report import Report, Row
from benchmarks.rig import Rig
from benchmarks.scenes import conference, mosaic, pictures, plans, tapes_of, voices
from benchmarks.tapes import FPS
from mcu_core.contract.definition import ConferenceDefinition, LayoutChoice
from mcu_core.egress.video_encoder import DEFAULT_PRESET
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from mcu_core.media.codec import OPUS, Codec, codec_named

CANVAS, BITRATE_BPS = (640, 360), 600_000
SITES = 4
KILLED, FLOODED, RELAID = 0, 1, 2
"""Which conferences have something done to them; all others are looked at."""

ATTACKERS, GARBAGE_PER_S, GARBAGE_BYTES = 4, 2000, 400
RELAYOUT_EVERY_S = 0.1
SAME_WITHIN = 0.01


@dataclass(slots=True)
class Phase:
    """A stretch of the run."""

    name: str
    begun_ns: int
    ended_ns: int


def run(
    seconds: int,
    conferences: int,
    size: str,
    clips: Path,
    fps: int = FPS,
    sound: str = OPUS.name,
) -> Report:
    """`seconds` each: nothing; one flooded; one relaid out each 100 ms; one killed."""
    codec = codec_named(sound)
    names = [f"c{k}" for k in range(conferences)]
    members: list[Member] = []
    definitions: list[ConferenceDefinition] = []
    for name in names:
        made = plans(pictures(SITES, size, clips, fps), voices(SITES, codec))
        own = [Member(rtp_site(f"{name}s{k}"), plan, name) for k, plan in enumerate(made)]
        members += own
        sites = [member.definition for member in own]
        definitions.append(conference(sites, SITES, CANVAS, fps, BITRATE_BPS, id=name))
    for k in range(ATTACKERS):
        plan = SitePlan(video=Sends(garbage()))
        members.append(Member(rtp_site(f"attacker{k}"), plan, attached=False))
    report = Report(
        f"{conferences} conferences of {SITES} sites, {size} at {fps}/s, {sound}, {seconds} s each",
        [],
    )
    phases: list[Phase] = []
    clock = MonotonicClock()

    async def during(rig: Rig, run: Run) -> None:
        async def phase(name: str) -> None:
            begun_ns = clock.now_ns()
            await asyncio.sleep(seconds)
            phases.append(Phase(name, begun_ns, clock.now_ns()))

        _rest(run)
        await phase("nothing happens")
        _flood(run)
        await phase("one is flooded")
        _rest(run)
        relaying = asyncio.create_task(_relay(rig, definitions[RELAID]))
        await phase("one is relaid out each 100 ms")
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        killing = asyncio.create_task(rig.close_conference(names[KILLED]))
        await phase("one is killed")
        await killing

    def evaluate(done: Run) -> None:
        report.rows = _rows(done, phases, fps)
        report.rows += cost_rows(done)
        report.stalls = done.stalls

    setting = Setting(tuple(definitions), tuple(members))
    done = asyncio.run(watch(setting, 4 * seconds + 2, during, evaluate))
    report.rows += _bare_rows(done, size, clips, fps, codec)
    return report


def _bare_rows(done: Run, size: str, clips: Path, fps: int, codec: Codec) -> list[Row]:
    """What the codecs alone would take for all conferences, measured for one."""
    pictures_, sounds = tapes_of(pictures(SITES, size, clips, fps)), tapes_of(voices(SITES, codec))
    encodes = [codec] * len(next(iter(done.ended.values())).audio_outputs)
    whole = [mosaic(SITES, CANVAS, fps, BITRATE_BPS)]
    floor = bare(pictures_, whole, DEFAULT_PRESET, sounds, encodes)
    count = len(done.setting.conferences)
    return [
        figure("bare codecs of all at full rate, cores", count * floor.cores),
        figure("of these, sound", count * floor.sound_cores),
    ]


def garbage() -> Tape:
    """Packets that look like RTP at first sight."""
    dice = random.Random(13)
    packets = [b"\x80\x60" + dice.randbytes(GARBAGE_BYTES) for _ in range(GARBAGE_PER_S)]
    return Tape.of(None, GARBAGE_PER_S, [(packet,) for packet in packets])


def _rest(run: Run) -> None:
    """Let the attackers send nothing."""
    for number in range(len(run.fleet.sites) - ATTACKERS, len(run.fleet.sites)):
        run.fleet.order(number, "active", 0)


def _flood(run: Run) -> None:
    """Let them send at the ports of one conference."""
    victims = run.fleet.sites[FLOODED * SITES : (FLOODED + 1) * SITES]
    for k, attacker in enumerate(run.fleet.sites[-ATTACKERS:]):
        victim = victims[k % SITES].video
        assert attacker.video is not None
        assert victim is not None
        attacker.video.socket.connect(victim.socket.getpeername())
        run.fleet.order(len(run.fleet.sites) - ATTACKERS + k, "active", 1)


async def _relay(rig: Rig, definition: ConferenceDefinition) -> None:
    revision = definition.revision
    while True:
        revision += 1
        mode = 1 + revision % 49
        changed = msgspec.structs.replace(
            definition, layout=LayoutChoice(mode=mode), revision=revision
        )
        await rig.put(changed)
        await asyncio.sleep(RELAYOUT_EVERY_S)


def _rows(done: Run, phases: list[Phase], fps: int) -> list[Row]:
    others = [
        site
        for member, site in zip(done.setting.members, done.fleet.sites, strict=True)
        if member.attached and member.conference not in (f"c{KILLED}", f"c{FLOODED}", f"c{RELAID}")
    ]
    pictures_ = [site.video for site in others if site.video is not None]
    sounds = [site.sound for site in others if site.sound is not None]
    rows: list[Row] = []
    for phase in phases:
        seen, heard = _rates(done, pictures_, phase), _rates(done, sounds, phase)
        rows += [
            figure(f"{phase.name}: pictures a second, worst of the others", seen.min(), f"{fps}.0"),
            figure(f"{phase.name}: sound packets a second, worst of the others", heard.min(), "50"),
        ]
    before = _rates(done, pictures_ + sounds, phases[0])
    for phase in phases[1:]:
        after = _rates(done, pictures_ + sounds, phase)
        changed = int((np.abs(after - before) > SAME_WITHIN * before).sum())
        rows.append(figure(f"{phase.name}: flows of others that changed by over 1 %", changed, "0"))
    return rows


def _rates(done: Run, lines: list[Line], phase: Phase) -> NDArray[np.float64]:
    seconds = (phase.ended_ns - phase.begun_ns) / NS_PER_SECOND
    counts = []
    for line in lines:
        came = done.fleet.came_ns(line)
        counts.append(((came >= phase.begun_ns) & (came < phase.ended_ns)).sum() / seconds)
    return np.array(counts, np.float64)
