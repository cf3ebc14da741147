"""Content that comes and goes in a recording: no gap, and in clips that begin in its midst."""

import asyncio
from pathlib import Path

import av
import pytest

from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from recorder.index import read_index
from tests.fakes.recorder_bench import Bench, faultless, tap_of
from tests.fakes.tap import Clip, encode_clip
from tests.fakes.waiting import until

CLOCK = MonotonicClock()
SLIDE_NS = NS_PER_SECOND // 2


def slides(clip: Clip, begin_ns: int, count: int) -> list[TapUnit]:
    """Two a second, of which only the first is a keyframe."""
    pictures = [unit for unit in clip.units if unit.name == "main"][:count]
    return [
        TapUnit("content", begin_ns + place * SLIDE_NS, one.duration_ns, one.keyframe, one.data)
        for place, one in enumerate(pictures)
    ]


async def test_content_comes_and_goes_and_stands_in_clips(bench: Bench, tmp_path: Path) -> None:
    clip = encode_clip(12.0, gop=30)
    begin_ns = CLOCK.now_ns()
    content = [
        *slides(clip, begin_ns + NS_PER_SECOND, 10),  # until 5.5 s
        *slides(clip, begin_ns + 10 * NS_PER_SECOND, 4),
    ]
    tracks = (*clip.tracks, TapTrack("content", "H264", width=320, height=180, fps=15))
    units = sorted((*clip.at(begin_ns), *content), key=lambda unit: unit.stamp_ns)
    async with tap_of(bench, Clip(tracks, tuple(units))) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(units)
        await starting
        await until(lambda: bench.stored_s() > 11.5)
        await bench.stop()
    index = read_index(bench.catalogue.folder("r1"))
    assert not index.gaps, "that content ends is no fault"

    whole = tmp_path / "whole.mp4"
    bench.catalogue.export("r1").save(whole)
    faultless(whole)
    stamps = [(unit.stamp_ns - begin_ns) / NS_PER_SECOND for unit in content]
    assert times(whole) == pytest.approx(stamps, abs=0.001)

    part = tmp_path / "part.mp4"
    bench.catalogue.export("r1", (4.2, 6.0)).save(part)
    faultless(part)
    shown = [time for time in times(part) if time >= 0]
    assert shown == pytest.approx([0.0, 0.3, 0.8, 1.3], abs=0.001), "what stands at 4.2 s, too"

    after = tmp_path / "after.mp4"
    bench.catalogue.export("r1", (9.2, 9.8)).save(after)
    assert len(faultless(after)) == 2, "content had ended"


def times(film: Path) -> list[float]:
    """When each picture of the second picture track is shown, seconds."""
    with av.open(str(film)) as container:
        return [frame.time or 0.0 for frame in container.decode(video=1)]
