"""What the rows on capacity would take, from made-up prices; and churn by its seed."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import ports
from benchmarks.churn import Crowd
from benchmarks.live import Member, rtp_site
from benchmarks.load.fleet import SitePlan
from benchmarks.scenes import conference


def test_ports_of_a_core_and_what_the_rows_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_shared", lambda *of: ports.Price(0.05, 0.2, 0))
    monkeypatch.setattr(ports, "_own", lambda *of: ports.Price(0.25, 0.0, 1))
    monkeypatch.setattr(ports, "_sound", lambda *of: 0.005)
    form = ports.Form("720p 30", "720p", 30, 4, 9)
    rows = {str(row["ports"]): row for row in ports.run(1, Path(), [form]).rows}
    assert set(rows) == {
        "720p 30",
        "sound alone (Opus)",
        "CAP-01: 16 x 720p30",
        "CAP-02: 336 x 720p30",
    }
    assert rows["720p 30"]["ports a core, shared"] == 20
    assert rows["720p 30"]["ports a core, own"] == 4
    assert rows["720p 30"]["gave way, 0..5"] == 1
    base = rows["CAP-01: 16 x 720p30"]
    assert base["cores, own pictures"] == pytest.approx(16 * 0.25 + 8 * 0.005, abs=0.05)
    assert base["cores, conferences of four sharing one"] == pytest.approx(1.6 + 0.04, abs=0.05)


def test_a_shared_port_is_what_one_more_site_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([(0.5, 0), (0.75, 2)])
    monkeypatch.setattr(ports, "_cores", lambda setting, seconds: next(used))
    monkeypatch.setattr(ports, "_shared_setting", lambda *of: None)
    price = ports._shared(ports.Form("720p 30", "720p", 30, 4, 9), 1, Path())
    assert (price.port, price.picture) == pytest.approx((0.05, 0.3))
    assert price.step == 2


class Recorder:
    """Stands for engine and load; writes down what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fleet = self
        self.sites = [None] * 4

    async def put(self, definition: Any) -> None:
        self.asked.append(f"put {[site.id for site in definition.sites]} {definition.layout}")

    async def attach(self, conference: str, id: str, site: Any) -> str:
        self.asked.append(f"attach {id}")
        return id

    async def detach(self, conference: str, endpoint: str) -> None:
        self.asked.append(f"detach {endpoint}")

    def order(self, site: int, field: str, value: int) -> None:
        self.asked.append(f"{field} {site} {value}")


async def _story(seed: int) -> list[str]:
    members = [Member(rtp_site(f"s{k}"), SitePlan()) for k in range(4)]
    definition = conference([members[0].definition], 1)
    crowd, told = Crowd(members, definition, seed), Recorder()
    for _ in range(60):
        await crowd.event(told, told)  # type: ignore[arg-type]  # it stands for both
    assert sum(crowd.kinds.values()) == 60
    return told.asked


async def test_a_seed_is_a_story() -> None:
    story = await _story(1)
    assert story == await _story(1)
    assert story != await _story(2)
    assert not any("attach s0" in line or "active 0 " in line for line in story)
