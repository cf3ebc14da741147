"""Who speaks and who has the floor, on timelines of levels."""

from typing import Any

import pytest

from mcu_core.contract.definition import VoiceSwitching
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.mixer.speech import SpeakerDetector, Speech
from tests.unit.mixer.voices import QUIET, Voice, both, changes, room, speech_in, steady, talk


def floors(place: dict[str, Voice], seconds: float, **rule: Any) -> list[tuple[float, Any]]:
    return changes(room(place), seconds, "floor", VoiceSwitching(**rule))


def test_silence_has_no_speaker() -> None:
    assert changes(room({"a": steady(-127), "b": steady(QUIET)}), 5, "speaker") == []


def test_the_highlight_comes_within_half_a_second_and_goes_after_the_last_word() -> None:
    begin, end = changes(room({"a": talk(1, 6), "b": steady(QUIET)}), 10, "speaker")
    assert (begin[1], end[1]) == ("a", "")
    assert 1.28 <= begin[0] <= 1.45
    assert 6.5 <= end[0] <= 7.0


def test_the_floor_comes_after_the_attack_and_stays() -> None:
    ((begin, site),) = floors({"a": talk(1, 6), "b": steady(QUIET)}, 20)
    assert site == "a"
    assert 2.48 <= begin <= 2.62


@pytest.mark.parametrize("attack_s", [0.3, 1.5, 3.0, 5.0])
def test_the_attack_is_what_is_set(attack_s: float) -> None:
    ((begin, _),) = floors({"a": talk(1, 10)}, 12, attack_s=attack_s)
    assert attack_s - 0.02 <= begin - 1 <= attack_s + 0.12


def test_a_word_takes_no_floor() -> None:
    assert floors({"a": talk(1, 1.9, -10), "b": talk(5, 5.4, -10)}, 8) == []


def test_noise_takes_nothing_however_long_and_loud() -> None:
    place = room({"a": talk(1, 60, -12), "b": steady(QUIET)}, noisy=frozenset({"a"}))
    assert changes(place, 60, "floor") == []
    assert changes(place, 60, "speaker") == []


@pytest.mark.parametrize("dbov", [-47, -30, -12])
def test_a_steady_sound_is_no_speech_although_it_is_periodic(dbov: float) -> None:
    fan = both(lambda t: dbov if t >= 1 else QUIET)
    assert floors({"fan": fan, "b": steady(QUIET)}, 30) == []


def test_one_who_talks_keeps_the_floor_against_another_and_loses_it_when_done() -> None:
    a, b = floors({"a": talk(1, 8), "b": talk(4, 11, -20)}, 14)
    assert (a[1], b[1]) == ("a", "b")
    assert 8.6 <= b[0] <= 8.8


def test_the_next_speaker_has_the_floor_after_the_attack_when_turns_follow() -> None:
    _, b = floors({"a": talk(1, 6), "b": talk(6.2, 12)}, 14)
    assert 7.68 <= b[0] <= 7.82


def test_a_pause_for_thought_costs_no_floor() -> None:
    thinker = both(talk(1, 5), talk(7.5, 12))
    assert [who for _, who in floors({"a": thinker, "b": talk(5.5, 6.5, -20)}, 14)] == ["a"]


def test_a_short_turn_is_held_for_the_hold_but_no_longer() -> None:
    a, b = floors({"a": talk(1, 2.8), "b": talk(2.0, 12)}, 14, hold_s=4.0)
    assert b[0] - a[0] == pytest.approx(4.0, abs=0.15)


def test_the_loudest_of_two_who_begin_together_is_taken() -> None:
    assert floors({"a": talk(1, 5, -30), "b": talk(1, 5, -20)}, 5)[0][1] == "b"


def test_an_open_microphone_gives_way_to_one_much_louder() -> None:
    a, b = floors({"a": talk(0.5, 12, -38), "b": talk(4, 12, -20)}, 12)
    assert (a[1], b[1]) == ("a", "b")
    assert 6.9 <= b[0] <= 7.4


def test_who_had_the_floor_before_is_kept() -> None:
    place = room({"a": talk(1, 5), "b": talk(6, 10), "c": talk(11, 16)}, gone={"b": 14.0})
    assert changes(place, 16, "previous") == [
        (pytest.approx(7.5, abs=0.15), "a"),
        (pytest.approx(12.5, abs=0.15), "b"),
        (14.0, "a"),
    ]


def test_one_who_leaves_loses_floor_and_highlight_at_once() -> None:
    place = room({"a": talk(1, 9), "b": steady(QUIET)}, gone={"a": 4.0})
    assert changes(place, 9, "floor")[1:] == [(4.0, "")]
    assert changes(place, 9, "speaker")[1:] == [(4.0, "")]
    assert changes(place, 9, "previous") == []


def test_who_is_muted_loses_the_floor_begins_anew_and_is_told_of() -> None:
    place = room({"a": talk(1, 20), "b": steady(QUIET)}, muted={"a": (4.0, 8.0)})
    assert changes(place, 20, "floor") == [
        (pytest.approx(2.5, abs=0.15), "a"),
        (4.0, ""),
        (pytest.approx(9.5, abs=0.35), "a"),
    ]
    told = changes(place, 20, "muted_talkers")
    assert [who for _, who in told] == [frozenset({"a"}), frozenset()]
    assert 5.0 <= told[0][0] <= 5.4
    assert told[1][0] == 8.0


def test_a_muted_site_that_only_coughs_is_not_told_of() -> None:
    place = room({"a": talk(1, 1.5)}, muted={"a": (0.0, 9.0)})
    assert changes(place, 5, "muted_talkers") == []


def test_switched_off_nobody_has_the_floor_but_the_highlight_goes_on() -> None:
    place = room({"a": talk(1, 6)})
    off = VoiceSwitching(enabled=False)
    assert changes(place, 6, "floor", off) == []
    assert [who for _, who in changes(place, 5, "speaker", off)] == ["a"]


def test_it_can_be_switched_off_and_on_while_somebody_talks() -> None:
    detector, heard = SpeakerDetector(), []
    for k, (_, levels) in enumerate(
        (t, {"a": talk(0, 20)(t)}) for t in (k / 50 for k in range(600))
    ):
        if k in (200, 400):
            detector.configure(VoiceSwitching(enabled=k == 400))
        heard.append(detector.push(levels, k * NS_PER_SECOND // 50))
    assert [heard[k].floor for k in (199, 200, 399, 401)] == ["a", "", "", "a"]
    assert heard[399].previous == ""


@pytest.mark.parametrize(
    ("gate", "dbov", "heard"),
    [(0, -49, True), (15, -49, True), (15, -57, False), (60, -31, True), (60, -39, False),
     (100, -15, True), (100, -23, False)],
)  # fmt: skip
def test_the_gate_says_how_loud_one_must_be(gate: int, dbov: float, heard: bool) -> None:
    place = {"a": talk(1, 9, dbov), "b": steady(QUIET)}
    assert bool(floors(place, 9, gate=gate)) is heard


def test_the_gate_goes_by_the_site_s_own_noise() -> None:
    noisy = both(talk(5, 12, -38), steady(-44))
    assert floors({"a": noisy}, 12, gate=15) == []
    assert floors({"a": both(talk(5, 12, -30), steady(-44))}, 12, gate=15) != []


def test_the_same_object_is_told_while_nothing_changes() -> None:
    told = [speech for _, speech in speech_in(room({"a": talk(1, 3)}), 6)]
    assert len({id(speech) for speech in told}) == len(set(told)) == 4
    assert told[0] == Speech()


def test_clock_stalls_and_numbers_that_are_none_make_no_speakers() -> None:
    detector = SpeakerDetector()
    detector.push({"a": QUIET}, 0)
    for k in range(3):
        speech = detector.push({"a": -20.0, "b": float("nan")}, (k + 1) * 5 * NS_PER_SECOND)
        assert speech == Speech()
    for k in range(100):
        level = float("nan") if k % 9 == 8 else talk(0, 9)(k / 50)
        speech = detector.push(
            {"a": level, "b": QUIET}, 20 * NS_PER_SECOND + k * NS_PER_SECOND // 50
        )
    assert speech.floor == "a"
