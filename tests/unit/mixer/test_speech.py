"""Who speaks, on a timeline of levels."""

from collections.abc import Callable

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.mixer.speech import SpeakerDetector

STEP_NS = 20 * NS_PER_MS
QUIET = -75.0

Voice = Callable[[float], float]
"""Level at a time in seconds."""


def talk(start: float, stop: float, dbov: float = -25.0) -> Voice:
    """Speech: words of 250 ms, pauses of 100 ms between them."""

    def level(t: float) -> float:
        return dbov if start <= t < stop and (t - start) % 0.35 < 0.25 else QUIET

    return level


def steady(dbov: float) -> Voice:
    return lambda t: dbov


def watch(seconds: float, voices: dict[str, Voice], **gone: float) -> list[tuple[float, str]]:
    """When the speaker changed, and to whom; `gone` says from when a site is not there."""
    detector, changes, last = SpeakerDetector(), [], ""
    for k in range(int(seconds * 50)):
        t = k / 50
        levels = {n: v(t) for n, v in voices.items() if t < gone.get(n, seconds + 1)}
        speaker = detector.push(levels, 10 * NS_PER_SECOND + k * STEP_NS)
        if speaker != last:
            changes.append((t, speaker))
            last = speaker
    return changes


def test_silence_has_no_speaker() -> None:
    assert watch(5, {"a": steady(-127), "b": steady(QUIET)}) == []


def test_somebody_who_talks_is_named_within_half_a_second_and_let_go_after() -> None:
    (begin, end) = watch(10, {"a": talk(1, 6), "b": steady(QUIET)})
    assert begin[1] == "a"
    assert 1.25 <= begin[0] <= 1.5
    assert end[1] == ""
    assert 6.5 <= end[0] <= 7.0


def test_a_cough_is_no_speech() -> None:
    assert watch(5, {"a": talk(1, 1.2, -10), "b": talk(3, 3.2, -10)}) == []


def test_one_who_talks_keeps_the_floor_against_another() -> None:
    changes = watch(12, {"a": talk(1, 8), "b": talk(3, 11, -20)})
    assert [who for _, who in changes] == ["a", "b", ""]
    assert changes[1][0] >= 8.5


def test_a_remark_of_two_seconds_is_held_but_no_longer() -> None:
    changes = watch(10, {"a": talk(1, 1.7), "b": talk(1.9, 8)})
    assert [who for _, who in changes] == ["a", "b", ""]
    assert changes[1][0] - changes[0][0] >= 2.0
    assert changes[1][0] < 3.6


def test_the_loudest_of_two_who_begin_together_is_taken() -> None:
    changes = watch(4, {"a": talk(1, 3.5, -30), "b": talk(1, 3.5, -20)})
    assert changes[0][1] == "b"


def test_an_open_microphone_gives_way_to_one_much_louder() -> None:
    changes = watch(12, {"a": talk(0.5, 12, -38), "b": talk(3, 12, -20)})
    assert [who for _, who in changes] == ["a", "b"]
    assert 6.0 <= changes[1][0] <= 7.0


def test_a_fan_is_never_a_speaker_for_long_nor_again() -> None:
    changes = watch(20, {"fan": steady(-47), "a": talk(10, 14)})
    assert [who for _, who in changes] == ["a", ""]


def test_a_loud_steady_tone_counts_as_sound() -> None:
    changes = watch(30, {"tone": steady(-12), "b": steady(QUIET)})
    assert [who for _, who in changes] == ["tone"]


def test_one_who_leaves_or_is_muted_loses_the_floor_at_once() -> None:
    changes = watch(6, {"a": talk(1, 6), "b": steady(QUIET)}, a=2.0)
    assert changes[1] == (2.0, "")


def test_clock_stalls_do_not_make_speakers() -> None:
    detector = SpeakerDetector()
    detector.push({"a": QUIET}, 0)
    for k in range(2):
        assert detector.push({"a": -20}, (k + 1) * 5 * NS_PER_SECOND) == ""
