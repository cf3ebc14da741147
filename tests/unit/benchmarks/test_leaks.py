"""The judge of leaks: what it calls one, and that the dice ask for what matters."""

import random

import pytest

from benchmarks.leaks import Caller, Try, leaked

SECRETS = [b"admin's password"]


@pytest.mark.parametrize(
    ("path", "may", "status", "body", "found"),
    [
        ("/api/v1/recordings/bench", False, 401, b"no", False),
        ("/api/v1/recordings/bench", False, 200, b"", True),
        ("/api/v1/recordings/bench", False, 206, b"moof", True),
        ("/api/v1/recordings/../x", True, 200, b"its own", False),
        ("/api/v1/recordings/../x", True, 404, b"... admin's password", True),
        ("/static/x", False, 200, b"a script", False),
        ("/static/../x", False, 200, b"admin's password", True),
    ],
)
def test_what_is_a_leak(path: str, may: bool, status: int, body: bytes, found: bool) -> None:
    assert leaked(Try(path, {}, may), status, body, SECRETS) == found


def test_the_dice_ask_for_everything_and_never_with_a_good_token_for_what_may_be_had() -> None:
    caller = Caller(random.Random(1), "c1", "good-token", ["gone"], ["gone", "guest"])
    tries = [caller.next() for _ in range(5000)]
    asked = {one.path.partition("?")[0] for one in tries}
    assert {"/api/v1/conferences/c1/live", "/api/v1/recordings/bench/tracks/main"} <= asked
    assert any("mcu.sqlite3" in path for path in asked)
    good = [
        one
        for one in tries
        if "Bearer good-token" in one.headers.values() or one.path.endswith("invite=good-token")
    ]
    assert good
    assert all(one.may for one in good)
    assert "/api/v1/recordings/bench/tracks/main" not in {one.path for one in tries if one.may}
