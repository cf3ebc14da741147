"""The real recorder process on a fake engine's tap: recorded, killed, resumed, exported, played."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from mcu_core.contract.events import TapUnit
from mcu_core.errors import BadInput, NotFound, Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.contract import (
    DeleteRecording,
    GetRecordings,
    RecorderSnapshot,
    RecordingState,
    StartRecording,
)
from recorder.index import read_index
from recorder.manifest import Manifest
from recorder.tracks import TRACKS
from tests.fakes.recorder_bench import (
    Bench,
    decoded_times,
    faultless,
    media,
    recorded,
    running_bench,
    tap_of,
)
from tests.fakes.tap import Clip, encode_clip
from tests.fakes.waiting import until

CLOCK = MonotonicClock()


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(4.0)


async def test_a_recording_plays_and_keeps_the_stamps(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    units = clip.at(CLOCK.now_ns())
    async with tap_of(bench, clip) as tap:
        info = await recorded(bench, tap, units)
    assert info.state is RecordingState.DONE
    assert info.duration_s == pytest.approx(4.0, abs=0.05)
    for track in ("main", "sound"):
        part = tmp_path / f"{track}.mp4"
        part.write_bytes(media(bench, track))
        faultless(part)
    download = tmp_path / "download.mp4"
    bench.catalogue.export("r1").save(download)
    assert download.read_bytes()[:64].find(b"moov") > 0, "moov stands first"
    assert {stream["codec_name"] for stream in faultless(download)} == {"h264", "aac"}
    times = decoded_times(download)
    base_ns = units[0].stamp_ns
    for name, kind in (("main", "video"), ("sound", "audio")):
        expected = [(u.stamp_ns - base_ns) / NS_PER_SECOND for u in units if u.name == name]
        assert times[kind] == pytest.approx(expected, abs=0.001)


async def test_an_answer_comes_when_the_first_fragment_is_on_disk(bench: Bench, clip: Clip) -> None:
    units = clip.at(CLOCK.now_ns())
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        assert not bench.catalogue.recordings(), "nothing came yet"
        tap.send(units[:60])
        info = await starting
        assert info.state is RecordingState.RECORDING
        manifest = bench.catalogue.manifest("r1")
        assert manifest["live"]
        assert any(track["fragments"] for track in manifest["tracks"])
        again = await bench.start()
        assert again.started_at == info.started_at, "a second start is the same recording"
        with pytest.raises(Refused, match="stop it first"):
            await bench.caller.call(DeleteRecording("r1"))
        assert (await bench.stop()).state is RecordingState.DONE
    assert not bench.catalogue.manifest("r1")["live"]
    with pytest.raises(Refused, match="has ended"):
        await bench.start()
    await bench.caller.call(DeleteRecording("r1"))
    snapshot = await bench.caller.call(GetRecordings())
    assert isinstance(snapshot, RecorderSnapshot)
    assert snapshot.recordings == ()
    assert snapshot.counters["recorder_fragments_total"] > 2
    assert [info.state for info in bench.changes] == [RecordingState.RECORDING, RecordingState.DONE]


async def test_a_start_without_anything_to_record_is_refused(bench: Bench, clip: Clip) -> None:
    async with tap_of(bench, clip):
        no_engine, no_conference = await asyncio.gather(
            bench.caller.call(StartRecording("r1", "c1", "", str(bench.store / "nobody"))),
            bench.caller.call(StartRecording("r2", "another", "", str(bench.engine))),
            return_exceptions=True,
        )
    assert isinstance(no_engine, Refused)
    assert "nobody listens" in str(no_engine)
    assert isinstance(no_conference, Refused)
    assert "no such conference" in str(no_conference)
    assert list(bench.store.iterdir()) == []
    with pytest.raises(BadInput, match="recording"):
        await bench.start("../etc")
    with pytest.raises(NotFound):
        await bench.stop("unknown")


def pictures_stored_s(bench: Bench) -> float:
    """How far its pictures are stored."""
    return read_index(bench.catalogue.folder("r1")).tracks["main"].end / 90_000


async def test_killed_in_mid_recording_it_goes_on_and_loses_nothing(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    base_ns = CLOCK.now_ns()
    units = clip.at(base_ns)

    def between(begin_ms: int, end_ms: int) -> list[TapUnit]:
        begin_ns, end_ns = base_ns + begin_ms * NS_PER_MS, base_ns + end_ms * NS_PER_MS
        return [unit for unit in units if begin_ns <= unit.stamp_ns < end_ns]

    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(before := between(0, 1260))
        await starting
        await until(lambda: bench.has(before))
        tap.send(between(1260, 1480))  # the worst moment: just before a fragment is complete
        await bench.end(signal.SIGKILL)
        info = bench.catalogue.info("r1")
        assert info.state is RecordingState.INTERRUPTED
        assert pictures_stored_s(bench) >= 1.2, "a fragment is missing, and no more"
        half = tmp_path / "half.mp4"
        bench.catalogue.export("r1").save(half)
        faultless(half)
        await until(lambda: tap.readers == 0)
        tap.send(between(1480, 2500))  # nobody hears it, but it is held
        await bench.launch()
        resuming = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(between(2500, 5000))
        assert (await resuming).started_at == info.started_at
        await until(lambda: bench.has(units))
        done = await bench.stop()
    assert tap.requests[-1].since_ns > 0
    whole = tmp_path / "whole.mp4"
    bench.catalogue.export("r1").save(whole)
    faultless(whole)
    times = decoded_times(whole)["video"]
    expected = [(u.stamp_ns - base_ns) / NS_PER_SECOND for u in units if u.name == "main"]
    assert times == pytest.approx(expected, abs=0.001), "the engine still held what was missed"
    assert done.duration_s == pytest.approx(4.0, abs=0.1)
    index = read_index(bench.catalogue.folder("r1"))
    assert index.resumed is not None
    assert not index.gaps


async def test_an_engine_that_is_replaced_leaves_one_recording(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    begin_ns = CLOCK.now_ns()
    first = clip.at(begin_ns)[:100]
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(first)
        await starting
        await until(lambda: bench.has(first))
    second = clip.at(begin_ns + 6 * NS_PER_SECOND)[:200]
    async with tap_of(bench, clip) as tap:
        await until(lambda: tap.readers == 1)
        tap.send(second)
        await until(lambda: bench.has(second))
        info = await bench.stop()
    assert info.state is RecordingState.DONE
    manifest = bench.catalogue.manifest("r1")
    assert [len(track["inits"]) for track in manifest["tracks"]] == [1, 1], "same parameters"
    gaps = {gap["track"]: gap for gap in manifest["gaps"]}
    assert len(manifest["gaps"]) == 2
    for track, gap in gaps.items():
        last, next_one = (
            [u for u in units if u.name == track][at] for units, at in ((first, -1), (second, 0))
        )
        began_ms = (last.stamp_ns + last.duration_ns - begin_ns) / NS_PER_MS
        ended_ms = (next_one.stamp_ns - begin_ns) / NS_PER_MS
        assert gap["reason"] == "the engine was lost"
        assert gap["start_ms"] == pytest.approx(began_ms, abs=5)
        assert gap["start_ms"] + gap["duration_ms"] == pytest.approx(ended_ms, abs=5)
    download = tmp_path / "download.mp4"
    bench.catalogue.export("r1").save(download)
    faultless(download)
    times = decoded_times(download)
    main = [u for u in (*first, *second) if u.name == "main"]
    expected = [(u.stamp_ns - begin_ns) / NS_PER_SECOND for u in main]
    assert times["video"] == pytest.approx(expected, abs=0.001)
    steps = [b - a for a, b in pairwise(times["audio"])]
    assert max(steps) < 0.045, "silence stands in the gap"


async def test_pictures_after_a_loss_wait_for_a_keyframe(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    units = clip.at(CLOCK.now_ns())
    lost_from, lost_to = units[0].stamp_ns + 1_500_000_000, units[0].stamp_ns + 1_600_000_000
    before = [u for u in units if u.stamp_ns < lost_from]
    after = [u for u in units if u.stamp_ns >= lost_to]
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(before)
        tap.lose("main", 3)
        tap.lose("sound", 5)
        tap.send(after)
        await starting
        await until(lambda: bench.has(after))
        await bench.stop()
    download = tmp_path / "download.mp4"
    bench.catalogue.export("r1").save(download)
    faultless(download)
    times = decoded_times(download)["video"]
    assert not [t for t in times if 1.51 < t < 1.99]
    assert 2.0 in [round(t, 3) for t in times]
    fragments = _fragments(bench.catalogue.manifest("r1"), "main")
    holes = [b[2] - a[2] - a[3] for a, b in pairwise(fragments)]
    assert max(holes) < 1, "the last good picture stands until the keyframe"


async def test_a_new_picture_size_is_a_new_init_segment(
    bench: Bench, clip: Clip, tmp_path: Path
) -> None:
    begin_ns = CLOCK.now_ns()
    small = encode_clip(2.0, width=160, height=96)
    units = clip.at(begin_ns)
    units = [u for u in units if u.stamp_ns < begin_ns + 2 * NS_PER_SECOND]
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(units)
        tap.say(small.tracks[0])
        tap.send([u for u in small.at(begin_ns + 2 * NS_PER_SECOND) if u.name == "main"])
        await starting
        await until(lambda: bench.stored_s() > 3.5)
        await bench.stop()
    track = bench.catalogue.manifest("r1")["tracks"][0]
    assert [(init["width"], init["height"]) for init in track["inits"]] == [(320, 180), (160, 96)]
    data = bench.catalogue.track_path("r1", "main").read_bytes()
    for init in track["inits"]:
        part = tmp_path / f"{init['id']}.mp4"
        own = [f for f in track["fragments"] if f[5] == init["id"]]
        bodies = b"".join(data[offset : offset + size] for offset, size, *_ in own)
        part.write_bytes(data[init["offset"] : init["offset"] + init["size"]] + bodies)
        assert faultless(part)[0]["width"] == init["width"]
        assert own[0][4], "it begins with a keyframe"
    download = tmp_path / "download.mp4"
    bench.catalogue.export("r1").save(download)
    faultless(download)


async def test_a_growing_recording_is_told_in_increments(bench: Bench, clip: Clip) -> None:
    units = clip.at(CLOCK.now_ns())
    async with tap_of(bench, clip) as tap:
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(units[:150])
        await starting
        seen = bench.catalogue.manifest("r1")
        fragments = _fragments(seen, "main")
        tap.send(units[150:])
        while seen["live"]:
            seen = bench.catalogue.manifest("r1", after=seen["next"])
            fragments += _fragments(seen, "main")
            await asyncio.sleep(0.02)
            if bench.stored_s() > 3.6:
                await bench.stop()
        fragments += _fragments(bench.catalogue.manifest("r1", after=seen["next"]), "main")
    assert _spans(fragments) == _spans(_fragments(bench.catalogue.manifest("r1"), "main"))
    stored = read_index(bench.catalogue.folder("r1")).tracks["main"].fragments
    assert max(one.duration for one in stored) <= TRACKS["main"].ticks(NS_PER_SECOND // 4)


def _spans(fragments: list[tuple[int, int, float, float, bool, int]]) -> list[list[int]]:
    """The bytes that they are, where they lie side by side as one."""
    spans: list[list[int]] = []
    for offset, size, *_ in fragments:
        if spans and spans[-1][1] == offset:
            spans[-1][1] += size
        else:
            spans.append([offset, offset + size])
    return spans


def _fragments(manifest: Manifest, name: str) -> list[tuple[int, int, float, float, bool, int]]:
    return [f for track in manifest["tracks"] if track["name"] == name for f in track["fragments"]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "store"
    folder.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if os.geteuid() != 0 or mounting.returncode != 0:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def first_bytes(clip: Clip, most: int) -> Clip:
    """As much of the clip from its beginning as has so many bytes."""
    sums = accumulate(len(unit.data) for unit in clip.units)
    return replace(
        clip, units=tuple(u for u, size in zip(clip.units, sums, strict=True) if size <= most)
    )


async def test_a_full_disk_stops_a_recording_which_goes_on_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    clip = encode_clip(10.0, width=640, height=480)
    assert sum(len(u.data) for u in clip.units) > 3_000_000
    others = small_disk / "others"
    others.write_bytes(bytes(1_500_000))
    begin_ns = CLOCK.now_ns() - 60 * NS_PER_SECOND
    async with (
        running_bench(tmp_path, "--keep-free-mb", "0", "--room-mb", "0") as bench,
        tap_of(bench, clip) as tap,
    ):
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(clip.at(begin_ns))
        await starting
        await until(lambda: bench.changes[-1].state is RecordingState.FAILED)
        assert "disk is full" in bench.changes[-1].reason
        stored = bench.catalogue.info("r1")
        assert stored.state is RecordingState.FAILED
        assert "disk is full" in stored.reason
        download = tmp_path / "download.mp4"
        bench.catalogue.export("r1").save(download)
        faultless(download)
        others.unlink()
        tap.forget()
        starting = asyncio.create_task(bench.start())
        await until(lambda: len(tap.requests) == 2 and tap.readers == 1)
        tap.send(first_bytes(clip, 500_000).at(begin_ns + 20 * NS_PER_SECOND))
        assert (await starting).state is RecordingState.RECORDING
        await until(lambda: bench.stored_s() > 20)
        assert (await bench.stop()).state is RecordingState.DONE
    bench.catalogue.export("r1").save(download)
    faultless(download)


async def test_recordings_leave_the_rest_of_the_disk_to_others(
    small_disk: Path, tmp_path: Path
) -> None:
    clip = encode_clip(10.0, width=640, height=480)
    async with (
        running_bench(tmp_path, "--keep-free-mb", "2", "--room-mb", "0") as bench,
        tap_of(bench, clip) as tap,
    ):
        starting = asyncio.create_task(bench.start())
        await until(lambda: tap.readers == 1)
        tap.send(first_bytes(clip, 1_400_000).at(CLOCK.now_ns() - 60 * NS_PER_SECOND))
        await starting
        await until(lambda: bench.changes[-1].state is RecordingState.FAILED)
        with pytest.raises(Refused, match="disk is full"):
            await bench.start("r2")
    (small_disk / "others").write_bytes(bytes(600_000))
