"""Webhooks: signed, tried again, dropped with a count, and only where they may go."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import h11
import pytest

from control_api.persistence.database import Database
from control_api.persistence.hooks import HookRows
from control_api.services.feed import Feed
from control_api.services.hook_target import (
    NotDelivered,
    Target,
    deliver,
    permitted,
    read_networks,
    read_targets,
)
from control_api.services.webhooks import PAUSES_S, Webhooks
from mcu_core.errors import BadInput
from tests.fakes.waiting import until

SECRET = "s3cret"
HERE = read_networks("127.0.0.0/8")


@dataclass
class Receiver:
    """Another system: answers with these statuses, then with 204."""

    statuses: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        headers: dict[str, str] = {}
        body = b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(4096))
            elif isinstance(event, h11.Request):
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
        self.heard.append((headers, body))
        status = self.statuses.pop(0) if self.statuses else 204
        place = [("Location", f"http://127.0.0.1:{self.port}/elsewhere")]
        writer.write(connection.send(h11.Response(status_code=status, headers=place)) or b"")
        await writer.drain()
        writer.close()


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[HookRows]:
    database = Database(tmp_path / "mcu.sqlite3")
    await database.open()
    yield HookRows(database)
    await database.close()


async def until_dead(rows: HookRows, target: str, count: int) -> None:
    while await rows.dead(target) != count:
        await asyncio.sleep(0)


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(statuses))
    async with await asyncio.start_server(receiver.serve, "127.0.0.1", 0) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


async def test_events_are_signed_and_tried_again_until_they_are_taken(rows: HookRows) -> None:
    feed, pauses = Feed(), list[float]()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with receiving(500, 302) as receiver:
        targets = read_targets(f"http://localhost:{receiver.port}/hook?a=1", ["http"])
        hooks = Webhooks(rows, feed, targets, HERE, SECRET, {"alarm"}, lambda: 1.8e9, sleep=sleep)
        hooks.start()
        try:
            feed.publish("levels", "c", {})
            feed.publish("alarm", "c", {"kind": "disk"})
            (queue,) = hooks.queues
            await until(lambda: queue.delivered == 1)
        finally:
            await hooks.stop()
    assert pauses == list(PAUSES_S[:2])
    assert (queue.failed, queue.dropped) == (2, 0)
    assert len({body for _, body in receiver.heard}) == 1
    headers, body = receiver.heard[-1]
    told = json.loads(body)
    assert (told["event"], told["conference"], told["data"]) == ("alarm", "c", {"kind": "disk"})
    signed = f"{headers['x-mcu-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-mcu-signature"] == f"sha256={expected}"
    assert headers["x-mcu-delivery"] == told["id"]


async def test_what_nobody_takes_is_given_up_counted_and_may_be_tried_again(rows: HookRows) -> None:
    feed = Feed()
    away = True

    async def refuse(target: Target, *_: object) -> None:
        if away:
            raise NotDelivered("no")

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    targets = read_targets("https://a.example/x", ["https"])
    hooks = Webhooks(rows, feed, targets, (), SECRET, {"alarm"}, send=refuse, sleep=at_once)
    hooks.start()
    try:
        feed.publish("alarm", "", {})
        (queue,) = hooks.queues
        await until(lambda: queue.dead == 1)
        assert queue.failed == len(PAUSES_S) + 1
        await until_dead(rows, queue.name, 1)
        away = False
        await hooks.revive()
        await until(lambda: queue.delivered == 1)
        assert queue.dead == 0
    finally:
        await hooks.stop()


async def test_a_queue_has_a_bound_and_one_that_is_away_keeps_nothing_from_others(
    rows: HookRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 20
    monkeypatch.setattr("control_api.services.webhooks.MOST_WAITING", most)
    feed = Feed()
    taken: list[bytes] = []

    async def send(
        target: Target, _: Iterable[object], __: Iterable[tuple[str, str]], body: bytes
    ) -> None:
        if target.host == "away.example":
            await asyncio.Event().wait()
        taken.append(body)

    targets = read_targets("https://away.example, https://b.example", ["https"])
    hooks = Webhooks(rows, feed, targets, (), SECRET, {"alarm"}, send=send)
    hooks.start()
    try:
        away, other = hooks.queues
        for number in range(most + 5):
            feed.publish("alarm", "", number)
            await until(lambda wanted=number: other.delivered == wanted + 1)  # type: ignore[misc]
        assert len(away.waiting) == most
        assert away.dropped == 4, "one is under way"
        assert json.loads(taken[-1])["data"] == most + 4
        assert len(await rows.waiting(away.name)) == most + 1
    finally:
        await hooks.stop()


async def test_what_waits_is_told_after_a_restart_when_it_is_due(rows: HookRows) -> None:
    taken: list[bytes] = []
    pauses = list[float]()
    now_s = 1.8e9

    async def send(*given: object) -> None:
        body = given[-1]
        assert isinstance(body, bytes)
        if not pauses:
            raise NotDelivered("away")
        taken.append(body)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            await asyncio.Event().wait()

    targets = read_targets("https://a.example/secret", ["https"])

    def hooks_of(feed: Feed) -> Webhooks:
        return Webhooks(
            rows, feed, targets, (), SECRET, {"alarm"}, lambda: now_s, send=send, sleep=sleep
        )

    feed = Feed()
    before = hooks_of(feed)
    await before.open()
    before.start()
    for number in range(3):
        feed.publish("alarm", "", number)
    await until(lambda: pauses == [PAUSES_S[0]])
    await until(lambda: len(before.queues[0].waiting) == 2)
    await before.stop()
    now_s += 0.25
    after = hooks_of(Feed())
    await after.open()
    after.start()
    try:
        await until(lambda: after.queues[0].delivered == 3)
    finally:
        await after.stop()
    assert [json.loads(body)["data"] for body in taken] == [0, 1, 2]
    assert pauses[1:] == [0.75]
    assert await rows.waiting(after.queues[0].name) == []


async def test_what_was_taken_is_not_told_again_though_the_end_comes_before_it_is_noted(
    rows: HookRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting, go_on, remove = asyncio.Event(), asyncio.Event(), rows.remove

    async def send(*_: object) -> None:
        return

    async def slow(number: int) -> None:
        noting.set()
        await go_on.wait()
        await remove(number)

    monkeypatch.setattr(rows, "remove", slow)
    feed = Feed()
    targets = read_targets("https://a.example/x", ["https"])
    hooks = Webhooks(rows, feed, targets, (), SECRET, {"alarm"}, send=send)
    hooks.start()
    feed.publish("alarm", "", {})
    await noting.wait()
    stopping = asyncio.create_task(hooks.stop())
    await asyncio.wait([stopping], timeout=0.05)
    assert not stopping.done()
    go_on.set()
    await stopping
    assert await rows.waiting(hooks.queues[0].name) == []


@pytest.mark.parametrize(
    "url",
    ["http://a/x", "ftp://a", "https://", "https://u:p@a/", "https://a:99999/", "https://a/\x7fé"],
)
def test_addresses_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(BadInput, match="webhooks"):
        read_targets(url, ["https"])


async def test_this_machine_is_no_receiver_unless_it_is_named() -> None:
    for text, goes in (
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("10.1.2.3", True),
    ):
        assert permitted(ip_address(text), ()) is goes, text
    assert permitted(ip_address("::ffff:10.1.2.3"), read_networks("10.0.0.0/8"))
    assert not permitted(ip_address("11.1.2.3"), read_networks("10.0.0.0/8"))
    with pytest.raises(BadInput, match="webhook_networks"):
        read_networks("10.0.0.0/99")
    async with receiving() as receiver:
        (target,) = read_targets(f"http://localhost:{receiver.port}/", ["http"])
        with pytest.raises(NotDelivered, match="allowed"):
            await deliver(target, (), (), b"{}")
        assert receiver.heard == []
        await deliver(target, HERE, (), b"{}")
    with pytest.raises(NotDelivered):
        await deliver(target, HERE, (), b"{}")
