"""Timed data through REST: bounded in size and rate, told back as pages and files."""

from pathlib import Path

from mcu_core.media.clock import NS_PER_SECOND
from recorder.contract import AddData
from recorder.timed import datum
from tests.component.control.conftest import Control
from tests.component.control.test_recordings import written
from tests.fakes.recorder_process import FakeRecorder

VITALS = {"kind": "vitals", "value": {"heart_rate": 72}}


async def test_values_go_to_the_running_recording(
    recording_control: Control,
    recorder: FakeRecorder,
) -> None:
    cid = await recording_control.conference()
    path = f"/conferences/{cid}/recording/data"
    assert (await recording_control.api.post(path, json={"items": [VITALS]})).status_code == 404
    rid = (await recording_control.json("POST", f"/conferences/{cid}/recording"))["id"]
    await recording_control.json("POST", path, json={"items": [VITALS, {**VITALS, "ago_s": 0.5}]})
    values = (("vitals", '{"heart_rate":72}', 0.0), ("vitals", '{"heart_rate":72}', 500.0))
    assert recorder.asked[-1] == AddData(rid, values, "admin")


async def test_more_values_than_a_monitor_gives_are_refused_for_a_while(
    recording_control: Control,
) -> None:
    cid = await recording_control.conference()
    await recording_control.json("POST", f"/conferences/{cid}/recording")
    path, many = f"/conferences/{cid}/recording/data", {"items": [VITALS] * 100}
    for _ in range(5):
        await recording_control.json("POST", path, json=many)
    refused = await recording_control.api.post(path, json=many)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    recording_control.clock.advance_ns(2 * NS_PER_SECOND)
    await recording_control.json("POST", path, json=many)
    assert (
        await recording_control.api.post(path, json={"items": [VITALS] * 101})
    ).status_code == 422


async def test_what_is_stored_is_told_in_pages_and_as_files(
    recording_control: Control,
    tmp_path: Path,
) -> None:
    files = written(tmp_path, "r1", "c1", b"1234")
    files.add(datum(1500, "vitals", '{"heart_rate":72}', "ICU"))
    files.close()
    page = await recording_control.json("GET", "/recordings/r1/data")
    value = {"type": "data", "at_ms": 1500.0, "kind": "vitals", "value": {"heart_rate": 72}}
    assert page["items"] == [{**value, "by": "ICU"}]
    assert (await recording_control.json("GET", f"/recordings/r1/data?after={page['next']}"))[
        "items"
    ] == []
    vtt = await recording_control.api.get("/recordings/r1/data.vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:01.500 --> 00:00:02.500\n")
    lines = await recording_control.api.get("/recordings/r1/data.jsonl")
    assert lines.json() == {"at_s": 1.5, "kind": "vitals", "value": {"heart_rate": 72}, "by": "ICU"}
    assert (await recording_control.api.get("/recordings/nothing/data")).status_code == 404
    assert (await recording_control.api.get("/recordings/r1/data.exe")).status_code == 422
