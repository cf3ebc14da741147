"""Recording through REST: start, stop, a recorder that dies, and bytes of files that grow."""

from pathlib import Path

import pytest

from mcu_core.contract.events import SiteChanged, SpeakerChanged
from mcu_core.media.clock import wall_time
from recorder.contract import (
    AddMark,
    DeleteRecording,
    RecordingState,
    StartRecording,
    StopRecording,
)
from recorder.files import RecordingFiles
from recorder.journal import FragmentWritten, Started, Stopped
from recorder.tracks import TRACKS
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.recorder_process import FakeRecorder
from tests.fakes.waiting import until


@pytest.fixture
def control(recording_control: Control) -> Control:
    return recording_control


async def test_a_conference_is_recorded(
    control: Control, engine: FakeEngine, recorder: FakeRecorder
) -> None:
    cid = await control.conference(name="示范会诊")
    started = await control.json("POST", f"/conferences/{cid}/recording")
    rid = started["id"]
    assert (started["state"], started["title"]) == ("recording", "示范会诊")
    assert recorder.asked == [StartRecording(rid, cid, "示范会诊", str(engine.socket))]
    now = await control.json("GET", f"/conferences/{cid}")
    assert now["recording"] == {"id": rid, "state": "recording"}

    again = await control.api.post(f"/conferences/{cid}/recording", json={"title": "x"})
    assert again.status_code == 409

    ended = await control.json("DELETE", f"/conferences/{cid}/recording")
    assert (ended["id"], ended["state"]) == (rid, "done")
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"] is None
    assert (await control.api.delete(f"/conferences/{cid}/recording")).status_code == 404


async def test_a_refused_start_is_told_and_leaves_nothing(
    control: Control, recorder: FakeRecorder
) -> None:
    recorder.refusals = 1
    cid = await control.conference()
    reply = await control.api.post(f"/conferences/{cid}/recording", json={"title": " 标题 "})
    assert reply.status_code == 409
    assert "tap gives nothing" in reply.json()["detail"]
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"] is None
    started = await control.json("POST", f"/conferences/{cid}/recording", json={"title": " 标题 "})
    assert started["title"] == "标题"


async def test_a_restarted_recorder_goes_on_under_the_same_id(
    control: Control, recorder: FakeRecorder
) -> None:
    cid = await control.conference()
    rid = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
    await recorder.close()
    await until(lambda: not control.bridge.recordings.up)
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"]["id"] == rid
    recorder.pid += 1
    recorder.change(rid, RecordingState.INTERRUPTED)
    recorder.asked.clear()
    recorder.refusals = 1  # its engine is not there yet
    await recorder.open()
    await until(lambda: recorder.recordings[rid].state is RecordingState.RECORDING)
    starts = [command for command in recorder.asked if isinstance(command, StartRecording)]
    assert {start.recording for start in starts} == {rid}


async def test_a_restarted_control_lets_a_recording_run(
    tmp_path: Path, engine: FakeEngine, recorder: FakeRecorder
) -> None:
    data, engines = tmp_path / "data", {"engine-0": engine.socket}
    async with running_control(data, engines, recorder=recorder.socket) as control:
        await until(lambda: control.bridge.keeper.engine_ready.is_set())
        await until(lambda: control.bridge.recordings.up)
        cid = await control.conference()
        rid = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
    recorder.asked.clear()
    async with running_control(data, engines, recorder=recorder.socket) as control:
        await until(lambda: control.bridge.recordings.up)
        await control.json("DELETE", f"/conferences/{cid}/recording")
        assert recorder.asked == [StopRecording(rid)]


async def test_stop_while_the_recorder_is_away_is_caught_up(
    control: Control, recorder: FakeRecorder, tmp_path: Path
) -> None:
    cid = await control.conference()
    rid = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
    await recorder.close()
    await until(lambda: not control.bridge.recordings.up)
    written(tmp_path, rid, cid, b"1234").close()
    ended = await control.json("DELETE", f"/conferences/{cid}/recording")
    assert ended["state"] == "failed"
    await recorder.open()
    await until(lambda: recorder.recordings[rid].state is RecordingState.DONE)


async def test_a_recording_that_the_disk_refused_is_told_and_goes_on_when_there_is_room(
    control: Control, recorder: FakeRecorder
) -> None:
    cid = await control.conference()
    rid = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
    reader = control.bridge.feed.subscribe()
    recorder.asked.clear()
    recorder.refusals = 1  # there is no room yet
    recorder.change(rid, RecordingState.FAILED, "the disk is full")
    await until(lambda: control.bridge.conferences.get(cid).recording.state == "failed")  # type: ignore[union-attr]
    event = next(event for event in reader._events if event.name == "recording")
    assert "the disk is full" in event.data
    await until(lambda: recorder.recordings[rid].state is RecordingState.RECORDING)
    assert {command.recording for command in recorder.asked} == {rid}  # type: ignore[union-attr]
    reader.close()


async def test_a_conference_ends_with_its_recording(
    control: Control, recorder: FakeRecorder
) -> None:
    cid = await control.conference()
    rid = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
    await control.json("DELETE", f"/conferences/{cid}")
    assert recorder.recordings[rid].state is RecordingState.DONE


async def test_a_recording_is_taken_up_on_the_engine_to_which_its_conference_moves(
    tmp_path: Path, engine: FakeEngine, recorder: FakeRecorder
) -> None:
    second = FakeEngine(tmp_path / "engine-1.sock", name="engine-1", pid=200)
    await second.open()
    engines = {"engine-0": engine.socket, "engine-1": second.socket}
    options = {"recorder": recorder.socket, "engine_patience_s": 0.2}
    async with running_control(tmp_path / "data", engines, **options) as control:
        await until(lambda: len(control.bridge.keeper.fleet.up()) == 2)
        await until(lambda: control.bridge.recordings.up)
        cid = await control.conference()
        first = (await control.json("POST", f"/conferences/{cid}/recording"))["id"]
        await engine.close()
        await until(lambda: len(recorder.recordings) == 2)
        await until(lambda: control.bridge.conferences.get(cid).recording is not None)
    start = recorder.asked[-1]
    assert isinstance(start, StartRecording)
    assert (start.conference, start.engine_socket) == (cid, str(second.socket))
    assert recorder.recordings[first].state is RecordingState.DONE
    assert recorder.recordings[start.recording].title == recorder.recordings[first].title
    await second.close()


def written(tmp_path: Path, rid: str, cid: str, data: bytes) -> RecordingFiles:
    """Files of a recording that is being written: one fragment of these bytes."""
    folder = tmp_path / "data" / "recordings" / rid
    started = Started(1, rid, cid, "Ward 病房", wall_time().isoformat(), 0, "boot")
    files = RecordingFiles.create(folder, started)
    (folder / TRACKS["main"].file_name).write_bytes(data)
    files.note(FragmentWritten("main", 0, len(data), 0, TRACKS["main"].timescale, True, 0))
    return files


async def test_the_library_and_the_bytes_of_a_growing_track(
    control: Control, recorder: FakeRecorder, tmp_path: Path
) -> None:
    files = written(tmp_path, "round-1", "c", b"0123456789")
    track = tmp_path / "data" / "recordings" / "round-1" / TRACKS["main"].file_name
    (row,) = await control.json("GET", "/recordings")
    assert (row["id"], row["title"], row["state"]) == ("round-1", "Ward 病房", "recording")
    assert (row["duration_s"], row["size_bytes"]) == (1.0, 10)
    manifest = await control.json("GET", "/recordings/round-1/manifest")
    assert manifest["live"] is True
    assert manifest["tracks"][0]["fragments"] == [[0, 10, 0.0, 1000.0, True, 0]]
    after = {"after": manifest["next"]}
    news = await control.json("GET", "/recordings/round-1/manifest", params=after)
    assert news["tracks"] == []

    url = "/recordings/round-1/tracks/main"
    whole = await control.api.get(url)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["accept-ranges"] == "bytes"
    part = await control.api.get(url, headers={"Range": "bytes=4-6"})
    assert (part.status_code, part.content) == (206, b"456")
    assert part.headers["content-range"] == "bytes 4-6/10"
    beyond = await control.api.get(url, headers={"Range": "bytes=10-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == "bytes */10"
    with track.open("ab") as file:
        file.write(b"abc")
    grown = await control.api.get(url, headers={"Range": "bytes=10-"})
    assert (grown.status_code, grown.content) == (206, b"abc")

    assert (await control.api.delete("/recordings/round-1")).status_code == 409
    files.note(Stopped(wall_time().isoformat()))
    files.close()
    await control.json("DELETE", "/recordings/round-1")
    assert recorder.asked == [DeleteRecording("round-1")]


NOT_THERE = [
    "/recordings/none",
    "/recordings/none/manifest",
    "/recordings/none/tracks/main",
    "/recordings/none/download.mp4",
    "/recordings/none/package.zip",
    "/recordings/..%2f..%2fetc/manifest",
    "/recordings/round-1/tracks/main.mp4",
    "/recordings/round-1/tracks/..%2fjournal",
]


async def test_what_is_not_there_is_not_served(control: Control, tmp_path: Path) -> None:
    written(tmp_path, "round-1", "c", b"0123456789").close()
    for path in NOT_THERE:
        assert (await control.api.get(path)).status_code == 404, path
    assert (await control.api.get("/recordings/%2e.x")).status_code == 422


async def test_pause_continue_and_marks(
    control: Control, engine: FakeEngine, recorder: FakeRecorder
) -> None:
    cid = await control.conference()
    path = f"/conferences/{cid}/recording"
    assert (await control.api.post(f"{path}/pause")).status_code == 404
    rid = (await control.json("POST", path))["id"]
    sid = await control.site(cid, "pattern")
    assert (await control.json("POST", f"{path}/pause"))["state"] == "paused"
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"]["state"] == "paused"
    assert (await control.json("POST", f"{path}/continue"))["state"] == "recording"
    assert (await control.json("GET", f"/conferences/{cid}"))["recording"]["state"] == "recording"
    await control.json("POST", f"{path}/marks", json={"text": " 切口 "})
    assert recorder.asked[-1] == AddMark(rid, "operator", "切口", "admin")
    await control.json("POST", f"{path}/marks", json={"kind": "chat", "text": "看得清"})
    assert recorder.asked[-1] == AddMark(rid, "chat", "看得清", "admin")
    engine.tell(SiteChanged(cid, sid, "joined", "e1"))
    engine.tell(SpeakerChanged(cid, sid))
    automatic = [AddMark(rid, kind, "pattern site") for kind in ("join", "speaker")]
    await until(lambda: recorder.asked[-2:] == automatic)
    await control.json("DELETE", path)
    engine.tell(SpeakerChanged(cid, ""))
    engine.tell(SpeakerChanged(cid, sid))
    assert (await control.api.post(f"{path}/marks", json={})).status_code == 404
