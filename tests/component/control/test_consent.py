"""What is recorded, who has to agree before, and recordings that begin by themselves."""

from pathlib import Path

import pytest

from mcu_core.contract.definition import RecordedPicture
from recorder.contract import StartRecording
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.recorder_process import FakeRecorder
from tests.fakes.waiting import until


def _starts(recorder: FakeRecorder) -> int:
    return sum(isinstance(command, StartRecording) for command in recorder.asked)


async def test_what_is_recorded_is_chosen_before_and_while_it_runs(
    recording_control: Control,
) -> None:
    cid = await recording_control.conference()
    site = await recording_control.site(cid, "pattern", pattern={})
    picture = {"of": "site", "site": site, "bitrate_bps": 1_000_000}
    await recording_control.json("POST", f"/conferences/{cid}/recording", json={"picture": picture})
    wanted = recording_control.bridge.wanted[cid].definition
    assert wanted.recorded == RecordedPicture("site", site, bitrate_bps=1_000_000)
    assert wanted.recording_runs

    own = {"of": "own", "view": {"panes": [{"kind": "site", "site": site}]}}
    now = await recording_control.json("PATCH", f"/conferences/{cid}", json={"recorded": own})
    assert now["recorded"]["view"]["panes"][0]["site"] == site
    assert now["recorded"]["bitrate_bps"] == 1_000_000

    await recording_control.json("PATCH", f"/conferences/{cid}", json={"recorded": {"of": "site"}})
    await recording_control.json("DELETE", f"/conferences/{cid}/sites/{site}")
    left = recording_control.bridge.wanted[cid].definition.recorded
    assert (left.of, left.site) == ("conference", "")
    await recording_control.json("DELETE", f"/conferences/{cid}/recording")
    assert not recording_control.bridge.wanted[cid].definition.recording_runs


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
    recording_control: Control,
    picture: dict[str, object],
    field: str,
) -> None:
    cid = await recording_control.conference()
    reply = await recording_control.api.post(
        f"/conferences/{cid}/recording", json={"picture": picture}
    )
    assert reply.status_code == 422
    assert reply.json()["field"] == field


async def test_the_chair_is_asked_and_may_take_it_back(
    recording_control: Control,
    recorder: FakeRecorder,
) -> None:
    cid = await recording_control.conference(recording_rules={"consent": "asked"})
    consent = f"/conferences/{cid}/recording/consent"
    refused = await recording_control.api.post(f"/conferences/{cid}/recording")
    assert (refused.status_code, _starts(recorder)) == (409, 0)
    agreed = await recording_control.json("PUT", consent, json={"agreed": True})
    assert agreed["recording_rules"]["agreed"]
    await recording_control.json("POST", f"/conferences/{cid}/recording")
    assert _starts(recorder) == 1
    ended = await recording_control.json("PUT", consent, json={"agreed": False})
    assert not ended["recording_rules"]["agreed"]
    assert (await recording_control.json("GET", f"/conferences/{cid}"))["recording"] is None
    never = await recording_control.conference(recording_rules={"consent": "refused"})
    assert (await recording_control.api.post(f"/conferences/{never}/recording")).status_code == 409
    assert (
        await recording_control.api.put(
            f"/conferences/{never}/recording/consent", json={"agreed": True}
        )
    ).status_code == 409


async def test_a_booked_conference_is_recorded_by_itself_as_soon_as_there_is_a_recorder(
    tmp_path: Path, engine: FakeEngine
) -> None:
    engines = {"engine-0": engine.socket}
    late = FakeRecorder(tmp_path / "recorder.sock")
    data = tmp_path / "data"
    async with running_control(data, engines, recorder=late.socket) as control:
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
