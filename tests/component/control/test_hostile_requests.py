"""What strangers and careless programs send: numbers and times that are none, and floods."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.types import Message, Scope

from control_api.services import contents, documents
from control_api.services.audit import NAMELESS_PER_MINUTE, Audit
from recorder.contract import RecordingChanged, RecordingInfo, RecordingState, Tags
from recorder.files import RecordingFiles
from tests.component.control.conftest import Control, shared_app
from tests.component.control.stored import stored_clip
from tests.fakes.waiting import until

HUGE = 10**30
FAR = "9999-12-31T23:59:59Z"
SPAN = f"since=2026-01-01T00:00:00Z&until={FAR}"


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    made = stored_clip(tmp_path / "data", 1.0)
    yield made
    made.close()


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/r1/download.mp4?to_s=1e300",
        "/recordings/r1/download.mp4?to_s=inf",
        "/recordings/r1/download.mp4?from_s=nan",
        "/recordings/r1/package.zip?to_s=inf",
        "/recordings/r1/still.png?at_s=1e308",
        "/recordings/r1/still.png?at_s=inf",
        f"/recordings/r1/manifest?after={HUGE}",
        "/recordings?since=0001-01-01T00:00:00",
        f"/recordings?until={FAR}",
        f"/bookings/{HUGE}",
        f"/bookings?{SPAN}",
        f"/audit?{SPAN}&after={HUGE}",
    ],
)
async def test_a_question_that_means_nothing_is_refused(
    control: Control, files: RecordingFiles, path: str
) -> None:
    assert (await control.api.get(path)).status_code == 422


@pytest.mark.parametrize("number", ["1e999", "1e308", "NaN", "-1", "1e8"])
async def test_a_mark_stands_at_a_time(control: Control, number: str) -> None:
    body = f'{{"at_s": {number}, "text": "x"}}'.encode()
    headers = {"Content-Type": "application/json"}
    reply = await control.api.post("/recordings/r1/marks", content=body, headers=headers)
    assert reply.status_code == 422


@pytest.mark.parametrize(
    "changed",
    [
        {"begin": "0001-01-01T00:00:00Z"},
        {"recurrence": {"frequency": 0, "count": 0, "until": FAR}},
    ],
)
async def test_a_booking_is_within_the_calendar(
    control: Control, changed: dict[str, object]
) -> None:
    body = {"name": "会诊", "begin": "2120-01-01T00:00:00Z", "minutes": 60, **changed}
    assert (await control.api.post("/bookings", json=body)).status_code == 422


async def test_who_hangs_up_within_a_body_fills_no_log() -> None:
    """What an application raises its server logs, some ten kilobytes each time."""
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/services/common",
        "query_string": b"",
        "headers": [(b"content-type", b"text/xml"), (b"content-length", b"100")],
        "client": ("192.0.2.1", 1),
    }
    coming: list[Message] = [
        {"type": "http.request", "body": b"<a", "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    await shared_app()(scope, receive, send)
    assert said[0]["status"] == 400
    assert not coming


async def test_a_stranger_does_not_fill_the_audit_log(control: Control) -> None:
    now_s = [60_000_000.0]
    audit = Audit(control.bridge.audit._rows, lambda: now_s[0])
    await audit.open()
    for _ in range(3 * NAMELESS_PER_MINUTE):
        await audit.note("", "203.0.113.9", "REST POST", "session", "401")
    await audit.note("admin", "10.0.0.1", "REST POST", "conferences", "201")
    now_s[0] += 60
    await audit.note("", "203.0.113.9", "REST POST", "session", "401")
    rows = [row for row in await audit.between(0, 1e9) if row.at_s >= 60_000_000]
    assert [row.user_name for row in rows].count("admin") == 1, "who is known is always noted"
    assert len(rows) == NAMELESS_PER_MINUTE + 3
    assert rows[-2].object == f"{2 * NAMELESS_PER_MINUTE} of nobody"


async def test_images_do_not_come_all_at_once(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, busy, most = threading.Event(), [0], [0]

    def slowly(data: bytes, media_type: str) -> bytes:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        go.wait(10)
        busy[0] -= 1
        return data

    monkeypatch.setattr(contents, "prepared", slowly)
    conference = await control.conference()
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "PNG")
    path = f"/conferences/{conference}/content/still"
    headers = {"Content-Type": "image/png"}
    pushes = [
        asyncio.create_task(control.api.put(path, content=out.getvalue(), headers=headers))
        for _ in range(contents.MOST_WAITING + 3)
    ]
    try:
        await until(lambda: sum(push.done() for push in pushes) == 3, "three are turned away")
        assert {push.result().status_code for push in pushes if push.done()} == {429}
        await until(lambda: busy[0] == contents.AT_ONCE)
    finally:
        go.set()
        replies = await asyncio.gather(*pushes)
    assert [reply.status_code for reply in replies].count(200) == contents.MOST_WAITING
    assert most[0] <= contents.AT_ONCE


async def test_the_reader_of_documents_gets_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCU_CONTROL_SECRET", "hush")
    given: list[dict[str, str]] = []
    real = asyncio.create_subprocess_exec

    async def spying(*words: str, **options: object) -> asyncio.subprocess.Process:
        environment = options.get("env")
        assert isinstance(environment, dict)
        given.append(environment)
        return await real("true", **options)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spying)
    with pytest.raises(Exception, match="document"):
        await documents.converted(b"", documents.PDF, documents.FIRST)
    assert "MCU_CONTROL_SECRET" not in given[0]
    assert "PATH" in given[0]


async def test_guests_are_not_told_what_a_recording_is_about(control: Control) -> None:
    tags = Tags(doctor="Dr Li", department="surgery", keywords=("gallbladder",), patient="sealed")
    told = RecordingInfo(
        "r1", "c1", "Ward 3", RecordingState.RECORDING, "2026-11-01T08:00:00+00:00", tags=tags
    )
    reader = control.bridge.feed.subscribe()
    control.bridge.recordings._event(RecordingChanged(told))
    event = await reader.next()
    reader.close()
    assert event is not None
    assert '"surgery"' in event.data
    assert "sealed" not in event.data
    for secret in ("Dr Li", "surgery", "gallbladder", "Ward 3", "sealed"):
        assert secret not in event.public
    assert '"state":"recording"' in event.public
