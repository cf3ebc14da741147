"""Cutters: what lasts how long, what is held, what is passed over."""

from itertools import pairwise

import pytest

from mcu_core.contract.events import TapTrack, TapUnit
from mcu_core.errors import MalformedInput
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from recorder.boxes import fragment_samples
from recorder.fragments import BRIDGED_NS, FRAGMENT_NS, Cut, PictureCutter, SoundCutter, encode
from recorder.tracks import TRACKS

ORIGIN = 5_000 * NS_PER_SECOND
# What x264 writes for 320x180, baseline.
SPS = bytes.fromhex("6742c00dd901419f9e10000003001000000303c8f142a480")
PPS = bytes.fromhex("68cb83cb20")
START = b"\x00\x00\x00\x01"
ASC = bytes.fromhex("1190")
FRAME_NS = 1024 * NS_PER_SECOND // 48_000
SILENCE = bytes.fromhex("211004608c1c")


def picture(at_ns: int, keyframe: bool = False, sps: bytes = SPS, lasts_ms: int = 33) -> TapUnit:
    head = START + sps + START + PPS if keyframe else b""
    data = head + START + (b"\x65" if keyframe else b"\x41") + b"picture"
    return TapUnit("main", ORIGIN + at_ns, lasts_ms * NS_PER_MS, keyframe, data)


def sound(at_ns: int) -> TapUnit:
    return TapUnit("sound", ORIGIN + at_ns, FRAME_NS, True, b"sound")


def pictures() -> PictureCutter:
    return PictureCutter(TRACKS["main"])


def sounds(end_ns: int = -1) -> SoundCutter:
    cutter = SoundCutter(TRACKS["sound"], end_ns)
    cutter.announce(TapTrack("sound", "AAC", sample_rate=48_000, channels=2, config=ASC))
    return cutter


def push_all(cutter: PictureCutter | SoundCutter, units: list[TapUnit]) -> list[Cut]:
    return [cut for unit in units for cut in cutter.push(unit, unit.stamp_ns)]


def stamps(cuts: list[Cut]) -> list[int]:
    return [sample.stamp_ns - ORIGIN for cut in cuts for sample in cut.samples]


def frames(count: int, fps: int = 30, gop: int = 60) -> list[TapUnit]:
    return [picture(n * NS_PER_SECOND // fps, n % gop == 0) for n in range(count)]


def test_pictures_are_cut_below_the_limit_and_at_keyframes() -> None:
    cutter = pictures()
    cuts = push_all(cutter, frames(120)) + cutter.flush()
    assert stamps(cuts) == [unit.stamp_ns - ORIGIN for unit in frames(120)]
    assert all(cut.end_ns - cut.samples[0].stamp_ns <= FRAGMENT_NS for cut in cuts)
    assert all(a.end_ns == b.samples[0].stamp_ns for a, b in pairwise(cuts)), "no seam"
    begins = [cut.samples[0].stamp_ns - ORIGIN for cut in cuts if cut.samples[0].keyframe]
    assert begins == [0, 2 * NS_PER_SECOND]


def test_a_picture_lasts_until_the_next_one_whatever_its_sender_thought() -> None:
    cutter = pictures()
    cuts = push_all(cutter, [picture(0, True), picture(500_000_000), picture(540_000_000)])
    cuts += cutter.flush()
    whole = [encode(cut, TRACKS["main"], ORIGIN, 1) for cut in cuts]
    lasts = [ticks for one in whole for ticks, _, _ in fragment_samples(one.data)]
    assert lasts == [45_000, 3_600, 2_970]


def test_a_still_picture_is_held_until_it_is_followed_or_too_old() -> None:
    cutter = pictures()
    push_all(cutter, [picture(0, True), picture(33_000_000)])
    assert cutter.poll(ORIGIN + FRAGMENT_NS - 1) == []
    (early,) = cutter.poll(ORIGIN + FRAGMENT_NS)
    assert stamps([early]) == [0]
    assert cutter.poll(ORIGIN + BRIDGED_NS) == []
    (late,) = cutter.poll(ORIGIN + 33_000_000 + BRIDGED_NS)
    assert late.end_ns == late.samples[0].stamp_ns + BRIDGED_NS
    assert cutter.flush() == []


def test_without_a_keyframe_there_is_no_picture() -> None:
    cutter = pictures()
    assert push_all(cutter, frames(61)[1:61]) == []
    assert cutter.tallies.undecodable == 59
    cuts = push_all(cutter, frames(80)[60:])
    cutter.lose()
    cuts += push_all(cutter, frames(130)[80:]) + cutter.flush()
    numbers = [round(at * 30 / NS_PER_SECOND) for at in stamps(cuts)]
    assert numbers == [*range(60, 80), *range(120, 130)]


def test_a_replay_continues_without_a_seam() -> None:
    cutter = pictures()
    push_all(cutter, frames(70))
    cutter.announce(TapTrack("main", "H264"))
    cuts = push_all(cutter, frames(130)[60:])
    assert cutter.tallies.stale == 10
    assert cutter.tallies.undecodable == 0
    assert stamps(cuts)[-1] > 4 * NS_PER_SECOND - 500 * NS_PER_MS
    after = PictureCutter(TRACKS["main"], end_ns=frames(70)[-1].stamp_ns)
    taken = push_all(after, frames(130)[60:]) + after.flush()
    assert stamps(taken)[0] == frames(70)[-1].stamp_ns - ORIGIN, "the one that was held then"


def test_broken_parameter_sets_are_waited_out() -> None:
    cutter = pictures()
    assert push_all(cutter, [picture(0, True, sps=b"\x67\x42"), picture(33_000_000)]) == []
    assert cutter.tallies.malformed == 1
    push_all(cutter, [picture(66_000_000, True)])
    assert stamps(cutter.flush()) == [66_000_000]


def test_sound_without_a_seam_in_spite_of_jitter() -> None:
    cutter = sounds()
    units = [sound(n * FRAME_NS + (n % 3 - 1) * 2 * NS_PER_MS) for n in range(100)]
    cuts = push_all(cutter, units[1:]) + cutter.flush()
    whole = [encode(cut, TRACKS["sound"], ORIGIN, 1) for cut in cuts]
    lasts = {ticks for one in whole for ticks, _, _ in fragment_samples(one.data)}
    assert lasts <= {1023, 1024, 1025}
    assert sum(one.duration for one in whole) == pytest.approx(99 * 1024, abs=1)
    assert all(a.time + a.duration == b.time for a, b in pairwise(whole))
    assert all(one.duration <= 12_000 for one in whole)


def test_missing_sound_is_silence_and_later_sound_stays_in_its_place() -> None:
    cutter = sounds()
    cuts = push_all(cutter, [sound(0), sound(FRAME_NS), sound(NS_PER_SECOND)]) + cutter.flush()
    samples = [sample for cut in cuts for sample in cut.samples]
    assert [sample.data for sample in samples].count(SILENCE) == cutter.tallies.silent == 44
    assert samples[-1].stamp_ns == ORIGIN + NS_PER_SECOND
    assert all(a.end_ns == b.samples[0].stamp_ns for a, b in pairwise(cuts))


def test_a_long_gap_in_the_sound_stays_empty() -> None:
    cutter = sounds()
    cuts = push_all(cutter, [sound(0), sound(4 * NS_PER_SECOND)]) + cutter.flush()
    assert cutter.tallies.silent == 0
    assert cuts[0].end_ns == ORIGIN + FRAME_NS
    assert stamps(cuts) == [0, 4 * NS_PER_SECOND]


def test_sound_that_is_stored_already_is_passed_over() -> None:
    cutter = sounds(end_ns=ORIGIN + 3 * FRAME_NS)
    push_all(cutter, [sound(n * FRAME_NS) for n in range(6)])
    assert cutter.tallies.stale == 3
    assert len(cutter.flush()[0].samples) == 3


def test_sound_of_an_unknown_shape_is_refused() -> None:
    cutter = SoundCutter(TRACKS["sound"])
    with pytest.raises(MalformedInput, match="config"):
        cutter.announce(TapTrack("sound", "AAC", config=b"\xff"))
    assert cutter.push(sound(0), 0) == []
    assert cutter.tallies.malformed == 1
