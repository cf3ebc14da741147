"""What is recorded, who has to agree before, and recordings that begin by themselves."""

from pathlib import Path

import pytest

from mcu_core.contract.definition import RecordedPicture
from recorder.contract import StartRecording
from tests.component.control.conftest import Control, running_control
from tests.component.control.test_recordings import control, recorder  # noqa: F401 - fixtures
from tests.fakes.engine import FakeEngine
from tests.fakes.recorder_process import FakeRecorder
from tests.fakes.waiting import until


def _starts(recorder: FakeRecorder) -> int:  # noqa: F811
    return sum(isinstance(command, StartRecording) for command in recorder.asked)


async def test_what_is_recorded_is_chosen_before_and_while_it_runs(control: Control) -> None:  # noqa: F811
    cid = await control.conference()
    site = await control.site(cid, "pattern", pattern={})
    picture = {"of": "site", "site": site, "bitrate_bps": 1_000_000}
    await control.json("POST", f"/conferences/{cid}/recording", json={"picture": picture})
    wanted = control.bridge.wanted[cid].definition
    assert wanted.recorded == RecordedPicture("site", site, bitrate_bps=1_000_000)
    assert wanted.recording_runs

    own = {"of": "own", "view": {"panes": [{"kind": "site", "site": site}]}}
    now = await control.json("PATCH", f"/conferences/{cid}", json={"recorded": own})
    assert now["recorded"]["view"]["panes"][0]["site"] == site
    assert now["recorded"]["bitrate_bps"] == 1_000_000

    await control.json("PATCH", f"/conferences/{cid}", json={"recorded": {"of": "site"}})
    await control.json("DELETE", f"/conferences/{cid}/sites/{site}")
    left = control.bridge.wanted[cid].definition.recorded
    assert (left.of, left.site) == ("conference", "")
    await control.json("DELETE", f"/conferences/{cid}/recording")
    assert not control.bridge.wanted[cid].definition.recording_runs


@pytest.mark.parametrize(
    ("picture", "field"),
    [
        ({"of": "site"}, "recorded.site"),
        ({"of": "site", "site": "nobody"}, "recorded.site"),
        ({"of": "own"}, "recorded.view"),
        ({"width": 641}, "recorded.width"),
        ({"bitrate_bps": 5}, "recorded.bitrate_bps"),
    ],
)
async def test_what_cannot_be_recorded_is_named(
    control: Control,  # noqa: F811
    picture: dict[str, object],
    field: str,
) -> None:
    cid = await control.conference()
    reply = await control.api.post(f"/conferences/{cid}/recording", json={"picture": picture})
    assert reply.status_code == 422
    assert reply.json()["field"] == field


async def test_the_chair_is_asked_and_may_take_it_back(
    control: Control,  # noqa: F811
    recorder: FakeRecorder,  # noqa: F811
) -> None:
    cid = await control.conference(recording_rules={"consent": "asked"})
    consent = f"/conferences/{cid}/recording/consent"
    refused = await control.api.post(f"/conferences/{cid}/recording")
    assert (refused.status_code, _starts(recorder)) == (409, 0)
    agreed = await control.json("PUT", consent, json={"agreed": True})
    assert agreed["recording_rules"]["agreed"]
    await control.json("POST", f"/conferences/{cid}/recording")
    assert _starts(recorder) == 1
    ended = await control.json("PUT", consent, json={"agreed": False})
    assert not ended["recording_rules"]["agreed"]
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"] is None
    never = await control.conference(recording_rules={"consent": "refused"})
    assert (await control.api.post(f"/conferences/{never}/recording")).status_code == 409
    assert (
        await control.api.put(f"/conferences/{never}/recording/consent", json={"agreed": True})
    ).status_code == 409


async def test_a_booked_conference_is_recorded_by_itself_as_soon_as_there_is_a_recorder(
    tmp_path: Path, engine: FakeEngine
) -> None:
    engines = {"engine-0": engine.socket}
    late = FakeRecorder(tmp_path / "recorder.sock")
    data = tmp_path / "data"
    async with running_control(data, engines, recorder=late.socket) as control:  # noqa: F811
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        made = await control.json(
            "POST", "/bookings", json={"name": "Round", "minutes": 60, "auto_record": True}
        )
        assert made["auto_record"]
        await control.bridge.timetable.look()
        assert control.bridge.wanted[made["id"]].recording is not None
        await late.open()
        await until(lambda: _starts(late) == 1)
    await late.close()
