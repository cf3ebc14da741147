"""The library: found by words and times, tagged, and as fast with thousands as with ten."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from control_api.services.retention import Retention
from recorder.contract import DeleteRecording, RecordingInfo, RecordingState, TagRecording
from recorder.journal import JOURNAL_NAME, Started, Stopped, line_of
from recorder.tags import read_tags
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.recorder_process import FakeRecorder
from tests.fakes.waiting import until

PASSWORD = "correct Horse 马"
THOUSANDS = 4000


@pytest.fixture
async def control(
    tmp_path: Path, engine: FakeEngine, recorder: FakeRecorder
) -> AsyncIterator[Control]:
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, recorder=recorder.socket) as control:
        await until(lambda: control.bridge.recordings.up)
        yield control


def ended(tmp_path: Path, rid: str, title: str, day: int = 1) -> None:
    """A recording of the store, without media."""
    folder = tmp_path / "data" / "recordings" / rid
    folder.mkdir(parents=True)
    wall = f"2026-11-{day:02}T08:00:00+00:00"
    lines = line_of(Started(1, rid, "c1", title, wall, 0, "boot")) + line_of(Stopped(wall))
    (folder / JOURNAL_NAME).write_bytes(lines)


async def ids(control: Control, **query: object) -> list[str]:
    return [one["id"] for one in await control.json("GET", "/recordings", params=query)]


async def test_words_and_times_find_recordings(control: Control, tmp_path: Path) -> None:
    ended(tmp_path, "a", "胆囊切除术 Ward 3", 1)
    ended(tmp_path, "b", "Cholecystectomy 教学", 2)
    ended(tmp_path, "c", "查房", 3)
    assert await ids(control) == ["c", "b", "a"]
    assert await ids(control, q="胆囊") == ["a"]
    assert await ids(control, q="CHOLE 教学") == ["b"]
    assert await ids(control, q="胆囊 教学") == []
    assert await ids(control, q="100%") == []
    times = {"since": "2026-11-02T00:00:00Z", "until": "2026-11-03T00:00:00Z"}
    assert await ids(control, **times) == ["b"]
    assert await ids(control, limit=1, skip=1) == ["b"]
    reply = await control.api.get("/recordings", params={"limit": 1})
    assert reply.headers["x-total-count"] == "3"
    assert (await control.api.get("/recordings", params={"limit": 0})).status_code == 422


async def test_a_recording_that_appears_or_goes_is_noticed(
    control: Control, tmp_path: Path
) -> None:
    ended(tmp_path, "a", "one", 1)
    assert await ids(control) == ["a"]
    ended(tmp_path, "b", "two", 2)
    assert await ids(control) == ["b", "a"]
    folder = tmp_path / "data" / "recordings" / "a"
    (folder / JOURNAL_NAME).unlink()
    folder.rmdir()
    assert await ids(control) == ["b"]


async def test_tags_go_to_the_recorder_with_the_patient_sealed(
    control: Control, recorder: FakeRecorder, tmp_path: Path
) -> None:
    rid = "a"
    ended(tmp_path, rid, "会诊")
    wall = "2026-11-01T08:00:00+00:00"
    recorder.recordings[rid] = RecordingInfo(rid, "c1", "会诊", RecordingState.DONE, wall)
    assert await ids(control) == [rid]
    body = {"doctor": "李医生", "keywords": ["结石", "ERCP"], "patient": "P-0815", "hold": True}
    told = await control.json("PATCH", f"/recordings/{rid}", json=body)
    assert (told["doctor"], told["keywords"]) == ("李医生", ["结石", "ERCP"])
    assert (told["patient"], told["hold"]) == ("P-0815", True)
    command = recorder.asked[-1]
    assert isinstance(command, TagRecording)
    assert "0815" not in str(command)
    assert await ids(control, q="李医生 ercp") == [rid]
    wrong = await control.api.patch(f"/recordings/{rid}", json={"keywords": [" \t"]})
    assert wrong.status_code == 422


async def test_who_may_not_read_patients_sees_none(
    control: Control, recorder: FakeRecorder, tmp_path: Path
) -> None:
    ended(tmp_path, "a", "one", 1)
    sealed = control.bridge.recordings.seal.closed("P-0815")
    (tmp_path / "data" / "recordings" / "a" / "tags").write_text(f'{{"patient": "{sealed}"}}')
    assert read_tags(tmp_path / "data" / "recordings" / "a").patient == sealed
    (mine,) = await control.json("GET", "/recordings")
    assert mine["patient"] == "P-0815"
    user = {"name": "xiao", "password": PASSWORD, "role": "viewer"}
    await control.json("POST", "/users", json=user)
    async with control.client() as other:
        await other.post("/session", json={"user": "xiao", "password": PASSWORD})
        (theirs,) = (await other.get("/recordings")).json()
        assert theirs["patient"] == ""
        assert (await other.get("/recordings/a")).json()["patient"] == ""
        assert (await other.patch("/recordings/a", json={"doctor": "x"})).status_code == 403
    assert await ids(control, q="0815") == []


async def test_thousands_are_read_once(
    control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(THOUSANDS):
        ended(tmp_path, f"r{number:05}", f"Teaching {number} 教学", number % 28 + 1)
    first = await control.api.get("/recordings", params={"limit": 50})
    assert first.headers["x-total-count"] == str(THOUSANDS)
    looked: list[str] = []
    library = control.bridge.recordings.library

    def look(names: list[str]) -> list[RecordingInfo]:
        looked.extend(names)
        return []

    monkeypatch.setattr(library, "_read", look)
    found = await control.json("GET", "/recordings", params={"q": "教学 3999"})
    assert [one["id"] for one in found] == ["r03999"]
    assert looked == [], "the store has not changed: nothing is read again"


async def test_what_is_interrupted_is_not_shown_as_it_was(control: Control, tmp_path: Path) -> None:
    ended(tmp_path, "a", "one", 1)
    journal = tmp_path / "data" / "recordings" / "a" / JOURNAL_NAME
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.index(b"\n") + 1])
    (one,) = await control.json("GET", "/recordings")
    assert (one["state"], one["reason"]) == ("failed", RecordingState.INTERRUPTED.value)
    journal.write_bytes(whole)
    (one,) = await control.json("GET", "/recordings")
    assert one["state"] == "done"


async def test_what_is_old_goes_what_is_held_stays(
    control: Control, recorder: FakeRecorder, tmp_path: Path
) -> None:
    for rid, day in (("old", 1), ("held", 2), ("new", 20)):
        ended(tmp_path, rid, rid, day)
    (tmp_path / "data" / "recordings" / "held" / "tags").write_text('{"hold": true}')
    recordings = control.bridge.recordings
    now_s = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    retention = Retention(10, recordings.library.find, recordings.delete, lambda: now_s)
    assert [info.id for info in await retention.expired()] == ["old"]
    assert await retention.sweep() == 1
    assert recorder.asked == [DeleteRecording("old")]
