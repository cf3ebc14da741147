"""The sound tick: who is decoded, who is mixed, how often is encoded, who hears what."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from mcu_core.contract.definition import SiteDefinition, SiteKind
from mcu_core.engine.seat import Seat
from mcu_core.engine.sound import Listener, SoundLoop
from mcu_core.engine.threads import Threads
from mcu_core.ingress.audio import AudioIngress
from mcu_core.media.clock import ManualClock
from mcu_core.media.codec import L16_MONO
from mcu_core.media.sound import BLOCK_NS, Block
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.mixer.speech import Speech
from tests.fakes.tones import blocks, tone

FORM = AudioForm(L16_MONO, 1, 0)
(LOUD,) = blocks(tone(1000, 960, 0.3))
(SOFT,) = blocks(tone(500, 960, 1e-3))


@dataclass
class Source:
    """Sound of a site: what a pull gives, and what its packets tell of it."""

    block: Block | None = None
    level_dbov: float | None = None
    pulled: int = 0
    skipped: int = 0

    def doze(self) -> bool:
        return False

    def pull(self, now_ns: int) -> Block | None:
        self.pulled += 1
        return self.block

    def skip(self, now_ns: int) -> Block | None:
        self.skipped += 1
        return None


@dataclass
class Ear:
    """A listener that keeps what it gets."""

    audio_out: AudioForm | None = FORM
    units: list[EncodedUnit] = field(default_factory=list)

    def send_audio(self, unit: EncodedUnit) -> None:
        self.units.append(unit)

    def loudness(self) -> float:
        """Peak of the last 20 ms, full scale 1."""
        samples = [np.frombuffer(b"".join(unit.payloads), ">i2") for unit in self.units[-1:]]
        return float(np.abs(np.concatenate(samples)).max() / 32768)


CLOCK = ManualClock()


class Place:
    """A conference's sound with these sites, driven tick by tick."""

    def __init__(self, sources: dict[str, Source], told: Callable[[Speech], None]) -> None:
        self.sources = sources
        self.ears = {site: Ear() for site in sources}
        self.viewer = Ear()
        self.loop = SoundLoop("test", CLOCK, Threads(CLOCK).sound, told, lambda: None, _raise)
        self.seats = {site: self._seat(site, source) for site, source in sources.items()}
        self.publish()
        self._now_ns = 0

    @staticmethod
    def _seat(site: str, source: Source) -> Seat:
        definition = SiteDefinition(site, site, SiteKind.RTP)
        return Seat(definition, cast("Any", None), cast("AudioIngress", source), cast("Any", None))

    def publish(self) -> None:
        self.loop.seats = tuple(self.seats.values())
        ends = [(self.ears[site], seat) for site, seat in self.seats.items()]
        self.loop.listeners = tuple(
            Listener(cast("Any", ear), FORM, seat) for ear, seat in [*ends, (self.viewer, None)]
        )

    async def ticks(self, count: int) -> None:
        for _ in range(count):
            self._now_ns += BLOCK_NS
            self.loop._tick(self._now_ns)
            await asyncio.sleep(0)

    def mixes(self) -> dict[str, int]:
        """The mixes that are encoded, with their readers."""
        return {mix: readers for _, mix, readers, _ in self.loop.outputs()}


def _raise(error: Exception) -> None:
    raise error


async def test_all_silent_listeners_share_one_encode_and_each_speaker_has_one() -> None:
    sources = {f"s{k}": Source(LOUD if k < 2 else None) for k in range(40)}
    place = Place(sources, lambda speech: None)
    await place.ticks(3)
    assert place.mixes() == {"": 39, "s0": 1, "s1": 1}
    assert place.ears["s0"].loudness() > 0.25
    assert place.ears["s9"].units[-1] is place.viewer.units[-1]


async def test_one_who_stops_speaking_goes_back_to_the_common_mix() -> None:
    place = Place({"a": Source(LOUD), "b": Source(), "c": Source()}, lambda speech: None)
    await place.ticks(5)
    place.sources["a"].block = None
    await place.ticks(40)
    assert place.mixes() == {"": 3, "a": 1}
    await place.ticks(200)
    assert place.mixes() == {"": 4}


async def test_who_hears_what_follows_definitions_and_forms() -> None:
    place = Place({"a": Source(LOUD), "b": Source()}, lambda speech: None)
    await place.ticks(2)
    place.seats["b"].definition = SiteDefinition("b", "b", SiteKind.RTP, quiet=True)
    place.seats["a"].definition = SiteDefinition("a", "a", SiteKind.RTP, muted=True)
    place.publish()
    await place.ticks(3)
    assert place.ears["b"].loudness() == 0.0
    assert place.viewer.loudness() == 0.0
    lossy = AudioForm(L16_MONO, 1, 1)
    place.viewer.audio_out = lossy
    await place.ticks(2)
    assert lossy in {form for form, _, _, _ in place.loop.outputs()}


async def test_sites_that_are_silent_by_their_packets_are_not_decoded() -> None:
    sources = {
        "told": Source(None, -127.0),
        "untold": Source(None, None),
        "speaks": Source(LOUD, -13.0),
    }
    place = Place(sources, lambda speech: None)
    await place.ticks(10)
    assert (sources["told"].pulled, sources["told"].skipped) == (0, 10)
    assert (sources["untold"].pulled, sources["speaks"].pulled) == (10, 10)
    sources["told"].level_dbov, sources["told"].block = -20.0, LOUD
    await place.ticks(1)
    assert sources["told"].pulled == 1
    assert place.viewer.loudness() > 0.4


async def test_among_the_loudest_only_those_who_may_be_heard_are_decoded() -> None:
    sources = {f"noise{k}": Source(SOFT, -60.0) for k in range(20)}
    sources |= {"voice": Source(LOUD, -13.0)}
    place = Place(sources, lambda speech: None)
    place.loop.loudest = 3
    await place.ticks(20)
    assert sources["voice"].pulled == 20
    decoded = [site for site, source in sources.items() if source.pulled > 5]
    assert len(decoded) <= 3
    assert place.seats["noise19"].level_dbov == -60.0


async def test_who_speaks_is_told_once_when_it_changes() -> None:
    told: list[Speech] = []
    place = Place({"a": Source(LOUD), "b": Source()}, told.append)
    words = blocks(tone(200, 48_000, 0.3))
    for k in range(150):
        place.sources["a"].block = words[k % 50] if k % 20 < 14 else None
        await place.ticks(1)
    assert told[0] == Speech(speaker="a")
    assert len(told) == len(set(told)) == 2
    assert told[-1].floor == "a"
