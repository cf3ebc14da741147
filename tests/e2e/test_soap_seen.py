"""What a hospital's system asks over SOAP is what the engine sends: read by colour and level.

The caller is zeep, which knows nothing but the served description.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.system import System, until
from tests.e2e.test_directing_seen import HALVES, QUARTERS, Room, living_room
from tests.e2e.test_rtp_sites import attach
from tests.e2e.test_sound import listen, strength
from tests.fakes.rtp_viewer import rtp_viewer
from tests.fakes.soap_client import SoapCaller

__all__ = ["living_room"]  # the fixture

PASSWORD = "Passw0rd!demo"
TONE_HZ = 350.0
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module", params=[False, True], ids=["standard", "vendor"])
def stranger(system: System, request: pytest.FixtureRequest) -> Iterator[SoapCaller]:
    """A caller in each dialect."""
    system.request("PUT", "/users/admin/gateway-password", json={"password": PASSWORD})
    with SoapCaller(system.url, request.param, "soap12" if request.param else "soap") as caller:
        yield caller


@pytest.fixture
def caller(living_room: Room, stranger: SoapCaller) -> SoapCaller:
    """Logged in right before its test: a session lasts a minute, making a room may take longer."""
    assert stranger.log_in("admin", PASSWORD) == 0
    return stranger


def quarters(room: Room, caller: SoapCaller, names: str = "abcd") -> None:
    """These sites in the quarters of the conference picture, asked for over SOAP."""
    sites = [room.sites[name] for name in names]
    fields = {"confId": room.conference, "target": "", "presenceMode": QUARTERS}
    assert caller.ask("setContinuousPresence", **fields, subPics=sites) == 0


def test_continuous_presence_is_what_leaves_the_engine(
    living_room: Room, caller: SoapCaller
) -> None:
    quarters(living_room, caller)
    living_room.sees("abcd")
    quarters(living_room, caller, "dcba")
    living_room.sees("dcba")
    halves = [living_room.sites["b"], f"({living_room.sites['d']})(%AUX0)"]
    fields = {"confId": living_room.conference, "target": "(%CP)", "presenceMode": HALVES}
    assert caller.ask("setContinuousPresence", **fields, subPics=halves) == 0
    living_room.sees("bd", HALVES)


def test_a_site_gets_a_picture_of_its_own_and_gives_it_back(
    living_room: Room, caller: SoapCaller
) -> None:
    quarters(living_room, caller)
    target = {"confId": living_room.conference, "target": f"({living_room.watcher})"}
    pair = [living_room.sites["c"], living_room.sites["a"]]
    own = caller.ask("setContinuousPresence", **target, presenceMode=HALVES, subPics=pair)
    assert own == 0
    living_room.sees("ca", HALVES)
    assert caller.ask("setContinuousPresence", **target, presenceMode=0) == 0
    living_room.sees("abcd")


def test_a_site_watches_another_until_the_picture_is_forced(
    living_room: Room, caller: SoapCaller
) -> None:
    quarters(living_room, caller)
    conference, watcher = living_room.conference, living_room.watcher
    fields = {"confId": conference, "siteUri": watcher}
    source = living_room.sites["b"]
    assert caller.ask("setVideoSource", **fields, videoSourceUri=source) == 0
    living_room.sees("bbbb")
    start = {"confId": conference, "isBroadcast": 0}
    assert caller.ask("setBroadcastContinuousPresence", **start) == 0
    living_room.sees("abcd")


def test_a_site_is_broadcast(living_room: Room, caller: SoapCaller) -> None:
    quarters(living_room, caller)
    fields = {"confId": living_room.conference, "siteUri": living_room.sites["c"]}
    assert caller.ask("setBroadcastSite", **fields, isBroadcast=0) == 0
    living_room.sees("cccc")
    assert caller.ask("setBroadcastSite", **fields, isBroadcast=1) == 0
    living_room.sees("abcd")


def test_a_site_whose_video_is_off_is_not_seen(living_room: Room, caller: SoapCaller) -> None:
    quarters(living_room, caller)
    living_room.sees("abcd")
    fields = {"confId": living_room.conference, "siteUris": [living_room.sites["a"]]}
    assert caller.ask("hideConfSiteLocalVideo", **fields) == 0
    living_room.sees("?bcd")
    assert caller.ask("displayConfSiteLocalVideo", **fields) == 0
    living_room.sees("abcd")


def test_mute_and_quiet_are_heard(system: System, caller: SoapCaller, tmp_path: Path) -> None:
    conference = system.conference("Heard")
    pattern = {"tone_hz": TONE_HZ, "width": 320, "height": 180}
    speaker = system.site(conference, "speaker", "pattern", pattern=pattern)
    with rtp_viewer() as audience:
        listener = system.site(conference, "listener", "rtp")
        attach(system, conference, listener, audience.offer())

        def heard() -> float:
            assert caller.raw("KeepAlive") == 0
            return strength(listen(audience, 1.0), TONE_HZ)

        until(lambda: heard() > 0.02, what="the speaker is heard")
        mute = {"confId": conference, "siteUris": [speaker, "nobody"]}
        assert caller.ask("setSitesMute", **mute, isMute=0) == 0
        until(lambda: heard() < 1e-4, 40, "the speaker is muted")
        assert caller.ask("setSitesMute", **mute, isMute=1) == 0
        until(lambda: heard() > 0.02, 40, "the speaker is heard again")
        quiet = {"confId": conference, "siteUris": [listener]}
        assert caller.ask("setSitesQuiet", **quiet, isQuiet=0) == 0
        until(lambda: float(np.abs(listen(audience, 1.0)).max()) < 1e-3, 40, "silence")
    system.request("DELETE", f"/conferences/{conference}")
