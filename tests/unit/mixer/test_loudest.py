"""Who is heard where not all are."""

from mcu_core.mixer.loudest import Loudest
from mcu_core.mixer.voice import Voice, over_noise_db
from tests.unit.mixer.voices import QUIET, STEP_NS, both, steady, talk
from tests.unit.mixer.voices import Voice as Level

OVER_DB = over_noise_db(15)


def heard(
    places: int, seconds: float, sites: dict[str, Level], noisy: tuple[str, ...] = ()
) -> list[frozenset[str]]:
    """Who is heard in each 20 ms; sites below -100 dBov do not sound."""
    loudest, voices, course = Loudest(), {site: Voice() for site in sites}, []
    for k in range(round(seconds * 50)):
        for site, level in sites.items():
            voices[site].hear(level(k / 50), site not in noisy, OVER_DB, STEP_NS, k * STEP_NS)
        sounding = [site for site in sites if sites[site](k / 50) > -100]
        course.append(frozenset(loudest.choose(places, voices, sounding, k * STEP_NS)))
    return course


def first(course: list[frozenset[str]], site: str) -> float:
    return next(k for k, who in enumerate(course) if site in who) / 50


def rooms(count: int) -> dict[str, Level]:
    return {f"room{n}": steady(QUIET + n / 10) for n in range(count)}


def test_never_more_than_there_are_places() -> None:
    talkers = {f"t{n}": talk(n, n + 6) for n in range(8)}
    course = heard(3, 15, {**talkers, **rooms(5)})
    assert {len(who) for who in course} == {3}


def test_all_are_heard_where_there_are_places_for_all() -> None:
    assert set(heard(5, 3, rooms(5))) == {frozenset(rooms(5))}


def test_who_begins_to_speak_is_heard_from_the_first_block_on() -> None:
    course = heard(3, 8, {**rooms(6), "a": talk(5, 8)})
    assert first(course, "a") == 5.0


def test_who_sounds_no_more_keeps_the_place_until_a_voice_wants_it() -> None:
    def gone(t: float) -> float:
        return QUIET if t < 2 else -127.0

    course = heard(1, 6, {"a": gone, "b": steady(-80), "c": both(talk(4, 6), steady(-90))})
    assert course[150] == {"a"}
    assert first(course, "c") == 4.0


def test_a_cough_takes_no_place_of_those_who_talk() -> None:
    talkers: dict[str, Level] = {f"t{n}": talk(1 + n / 9, 20) for n in range(3)}
    cough = both(steady(QUIET), talk(10, 10.4, -6))
    course = heard(3, 20, {**talkers, "cough": cough}, noisy=("cough",))
    assert all(who == set(talkers) for who in course[200:])


def test_a_cough_takes_no_place_of_one_who_thinks_for_a_second() -> None:
    thinker = both(talk(1, 8), talk(9.5, 15))
    cough = both(steady(QUIET), talk(9.3, 9.7, -6))
    course = heard(2, 15, {"a": thinker, "b": talk(1, 15), "cough": cough}, noisy=("cough",))
    assert all({"a", "b"} == who for who in course[100:])


def test_a_voice_takes_the_place_of_the_longest_silent() -> None:
    course = heard(2, 15, {"a": talk(1, 3), "b": talk(4, 6), "c": talk(9, 15)})
    assert course[-1] == {"b", "c"}
    assert first(course, "c") <= 9.1


def test_one_much_louder_takes_a_place_between_two_words_of_the_softest() -> None:
    soft, loud = talk(1, 20, -40), talk(10, 20, -18)
    course = heard(2, 20, {"soft": soft, "mid": talk(1.1, 20, -30), "loud": loud})
    assert course[-1] == {"mid", "loud"}
    taken = next(k for k, who in enumerate(course) if "loud" in who)
    assert 10.6 <= taken / 50 <= 11.5
    assert soft(taken / 50) == QUIET, "not in a word"


def test_one_a_little_louder_waits() -> None:
    course = heard(1, 12, {"a": talk(1, 20, -28), "b": talk(3, 20, -25)})
    assert set(course[60:]) == {frozenset({"a"})}


def test_fewer_places_and_fewer_sites_take_effect_at_once() -> None:
    loudest, voices = Loudest(), {name: Voice() for name in "abc"}
    for k in range(100):
        for site, voice in voices.items():
            voice.hear(
                talk(0, 9)(k / 50) if site == "b" else QUIET, True, OVER_DB, STEP_NS, k * STEP_NS
            )
        loudest.choose(3, voices, voices, k * STEP_NS)
    assert set(loudest.choose(1, voices, voices, 100 * STEP_NS)) == {"b"}
    del voices["b"]
    assert set(loudest.choose(1, voices, (), 101 * STEP_NS)) == set()
    assert set(loudest.choose(1, voices, ("c",), 102 * STEP_NS)) == {"c"}
