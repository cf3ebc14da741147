"""What is wrong is refused with a clear message, or dropped and counted; others are unharmed."""

import os
import random
import socket

import pytest

from tests.e2e.system import System, until
from tests.e2e.test_rtp_sites import SDP, attach, described, ports
from tests.fakes.ports import free_udp_pair
from tests.fakes.rtp_viewer import rtp_viewer

GARBAGE_PACKETS = 20_000


@pytest.fixture(scope="module")
def conference(system: System) -> str:
    return system.conference("Bad input")


@pytest.mark.parametrize(
    ("sdp", "word"),
    [
        ("hello", "sdp"),
        ("", "sdp"),
        ("v=0\r\n" + "a=x\r\n" * 20_000, ""),
        ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video x RTP/AVP 96\r\n", ""),
    ],
    ids=["no SDP", "empty", "too long", "bad port"],
)
def test_a_wrong_sdp_is_refused(system: System, conference: str, sdp: str, word: str) -> None:
    site = system.site(conference, "wrong", "rtp")
    path = f"/conferences/{conference}/sites/{site}/rtp"
    reply = system.api.post(path, content=sdp, headers=SDP)
    assert 400 <= reply.status_code < 500, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert word in reply.text.lower()
    system.request("DELETE", f"/conferences/{conference}/sites/{site}")


def test_unknown_codecs_only_are_refused_with_a_reason(system: System, conference: str) -> None:
    site = system.site(conference, "strange", "rtp")
    offer = described(6000, 6002, "X-FOO", "X-BAR/8000")
    path = f"/conferences/{conference}/sites/{site}/rtp"
    reply = system.api.post(path, content=offer, headers=SDP)
    assert reply.status_code in (409, 422), reply.text
    assert "codec" in reply.text.lower()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": 50}, "mode"),
        ({"mode": -1}, "mode"),
        ({"mode": "twelve"}, "mode"),
        ({"own": {"panes": []}}, "panes"),
        ({"own": {"panes": [{"x": 0.5, "y": 0, "w": 0.6, "h": 1}]}}, "panes"),
        ({"own": {"panes": [{"x": 0, "y": 0, "w": 1, "h": 1}] * 2}}, "overlap"),
        ({"own": "broken"}, "own"),
        ({"colour": 3}, "colour"),
    ],
)
def test_a_wrong_layout_names_the_field(
    system: System, conference: str, body: dict[str, object], field: str
) -> None:
    reply = system.api.put(f"/conferences/{conference}/layout", json=body)
    assert reply.status_code == 422, reply.text
    problem = reply.json()
    assert field in problem["field"] or field in problem["detail"], problem


def test_broken_json_is_refused(system: System, conference: str) -> None:
    reply = system.api.put(
        f"/conferences/{conference}/layout",
        content=b'{"mode": ',
        headers={"Content-Type": "application/json"},
    )
    assert 400 <= reply.status_code < 500
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_flood_of_garbage_harms_nobody(system: System) -> None:
    conference = system.conference("Flood")
    system.site(conference, "pattern", "pattern")
    victim = system.site(conference, "victim", "rtp")
    offer = described(free_udp_pair(), free_udp_pair())
    video, audio = ports(attach(system, conference, victim, offer))
    with rtp_viewer() as viewer:
        watcher = system.site(conference, "watcher", "rtp")
        attach(system, conference, watcher, viewer.offer())
        assert viewer.wait_pictures(30)
        before = viewer.pictures
        dice = random.Random(7)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            for k in range(GARBAGE_PACKETS):
                size = dice.choice((1, 11, 12, 13, 40, 200, 1200))
                data = bytearray(os.urandom(size))
                if k % 2:  # half of it looks like RTP at first sight
                    data[0] = 0x80
                    data[1:2] = bytes([dice.choice((96, 97, 0, 200))])
                flood.sendto(data, ("127.0.0.1", dice.choice((video, audio))))
        assert viewer.wait_pictures(30, 10)
        assert viewer.pictures > before

        def dropped() -> int:
            sites = {site["id"]: site for site in system.running(conference)["sites"]}
            return int(sites[victim]["packets_dropped"])

        until(lambda: dropped() > 0, what="the dropped packets are counted")
    system.request("DELETE", f"/conferences/{conference}")
