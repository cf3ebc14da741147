"""Recordings into Debian's Orthanc: as recorded, over an outage, under a new process."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.orthanc import Orthanc
from mcu_core.media.clock import wall_time_s
from tests.component.control.conftest import Control, running_control
from tests.component.control.stored import stored_clip
from tests.fakes.waiting import until

LATER_S = 3600.0
"""By how much a new process finds the clock advanced: whatever waits for a while is due."""

LIMIT_S = 40.0
STUDY = {"patient_name": "Wang^XiaoDong=王^小东", "patient_id": "病历-0001", "study_uid": "1.2.3.4"}


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    made = Orthanc(tmp_path_factory.mktemp("orthanc"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with recording r1 in it."""
    folder = tmp_path_factory.mktemp("data")
    files = stored_clip(folder, 3.0)
    yield folder
    files.close()


def _control(
    data: Path, orthanc: Orthanc, ahead_s: float = 0.0
) -> AbstractAsyncContextManager[Control]:
    return running_control(
        data, {}, pacs={"main": orthanc.address}, wall_s=lambda: wall_time_s() + ahead_s
    )


@pytest.fixture
async def archiving(data: Path, orthanc: Orthanc) -> AsyncIterator[Control]:
    await until(orthanc.answers, "Orthanc answers")
    async with _control(data, orthanc) as control:
        yield control


async def _reached(
    control: Control, job: str, there: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The job once it is `there`."""
    seen: dict[str, Any] = {}
    try:
        async with asyncio.timeout(LIMIT_S):
            while True:
                seen = await control.json("GET", f"/dicom-jobs/{job}")
                if there(seen):
                    return seen
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(seen) from None


async def _sent(control: Control, **wish: Any) -> str:
    body = {"pacs": "main", "study": STUDY, **wish}
    made = await control.json("POST", "/recordings/r1/dicom", json=body)
    return str(made["id"])


async def test_the_archive_has_what_was_recorded(archiving: Control, orthanc: Orthanc) -> None:
    job = await _sent(archiving)
    done = await _reached(archiving, job, lambda one: one["state"] in ("done", "failed"))
    assert (done["state"], done["progress"], done["reason"]) == ("done", 1.0, "")
    (receipt,) = done["stored"]
    (instance,) = orthanc.instances()
    tags = orthanc.tags(instance)
    assert tags["SOPInstanceUID"] == receipt["uid"]
    assert (tags["PatientName"], tags["PatientID"]) == (STUDY["patient_name"], "病历-0001")
    assert tags["StudyInstanceUID"] == "1.2.3.4"
    assert hashlib.sha256(orthanc.video(instance)).hexdigest() == receipt["digest"]
    assert (await archiving.bridge.pacs.get(job)).study == "", "nothing of the patient stays"
    deeds = await archiving.bridge.audit.between(0, 1e12)
    assert ("PACS main", "r1", "1 stored") in [
        (one.action, one.object, one.result) for one in deeds
    ]
    assert not (archiving.settings.data / "archive").exists()


async def test_it_comes_there_over_an_outage_and_new_processes(
    data: Path, orthanc: Orthanc
) -> None:
    orthanc.stop()
    async with _control(data, orthanc) as control:
        reply = await control.api.post("/pacs/main/echo")
        assert reply.status_code == 503
        job = await _sent(control, sound=False)
        waits = await _reached(control, job, lambda one: one["attempts"] > 0)
        assert waits["state"] == "waiting"
        assert "does not answer" in waits["reason"]
    orthanc.start()
    await until(orthanc.answers, "Orthanc answers again")
    before = len(orthanc.instances())
    async with _control(data, orthanc, LATER_S) as control:
        await _reached(control, job, lambda one: one["state"] in ("sending", "done"))
    async with _control(data, orthanc, LATER_S) as control:
        assert (await control.api.post("/pacs/main/echo")).status_code == 204
        done = await _reached(control, job, lambda one: one["state"] == "done")
    assert len(done["stored"]) == 1
    assert len(orthanc.instances()) == before + 1


async def test_a_waiting_job_is_tried_when_somebody_asks(
    archiving: Control, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving.bridge.pacs, "_pauses_s", (LATER_S,))
    orthanc.stop()
    job = await _sent(archiving, sound=False)
    await _reached(archiving, job, lambda one: one["attempts"] > 0)
    orthanc.start()
    await until(orthanc.answers, "Orthanc answers again")
    asked = await archiving.json("POST", f"/dicom-jobs/{job}/retry")
    assert (asked["state"], asked["title"]) == ("waiting", "Ward")
    await _reached(archiving, job, lambda one: one["state"] == "done")
    assert (await archiving.api.post(f"/dicom-jobs/{job}/retry")).status_code == 409


async def test_what_is_cancelled_is_not_sent(archiving: Control, orthanc: Orthanc) -> None:
    orthanc.stop()
    try:
        job = await _sent(archiving)
        ended = await archiving.json("DELETE", f"/dicom-jobs/{job}")
        assert ended["state"] == "cancelled"
        assert (await archiving.bridge.pacs.get(job)).study == ""
        again = await archiving.api.delete(f"/dicom-jobs/{job}")
        assert again.status_code == 409
        assert (await archiving.json("GET", "/dicom-jobs"))[0]["id"] == job
    finally:
        orthanc.start()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"pacs": "other"}, 404),
        ({"pacs": "main", "track": "content"}, 409),
        ({"pacs": "main", "from_s": 90, "to_s": 95}, 409),
        ({"pacs": "main", "from_s": 2, "to_s": 1}, 422),
        ({"pacs": "main", "study": {"birth_date": "1.1.1970"}}, 422),
        ({"pacs": "main", "study": {"patient_name": "字" * 65}}, 422),
        ({"pacs": "main", "kind": "radiographic"}, 422),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    archiving: Control, body: dict[str, Any], status: int
) -> None:
    reply = await archiving.api.post("/recordings/r1/dicom", json=body)
    assert reply.status_code == status, reply.text


async def test_viewers_send_nothing(archiving: Control) -> None:
    viewer = {"name": "eve", "password": "Long enough for eve", "role": "viewer"}
    await archiving.json("POST", "/users", json=viewer)
    async with archiving.client() as eve:
        await eve.post("/session", json={"user": "eve", "password": viewer["password"]})
        assert (await eve.post("/recordings/r1/dicom", json={"pacs": "main"})).status_code == 403
        assert (await eve.get("/dicom-jobs")).status_code == 403
