"""leaks: requests with wrong tokens, ranges and names at everything that can be watched (bar 11).

A running system has a recording, a conference and a guest. Whoever may not watch must get nothing
but a refusal, whatever he calls himself and however he writes what he wants; whoever may must get
nothing that is not the recording's: no other file, and no bytes that there are not.
"""

import asyncio
import random
import string
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks.ending import ending
from benchmarks.figures import figure
from benchmarks.in_step import RECORDING, store
from benchmarks.kept import Kept
from benchmarks.live_system import Bridge, fed_system, new_conference
from benchmarks.report import Report, Row
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

CLOCK = MonotonicClock()
SMALL = (320, 180)
RECORDED_S = 4
LINES = 12
PART = 500
"""Requests of one throw of the dice, kept as one."""

KIND = "leaks"
HEAD_END = b"\r\n\r\n"
MOST_BYTES = 256 * 1024
SQLITE = b"SQLite format 3"
TRAVERSALS = (
    "../../mcu.sqlite3", "..%2f..%2fmcu.sqlite3", "%2e%2e/%2e%2e/admin-password", "....//journal",
    "journal", "main.mp4%00", "..\\..\\admin-password", "/etc/passwd", "main/../../../login-token",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Try:
    """One request, and whether the one who sends it may watch at all."""

    path: str
    headers: dict[str, str]
    may: bool


class Caller:
    """Makes requests by the dice. Tokens are near to good ones: cut, changed, of ended sessions."""

    def __init__(
        self, dice: random.Random, conference: str, good: str, bad: list[str], whole: list[str]
    ) -> None:
        self._dice = dice
        self._conference = conference
        self._good = good
        self._bad = bad
        self._whole = whole

    def next(self) -> Try:
        """One more."""
        may = self._dice.random() < 0.25
        if may:
            token, path = self._good, self._wrong_path()
        else:
            token = self._wrong_token()
            path = self._dice.choice([self._right_path, self._wrong_path])()
        headers = {}
        way = self._dice.randrange(3)
        if way == 0:
            headers["Authorization"] = f"Bearer {token}"
        elif way == 1:
            headers["Cookie"] = f"mcu_session={token}"
        else:
            path += ("&" if "?" in path else "?") + f"invite={quote(token)}"
        if self._dice.random() < 0.5:
            headers["Range"] = self._range()
        return Try(path, headers, may)

    def _right_path(self) -> str:
        recording, live = f"/recordings/{RECORDING}", f"/conferences/{self._conference}"
        return "/api/v1" + self._dice.choice(
            [
                f"{recording}/tracks/main", f"{recording}/tracks/sound", f"{recording}/manifest",
                f"{recording}/hls/index.m3u8", f"{recording}/hls/main.m3u8", recording,
                f"{recording}/hls/main.mp4", f"{recording}/download.mp4", "/recordings",
                f"{recording}/package.zip",
                f"{recording}/still.jpg?at_s=1", f"{recording}/previews.jpg", "/audience",
                f"{live}/live", f"{live}/still.png", f"{live}/pushes", live, "/conferences",
            ]
        )  # fmt: skip

    def _wrong_path(self) -> str:
        """Names that name nothing, or lead out of where they should stay."""
        wrong = self._dice.choice(TRAVERSALS)
        if self._dice.random() < 0.3:
            wrong = "".join(
                self._dice.choices(string.printable[:94], k=self._dice.randrange(1, 20))
            )
            wrong = quote(wrong, safe="." if self._dice.random() < 0.5 else "./")
        base = f"/api/v1/recordings/{self._dice.choice([RECORDING, wrong, '..', '.'])}"
        return self._dice.choice(
            [
                f"{base}/tracks/{wrong}", f"{base}/hls/{wrong}.m3u8", f"{base}/hls/{wrong}.mp4",
                f"/api/v1/recordings/{wrong}", f"/api/v1/recordings/{wrong}/download.mp4",
                f"/static/{wrong}", f"/api/v1/conferences/{wrong}/live",
            ]
        )  # fmt: skip

    def _wrong_token(self) -> str:
        kind = self._dice.randrange(5)
        if kind == 0:
            return ""
        if kind == 1:
            return self._dice.choice(self._bad)
        token = self._dice.choice([self._good, *self._whole])
        if kind == 2:
            return token[: self._dice.randrange(len(token))]
        if kind == 3:
            place = self._dice.randrange(len(token))
            other = self._dice.choice(string.ascii_letters.replace(token[place], ""))
            return token[:place] + other + token[place + 1 :]
        return "".join(self._dice.choices(string.ascii_letters + "-_.", k=len(token)))

    def _range(self) -> str:
        a, b = (self._dice.choice([0, 1, 500, 10**6, 10**17, 2**63]) for _ in range(2))
        forms = [f"{a}-{b}", f"-{a}", f"{a}-", "0-0,5-9", "-", "a-b", f"{b}-{a}", "0-" + "9" * 30]
        return self._dice.choice(["bytes=", "bits=", "bytes ="]) + self._dice.choice(forms)


class Line:
    """One connection that is kept, and opened anew where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, one: Try) -> tuple[int, bytes]:
        """Status and body, of which no more than MOST_BYTES are read."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"GET {one.path} HTTP/1.1", "Host: x"]
        lines += [f"{name}: {value}" for name, value in one.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        try:
            head = (await reader.readuntil(HEAD_END)).lower()
            status = int(head.split(b" ", 2)[1])
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"content-length:"),
                -1,
            )
            if 0 <= length <= MOST_BYTES:
                body = await reader.readexactly(length)
                if b"connection: close" in head:
                    await self.close()
                return status, body
            body = await reader.read(4096)  # endless, or long: enough of it to judge
            await self.close()
            return status, body
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return 0, b""

    async def close(self) -> None:
        """Safe twice."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def leaked(one: Try, status: int, body: bytes, secrets: list[bytes]) -> bool:
    """Whether an answer gave what it should not."""
    if any(secret in body for secret in secrets):
        return True
    if one.may or one.path.startswith("/static/"):
        return False
    return 200 <= status < 300


async def _worker(
    part: Callable[[int], Caller], left: Iterator[int], port: int, judge: "Judge"
) -> None:
    """Part after part, on one connection."""
    line = Line(port)
    try:
        for number in left:
            caller, found = part(number), Counter[str]()
            for _ in range(PART):
                one = caller.next()
                judge.take(one, *await line.ask(one), found)
            judge.kept.add(KIND, dict(found))
            if judge.ended.is_set():
                return
    finally:
        await line.close()


@dataclass(frozen=True, slots=True)
class Judge:
    """Counts what came, and says aloud what leaked."""

    secrets: list[bytes]
    kept: Kept
    ended: asyncio.Event

    def take(self, one: Try, status: int, body: bytes, found: Counter[str]) -> None:
        """One answer."""
        found[f"{status // 100}xx" if status else "cut"] += 1
        found["broken"] += status >= 500
        if leaked(one, status, body, self.secrets):
            found["leaks"] += 1
            found["bytes"] += len(body)
            print(one, status, body[:80])  # noqa: T201  # which it was is the whole point


async def _tokens(bridge: Bridge, conference: str) -> tuple[str, list[str], list[str]]:
    """One that may watch; some that are no good any more, or for another seat; whole ones."""
    good, gone = (cookie.partition("=")[2] for cookie in await bridge.viewers(2))
    site = await bridge.ask(
        "POST", f"/conferences/{conference}/sites", {"name": "guest", "kind": "webrtc"}
    )
    path = f"/conferences/{conference}/sites/{site['id']}"
    guest = (await bridge.ask("POST", f"{path}/invitation"))["token"]
    await bridge.ask("DELETE", "/users/viewer1")
    await bridge.ask("DELETE", path)
    return good, [gone, guest], [gone, guest]


async def _all(requests: int, seed: int, kept: Kept, port: int) -> list[Row]:
    before = len(kept.of(KIND))
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        async with fed_system(Path(name), port, SMALL) as (bridge, feed):
            conference = await new_conference(bridge, 1)
            folder = bridge.folder / "recordings" / RECORDING
            await asyncio.to_thread(store, folder, feed.material, RECORDED_S)
            good, bad, whole = await _tokens(bridge, conference)
            password = (bridge.folder / "admin-password").read_bytes().strip()
            secrets = [password, SQLITE, b"root:x:0:0", (folder / "journal").read_bytes()[:60]]

            def part(number: int) -> Caller:
                return Caller(random.Random(f"{seed}-{number}"), conference, good, bad, whole)

            began_ns = CLOCK.now_ns()
            left = iter(range(before, -(-requests // PART)))
            judge = Judge(secrets, kept, ending())
            await asyncio.gather(*(_worker(part, left, port, judge) for _ in range(LINES)))
            passed_s = (CLOCK.now_ns() - began_ns) / NS_PER_SECOND
    found = sum((Counter(one) for one in kept.of(KIND)), Counter[str]())
    parts = len(kept.of(KIND))
    return [
        figure(f"{parts * PART} wrong requests: bytes leaked", found["bytes"], "0"),
        figure("answers that leaked", found["leaks"], "0"),
        figure("answers of 5xx", found["broken"], "0"),
        figure("connections cut instead of an answer", found["cut"]),
        figure("refused (4xx)", found["4xx"]),
        figure("answered (2xx, 3xx)", found["2xx"] + found["3xx"]),
        figure("requests a second, in this run", (parts - before) * PART / passed_s),
    ]


def run(requests: int, seed: int, kept: Path | None = None, port: int = 18_080) -> Report:
    """Measure what is asked for, and go on with what was kept."""
    return Report("leaks", asyncio.run(_all(requests, seed, Kept(kept), port)))
