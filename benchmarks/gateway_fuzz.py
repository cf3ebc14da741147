"""fuzz: SOAP requests made to break the gateway; each must have a defined answer (bar 6).

In one process, without network and engine: real parser, schema, sessions, services, database. Half
of the requests are well-formed messages of all operations with wild values, the other half are such
messages with bytes cut out, doubled, swapped or put in.
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

from benchmarks.process import usage
from benchmarks.report import Report, Row
from control_api.auth.digests import digest, inner_hash
from control_api.services.bridge import Bridge
from control_api.settings import Settings
from control_api.soap.binding import fields_of
from control_api.soap.envelope import NAMESPACE, Version
from control_api.soap.faults import Code
from control_api.soap.gateway import Asked, Gateway
from control_api.soap.operations import OPERATIONS
from control_api.soap.sessions import set_cookie
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

PASSWORD = "fuzz-Passw0rd"
TEXTS = (
    "",
    "0",
    "1001",
    "x" * 500,
    "会诊",
    "(%CP)",
    "a/b",
    "%AUX1",
    "\u202e",
    "sip:a@b",
    "-1",
    "🙂",
)
NUMBERS = ("0", "1", "2", "7", "49", "-1", "255", "2147483647", "99999999999", "", "x", "1e3", "+1")
TIMES = (
    "2030-01-01T08:00:00Z",
    "1970-01-01T00:00:00+14:00",
    "2199-12-31T24:00:00Z",
    "2030-01-01T08:00:00",
    "0000-00-00T00:00:00Z",
    "",
)
LENGTHS = ("PT1H", "-PT1H", "P1Y", "P99999999D", "PT0.0001S", "30", "P", "PT")
WARM_UP = 0.2
KEEP_ALIVE_EVERY = 500


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


async def _measure(count: int, seed: int) -> Report:
    answers: Counter[str] = Counter()
    slowest_ms, clock, dice = 0.0, MonotonicClock(), Dice(seed)
    with tempfile.TemporaryDirectory(prefix="mcu-fuzz-") as folder:
        bridge = Bridge(Settings(data=Path(folder)))
        await bridge.open()
        gateway = Gateway(bridge)
        try:
            await bridge.digests.set("admin", PASSWORD)
            cookie = await _logged_in(gateway)
            warm = usage_mb()
            begun_ns = clock.now_ns()
            for k in range(count):
                if k % KEEP_ALIVE_EVERY == 0:
                    gateway.sessions.identify(cookie.partition("=")[2].partition(";")[0])
                if k == int(count * WARM_UP):
                    warm = usage_mb()
                before_ns = clock.now_ns()
                said = await gateway.answer(Asked(dice.request(), cookie))
                slowest_ms = max(slowest_ms, (clock.now_ns() - before_ns) / 1e6)
                answers[_kind(said.data)] += 1
            took_s = (clock.now_ns() - begun_ns) / NS_PER_SECOND
            grown = usage_mb() - warm
        finally:
            await gateway.stop()
            await bridge.close()
    rows: list[Row] = [{"answer": name, "count": number} for name, number in answers.most_common()]
    undefined = answers[Code.INTERNAL.name]
    notes = [
        f"{count} requests in {took_s:.0f} s, slowest {slowest_ms:.0f} ms; {undefined} errors of "
        f"ours; memory grew by {grown:.1f} MB after the first {WARM_UP:.0%}"
    ]
    return Report("fuzz", rows, notes=notes)


def usage_mb() -> float:
    """Resident memory of this process."""
    return usage(os.getpid()).rss_mb


def run(count: int, seed: int) -> Report:
    """Send so many requests."""
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)
    return asyncio.run(_measure(count, seed))
