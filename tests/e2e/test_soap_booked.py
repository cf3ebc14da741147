"""A hospital's whole consultation over SOAP: registered, booked, laid out, recorded, ended."""

import io
from typing import Any

import av
import pytest

from tests.e2e.system import System, until
from tests.e2e.test_directing_seen import COLORS, HALVES, HEIGHT, WIDTH, Room
from tests.e2e.test_rtp_sites import attach
from tests.fakes.clips import flat_clip
from tests.fakes.rtp_viewer import rtp_viewer
from tests.fakes.soap_client import SoapCaller

PASSWORD = "Passw0rd!demo"


def registered(system: System, name: str) -> dict[str, str]:
    """A site that plays one colour, in the register."""
    folder = system.data / "media"
    folder.mkdir(exist_ok=True)
    clip = flat_clip(folder / f"booked-{name}.mp4", COLORS[name])
    body = {"uri": f"booked-{name}", "name": name, "kind": "file", "file": {"path": str(clip)}}
    system.request("POST", "/sites", json=body)
    return {"uri": f"booked-{name}"}


@pytest.mark.timeout(120)
def test_a_consultation_from_booking_to_the_file_on_disk(system: System) -> None:
    system.request("PUT", "/users/admin/gateway-password", json={"password": PASSWORD})
    with SoapCaller(system.url) as caller, rtp_viewer() as viewer:
        assert caller.log_in("admin", PASSWORD) == 0
        sites = [registered(system, name) for name in "ab"] + [{"uri": "watcher"}]
        booked = {"name": "会诊", "rate": "2M", "cpResouce": 4, "sites": sites}
        conf_id = caller.ask("scheduleConf", scheduleConf=booked).conferenceInfo.confId
        size = {"show_names": False, "width": WIDTH, "height": HEIGHT}
        system.request("PATCH", f"/conferences/{conf_id}", json=size)
        system.joined(conf_id, 2, 60)
        assert caller.log_in("admin", PASSWORD) == 0, "a session lasts a minute"
        rtp = system.site(conf_id, "rtp", "rtp")
        attach(system, conf_id, rtp, viewer.offer())
        room = Room(system, conf_id, {}, rtp, viewer)
        panes = ["booked-b", "booked-a"]
        show = {"confId": conf_id, "target": "", "presenceMode": HALVES, "subPics": panes}
        assert caller.ask("setContinuousPresence", **show) == 0
        room.sees("ba", HALVES)

        assert caller.ask("setRecordBroad", siteUri="booked-a", action=0) == 0
        until(lambda: _recording(caller) == 1, what="it is recorded")
        assert caller.ask("setRecordBroad", siteUri="booked-a", action=0) == 0, "twice is no error"
        until(lambda: _files(system, conf_id)[0]["duration_s"] > 1, what="a second is on disk")
        assert caller.ask("setRecordBroad", siteUri="booked-a", action=1) == 0
        until(lambda: _files(system, conf_id)[0]["state"] == "done", what="the file is complete")
        assert _middles(system, str(_files(system, conf_id)[0]["id"])) == "ba"

        assert caller.ask("delScheduledConf", confId=conf_id) == 0
        until(lambda: not system.running(conf_id), what="it has ended")


def _middles(system: System, recording: str) -> str:
    """Whose colours stand left and right in the last picture of the file."""
    reply = system.api.get(f"/recordings/{recording}/download.mp4").raise_for_status()
    with av.open(io.BytesIO(reply.content), "r") as film:
        *_, picture = film.decode(video=0)
    luma = picture.to_ndarray(format="yuv420p")[: picture.height]
    found = ""
    for share in (0.25, 0.75):
        seen = int(luma[picture.height // 2, int(picture.width * share)])
        found += min("abcd", key=lambda name: abs(COLORS[name][0] - seen))
    return found


def _recording(caller: SoapCaller) -> int:
    info = caller.ask("queryBroadInfo", siteUri="booked-a").broadInfo
    assert info.recordBroad == 1
    return int(info.recordBroadStatus)


def _files(system: System, conf_id: str) -> list[dict[str, Any]]:
    all_of_them = system.request("GET", "/recordings")
    return [one for one in all_of_them if one["conference"] == conf_id]
