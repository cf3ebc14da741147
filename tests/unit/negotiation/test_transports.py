"""Which sections of WebRTC share a path, and what a description says of one."""

import pytest

from mcu_core.errors import MalformedInput
from mcu_core.negotiation.transports import (
    MAX_CANDIDATES,
    Fingerprint,
    Setup,
    paths_of,
    read_transport,
)
from mcu_core.protocol import sdp

HEAD = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n"
KEYS = "a=ice-ufrag:abcd\na=ice-pwd:0123456789abcdefghijkl\n"
PRINT = "a=fingerprint:sha-256 ab:cd\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 0\n"


def section(mid: str, lines: str = KEYS + PRINT) -> str:
    return f"{AUDIO}a=mid:{mid}\n{lines}"


def candidate(number: int) -> str:
    return f"a=candidate:1 1 udp 1 192.0.2.{number % 256} {40_000 + number} typ host\n"


@pytest.mark.parametrize(
    ("groups", "paths"),
    [
        ("", {0: (0,), 1: (1,), 2: (2,)}),
        ("a=group:BUNDLE a b c\n", {0: (0, 1, 2), 1: (0, 1, 2), 2: (0, 1, 2)}),
        ("a=group:BUNDLE c a\n", {0: (2, 0), 1: (1,), 2: (2, 0)}),
        ("a=group:BUNDLE a b\na=group:BUNDLE c\n", {0: (0, 1), 1: (0, 1), 2: (2,)}),
        ("a=group:LS a b c\n", {0: (0,), 1: (1,), 2: (2,)}),
        ("a=group:BUNDLE a nobody\n", {0: (0,), 1: (1,), 2: (2,)}),
    ],
)
def test_who_shares_a_path(groups: str, paths: dict[int, tuple[int, ...]]) -> None:
    offer = sdp.parse(HEAD + groups + section("a") + section("b") + section("c"))
    assert paths_of(offer) == paths


def test_two_sections_of_one_name_share_nothing() -> None:
    with pytest.raises(MalformedInput) as error:
        paths_of(sdp.parse(HEAD + "a=group:BUNDLE a\n" + section("a") + section("a")))
    assert error.value.field == "sdp.a.mid"


def test_the_first_section_speaks_for_its_path_else_the_session() -> None:
    session = sdp.parse(
        f"{HEAD}a=ice-lite\na=setup:active\n{PRINT}"
        + section("a", KEYS + candidate(1))
        + section("b", "a=ice-ufrag:other\na=setup:passive\n" + candidate(2) + candidate(1))
    )
    read = read_transport(session, session.media)
    assert (read.ufrag, read.password, read.lite) == ("abcd", "0123456789abcdefghijkl", True)
    assert read.setup is Setup.PASSIVE, "what a section says goes before the session"
    assert read.fingerprints == (Fingerprint("sha-256", "AB:CD"),)
    assert [one.port for one in read.candidates] == [40_001, 40_002]


def test_the_best_hash_function_decides() -> None:
    lines = "a=fingerprint:sha-1 11\na=fingerprint:SHA-256 22\na=fingerprint:sha-512 33\n"
    session = sdp.parse(HEAD + section("a", KEYS + lines + "a=fingerprint:sha-512 44\n"))
    read = read_transport(session, session.media)
    assert read.fingerprints == (Fingerprint("sha-512", "33"), Fingerprint("sha-512", "44"))


def test_no_offer_makes_us_send_to_many_places() -> None:
    many = "".join(candidate(number) for number in range(200))
    session = sdp.parse(HEAD + section("a", KEYS + PRINT + "a=candidate:broken\n" + many))
    assert len(read_transport(session, session.media).candidates) == MAX_CANDIDATES


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (PRINT, "sdp.a.ice-ufrag"),
        ("a=ice-ufrag:abc\n" + PRINT, "sdp.a.ice-ufrag"),
        ("a=ice-ufrag:abcd\n" + PRINT, "sdp.a.ice-pwd"),
        (KEYS, "sdp.a.fingerprint"),
        (KEYS + "a=fingerprint:sha-1 AB\n", "sdp.a.fingerprint"),
        (KEYS + "a=fingerprint:x\n", "sdp.a.fingerprint"),
        (KEYS + PRINT + "a=setup:now\n", "sdp.a.setup"),
    ],
)
def test_what_is_missing_is_named(lines: str, field: str) -> None:
    session = sdp.parse(HEAD + section("a", lines))
    with pytest.raises(MalformedInput) as error:
        read_transport(session, session.media)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(Setup.ACTPASS, Setup.ACTIVE), (Setup.PASSIVE, Setup.ACTIVE), (Setup.ACTIVE, Setup.PASSIVE)],
)
def test_who_begins_the_handshake(theirs: Setup, ours: Setup) -> None:
    assert theirs.answer is ours
