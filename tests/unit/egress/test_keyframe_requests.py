"""Requests become few keyframes, but none is forgotten."""

from mcu_core.egress.keyframe_requests import KEYFRAME_EVERY_NS, KeyframeRequests

START = 5_000_000_000


def after_first() -> KeyframeRequests:
    requests = KeyframeRequests()
    requests.fulfilled(START)
    return requests


def test_a_stream_begins_with_one() -> None:
    assert KeyframeRequests().due(START)


def test_nobody_asks_nothing_is_due() -> None:
    assert not after_first().due(START + 10 * KEYFRAME_EVERY_NS)


def test_first_request_is_served_at_once() -> None:
    requests = after_first()
    now = START + KEYFRAME_EVERY_NS
    requests.request()
    assert requests.due(now)


def test_a_storm_within_a_second_waits_and_gives_one() -> None:
    requests = after_first()
    given = []
    for step in range(40):
        now = START + step * KEYFRAME_EVERY_NS // 20
        requests.request()
        if requests.due(now):
            requests.fulfilled(now)
            given.append(now)
    assert given == [START + KEYFRAME_EVERY_NS]


def test_an_early_request_is_remembered() -> None:
    requests = after_first()
    requests.request()
    assert not requests.due(START + KEYFRAME_EVERY_NS - 1)
    assert requests.due(START + KEYFRAME_EVERY_NS)
