"""fuzz: SOAP and REST requests made to break control; each must have a defined answer (bar 6).

In one process, without network and engine: real parsers, schemas, sessions, services, database.
Every other one is SOAP. Half of the requests are well-formed messages of all operations with wild
values, the other half are such messages with bytes cut out, doubled, swapped or put in. It goes on
where the run before has ended.
"""

import asyncio
import logging
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import msgspec
import structlog
from lxml import etree

from benchmarks.gateway_texts import NUMBERS, TEXTS, TIMES
from benchmarks.process import usage
from benchmarks.report import Report, Row
from benchmarks.rest_fuzz import RestFuzz
from control_api.auth.digests import digest, inner_hash
from control_api.main import build_app
from control_api.services.bridge import Bridge
from control_api.settings import Settings
from control_api.soap.binding import fields_of
from control_api.soap.envelope import NAMESPACE, Version
from control_api.soap.faults import Code
from control_api.soap.gateway import Asked, Gateway
from control_api.soap.operations import OPERATIONS
from control_api.soap.sessions import set_cookie
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

PASSWORD = "fuzz-Passw0rd"
LENGTHS = ("PT1H", "-PT1H", "P1Y", "P99999999D", "PT0.0001S", "30", "P", "PT")
WARM_UP = 0.2
KEEP_ALIVE_EVERY = 500


class Piece(msgspec.Struct, frozen=True):
    """One run: how many, how many had no defined answer, and which those were."""

    count: int
    undefined: int
    took_s: float
    slowest_ms: float
    grown_mb: float
    answers: dict[str, int]
    broke: dict[str, int]


class Dice:
    """Makes requests out of a seed: the same ones again."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def request(self) -> bytes:
        """One request, whole or broken."""
        name = self._dice.choice(list(OPERATIONS))
        inner = self._struct(OPERATIONS[name].request)
        suffix = self._dice.choice(["", "Ex"])
        version = self._dice.choice(list(Version)).value
        whole = (
            f'<soap:Envelope xmlns:soap="{version}"><soap:Body><n:{name}{suffix}'
            f' xmlns:n="{NAMESPACE}">{inner}</n:{name}{suffix}></soap:Body></soap:Envelope>'
        ).encode()
        return self._broken(whole) if self._dice.random() < 0.5 else whole

    def _struct(self, kind: type[msgspec.Struct]) -> str:
        parts = []
        for field in fields_of(kind):
            count = self._dice.choice([0, 1, 3]) if field.plural else self._dice.random() < 0.9
            for _ in range(int(count)):
                parts.append(f"<{field.name}>{self._value(field.kind)}</{field.name}>")
        return "".join(parts)

    def _value(self, kind: Any) -> str:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(kind)
        pool = {"int": NUMBERS, "datetime": TIMES, "timedelta": LENGTHS}.get(kind.__name__, TEXTS)
        return escape(self._dice.choice(pool))

    def _broken(self, whole: bytes) -> bytes:
        at, length = self._dice.randrange(len(whole)), self._dice.choice([1, 3, 40])
        part = whole[at : at + length]
        changes: tuple[Callable[[], bytes], ...] = (
            lambda: whole[:at],
            lambda: whole[:at] + whole[at + length :],
            lambda: whole[:at] + part * 50 + whole[at:],
            lambda: whole[:at] + self._dice.randbytes(length) + whole[at + length :],
            lambda: whole[:at] + b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;" + whole[at:],
            lambda: b"<a>" * self._dice.randrange(1, 3000) + whole,
        )
        return self._dice.choice(changes)()


async def _logged_in(gateway: Gateway) -> str:
    session, sequence = gateway.sessions.begin("admin")
    given = digest(inner_hash(PASSWORD), sequence)
    return set_cookie(await gateway.sessions.authenticate(session, given, ""), False)


def _kind(data: bytes) -> str:
    """What an answer is; raises for what is no answer."""
    root = etree.fromstring(data)
    code = root.findtext(".//resultCode")
    if code is not None:
        number = int(code)
        return Code(number).name if number in set(Code) else code
    assert b"Fault>" in data
    return "fault"


async def _measure(count: int, seed: int) -> Piece:
    answers: Counter[str] = Counter()
    slowest_ms, clock, dice = 0.0, MonotonicClock(), Dice(seed)
    with tempfile.TemporaryDirectory(prefix="mcu-fuzz-") as folder:
        settings = Settings(data=Path(folder))
        bridge = Bridge(settings)
        app = build_app(settings, bridge)
        await bridge.open()
        gateway = Gateway(bridge)
        rest = RestFuzz(app, bridge, seed)
        try:
            await bridge.digests.set("admin", PASSWORD)
            cookie = await _logged_in(gateway)
            await rest.log_in()
            warm = usage_mb()
            begun_ns = clock.now_ns()
            for k in range(count):
                if k % KEEP_ALIVE_EVERY == 0:
                    gateway.sessions.identify(cookie.partition("=")[2].partition(";")[0])
                if k == int(count * WARM_UP):
                    warm = usage_mb()
                before_ns = clock.now_ns()
                if k % 2:
                    answer = f"REST {await rest.ask()}"
                else:
                    said = await gateway.answer(Asked(dice.request(), cookie))
                    answer = f"SOAP {_kind(said.data)}"
                slowest_ms = max(slowest_ms, (clock.now_ns() - before_ns) / 1e6)
                answers[answer] += 1
            took_s = (clock.now_ns() - begun_ns) / NS_PER_SECOND
            grown = usage_mb() - warm
        finally:
            await rest.close()
            await gateway.stop()
            await bridge.close()
    undefined = answers[f"SOAP {Code.INTERNAL.name}"] + rest.undefined.total()
    return Piece(count, undefined, took_s, slowest_ms, grown, dict(answers), dict(rest.undefined))


def usage_mb() -> float:
    """Resident memory of this process."""
    return usage(os.getpid()).rss_mb


def run(count: int, seed: int, kept: Path) -> Report:
    """Send so many more, after those that `kept` tells of; BadInput where it is no such file."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    pieces = _read(kept)
    pieces.append(asyncio.run(_measure(count, seed + len(pieces))))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(pieces))
    answers: Counter[str] = Counter()
    for piece in pieces:
        answers.update(piece.answers)
    rows: list[Row] = [{"answer": name, "count": number} for name, number in answers.most_common()]
    last = pieces[-1]
    notes = [
        f"{sum(one.count for one in pieces)} requests in {sum(one.took_s for one in pieces):.0f} s"
        f" and {len(pieces)} runs; {sum(one.undefined for one in pieces)} errors of ours; slowest"
        f" {max(one.slowest_ms for one in pieces):.0f} ms",
        f"memory grew by {last.grown_mb:.1f} MB in the last run after its first {WARM_UP:.0%}",
        *last.broke,
    ]
    return Report("fuzz", rows, notes=notes)


def _read(kept: Path) -> list[Piece]:
    if not kept.exists():
        return []
    try:
        return msgspec.json.decode(kept.read_bytes(), type=list[Piece])
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput("--kept", f"a file of this bench ({error})") from error
