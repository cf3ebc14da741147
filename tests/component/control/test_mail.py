"""Mail of bookings with a calendar file, given to a real SMTP server; and what a file is like."""

import asyncio
import email
import email.policy
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from control_api.persistence.bookings import Booking, Occurrence, Recurrence
from control_api.services.calendar_file import calendar_file
from control_api.services.mail import MOST_WAITING, PAUSES_S, Mail, Server, give, read_server
from mcu_core.errors import BadInput
from tests.component.control.conftest import Control, running_control
from tests.fakes.engine import FakeEngine
from tests.fakes.waiting import until

SENDER, DOCTOR = "mcu@hospital.example", "li@hospital.example"
BODY: dict[str, Any] = {
    "name": "会诊, ward 3",
    "begin": "2035-03-01T08:00:00Z",
    "minutes": 45,
    "notify": [DOCTOR],
    "notice": "bring; the films",
}


class Post:
    """Takes mail, but the first `refuses`, and for whom `answers` has something else to say."""

    def __init__(self) -> None:
        self.refuses = 0
        self.answers: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.reached: list[list[str]] = []
        self.port = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            self.refuses -= 1
            return "451 try again"
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.reached.append(sorted(envelope.rcpt_tos))
        return "250 taken"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    post = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(post, hostname="post", loop=loop), "127.0.0.1", 0
    )
    post.port = server.sockets[0].getsockname()[1]
    async with server:
        yield post


@pytest.fixture
async def mailing(tmp_path: Path, engine: FakeEngine, post: Post) -> AsyncIterator[Control]:
    options = {
        "mail_server": f"smtp://127.0.0.1:{post.port}",
        "mail_from": SENDER,
        "mail_link": "https://mcu.hospital.example/",
    }
    engines = {"engine-0": engine.socket}
    async with running_control(tmp_path / "data", engines, **options) as control:
        yield control


def parts(mail: EmailMessage) -> tuple[str, list[str]]:
    """Text, and the lines of the calendar, unfolded."""
    text, calendar = list(mail.iter_parts())
    body = calendar.get_payload(decode=True)
    assert isinstance(body, bytes)
    return str(text.get_content()), body.decode().replace("\r\n ", "").split("\r\n")


async def test_who_takes_part_is_told_what_changes(mailing: Control, post: Post) -> None:
    made = await mailing.json("POST", "/bookings", json=BODY)
    await until(lambda: len(post.mails) == 1, "told of the booking")
    (mail,) = post.mails
    assert (mail["To"], mail["From"]) == (DOCTOR, SENDER)
    assert "会诊, ward 3" in mail["Subject"]
    text, lines = parts(mail)
    assert f"2035-03-01 16:00 CST   接入号 Access code: {made['access_code']}" in text
    assert "https://mcu.hospital.example/enter" in text
    for line in (
        "METHOD:REQUEST",
        f"UID:mcu-{made['id']}@hospital.example",
        "DTSTART:20350301T080000Z",
        "DTEND:20350301T084500Z",
        "SUMMARY:会诊\\, ward 3",
        "DESCRIPTION:bring\\; the films",
        f"ATTENDEE;RSVP=FALSE:mailto:{DOCTOR}",
        "STATUS:CONFIRMED",
    ):
        assert line in lines, line
    later = {**BODY, "begin": "2035-03-01T09:00:00Z"}
    await mailing.json("PUT", f"/bookings/{made['id']}", json=later)
    await mailing.json("DELETE", f"/bookings/{made['id']}")
    await until(lambda: len(post.mails) == 3, "told of both")
    assert "DTSTART:20350301T090000Z" in parts(post.mails[1])[1]
    gone = parts(post.mails[2])[1]
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(gone)


async def test_a_series_has_an_event_for_each_time(mailing: Control, post: Post) -> None:
    series = {**BODY, "recurrence": {"frequency": 0, "count": 12}}
    await mailing.json("POST", "/bookings", json=series)
    await until(lambda: len(post.mails) == 1, "told of the series")
    text, lines = parts(post.mails[0])
    assert "METHOD:PUBLISH" in lines
    assert len({line for line in lines if line.startswith("UID:")}) == 12
    assert "…" in text


async def test_nobody_is_told_who_did_not_ask(mailing: Control, post: Post) -> None:
    await mailing.json("POST", "/bookings", json={**BODY, "notify": []})
    await mailing.json("POST", "/bookings", json=BODY)
    await until(lambda: len(post.mails) == 1, "only of the second")
    for bad in (["x"], ["a@b\nBcc: c@d"], ["a@b.example"] * 51, ["a@" + "b" * 300]):
        reply = await mailing.api.post("/bookings", json={**BODY, "notify": bad})
        assert reply.status_code == 422, bad


def booking(*addresses: str, name: str = "x", notice: str = "") -> Booking:
    return Booking(7, name, 0.0, 60.0, "123", notify=addresses, notice=notice)


TIME = Occurrence(7, 0.0, 60.0, "booked", 0, ())


async def test_what_is_not_taken_is_tried_again_and_given_up(post: Post) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    mail = Mail(Server("127.0.0.1", post.port, False), SENDER, "", "UTC", sleep=sleep)
    mail.start()
    post.refuses = 2
    mail.tell(booking(DOCTOR), [TIME], gone=False)
    await until(lambda: mail.sent == 1, "the third time")
    assert pauses == [5.0, 30.0]
    lost = "lost@hospital.example"
    post.answers = {lost: "450 not now"}
    mail.tell(booking(lost), [TIME], gone=False)
    mail.tell(booking(DOCTOR, name="next"), [TIME], gone=False)
    await until(lambda: (mail.sent, mail.given_up) == (2, 1), "the next one, and no more of this")
    assert mail.failed == 2 + 7
    assert pauses[2:] == list(PAUSES_S)
    assert "next" in post.mails[-1]["Subject"]
    await mail.stop()


async def test_one_refused_recipient_holds_up_nobody(post: Post) -> None:
    """Not the others of the same mail, nor the mails behind it; who may take it later gets it."""
    gone, full, lost = (f"{name}@hospital.example" for name in ("gone", "full", "lost"))
    post.answers = {gone: "550 no such user", full: "450 later", lost: "550 no such user"}
    rests, resting = asyncio.Event(), list[float]()

    async def sleep(seconds: float) -> None:
        resting.append(seconds)
        await rests.wait()

    mail = Mail(Server("127.0.0.1", post.port, False), SENDER, "", "UTC", sleep=sleep)
    mail.start()
    mail.tell(booking(lost), [TIME], gone=False)
    mail.tell(booking(gone, full, DOCTOR), [TIME], gone=False)
    mail.tell(booking(full), [TIME], gone=False)
    mail.tell(booking(DOCTOR, name="next"), [TIME], gone=False)
    await until(lambda: mail.sent == 2, "nothing waits")
    await until(lambda: len(resting) == 2)
    assert post.reached == [[DOCTOR], [DOCTOR]]
    assert (mail.given_up, mail.failed, resting) == (2, 3, [5.0, 5.0])
    post.answers = {}
    rests.set()
    await until(lambda: mail.sent == 4)
    assert post.reached[2:] == [[full], [full]]
    rests.clear()
    post.answers = {full: "450 later"}
    mail.tell(booking(full), [TIME], gone=False)
    await until(lambda: len(resting) == 3)
    await mail.stop()
    assert not mail._waiting, "what rests ends with the process"


async def test_no_password_goes_in_clear(post: Post) -> None:
    """Whoever is in between may hide that the server can encrypt."""
    server = Server("127.0.0.1", post.port, tls=False, user="me", password="secret")
    with pytest.raises(smtplib.SMTPException):
        await asyncio.to_thread(give, server, EmailMessage(), [DOCTOR])
    assert not post.mails


async def test_the_queue_has_a_bound() -> None:
    mail = Mail(Server("127.0.0.1", 1, False), SENDER, "", "UTC")
    for _ in range(MOST_WAITING + 3):
        mail.tell(booking(DOCTOR), [TIME], gone=False)
    assert mail.dropped == 3
    silent = Mail(None, "", "", "UTC")
    silent.tell(booking(DOCTOR), [TIME], gone=False)
    assert not silent._waiting


def test_servers_are_read() -> None:
    assert read_server("") is None
    assert read_server("smtp://post") == Server("post", 25, False)
    assert read_server("smtps://me:a%40b@post:999") == Server("post", 999, True, "me", "a@b")
    for bad in ("post", "http://post", "smtp://", "smtp://post:x"):
        with pytest.raises(BadInput):
            read_server(bad)
    with pytest.raises(BadInput):
        Mail(read_server("smtp://post"), "nobody", "", "UTC")


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_texts_make_a_file_that_reads_back(name: str, notice: str) -> None:
    series = Recurrence(0)
    wanted = Booking(7, name, 0.0, 60.0, "123", recurrence=series, notify=(DOCTOR,), notice=notice)
    data = calendar_file(wanted, [TIME, TIME], False, SENDER, 1.0, notice)
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    whole = data.decode().replace("\r\n ", "").split("\r\n")
    assert sum(line == "BEGIN:VEVENT" for line in whole) == 2
    assert all(":" in line for line in whole[:-1])
