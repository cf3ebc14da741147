"""The console over 128 kbit/s: stills for moving pictures, and room for everything else."""

import pytest
from playwright.sync_api import Page, expect

from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from tests.e2e.browser import browser
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(200)
PATIENCE_MS = 60_000
BYTES_PER_S = 128_000 / 8
LATENCY_MS = 100


class Line:
    """A page's line of 128 kbit/s, and what came over it: bytes by address."""

    def __init__(self, page: Page) -> None:
        self.bytes: dict[str, int] = {}
        self._addresses: dict[str, str] = {}
        self._session = page.context.new_cdp_session(page)
        self._session.on("Network.requestWillBeSent", self._asked)
        self._session.on("Network.dataReceived", self._came)
        self._session.send("Network.enable")
        conditions = {"offline": False, "latency": LATENCY_MS}
        rates = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
        self._session.send("Network.emulateNetworkConditions", conditions | rates)

    def _asked(self, event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        self._addresses[str(event["requestId"])] = request["url"]

    def _came(self, event: dict[str, object]) -> None:
        address = self._addresses.get(str(event["requestId"]), "")
        self.bytes[address] = self.bytes.get(address, 0) + int(str(event["encodedDataLength"]))

    def of(self, part: str = "") -> int:
        """Bytes of what has this in its address."""
        return sum(count for address, count in self.bytes.items() if part in address)


def test_a_conference_is_run_over_128_kbit_s(system: System) -> None:
    conference = system.conference("Far 远", layout={"mode": 2})
    sites = [system.site(conference, name, "pattern") for name in ("Theatre", "Ward")]
    system.joined(conference, 2)
    with browser(system) as people:
        page = people.new_page()
        page.set_default_timeout(PATIENCE_MS)
        line = Line(page)
        page.goto(f"{system.url}/?conference={conference}")
        # The browser knows the line: nobody has to choose.
        expect(page.get_by_role("button", name="Moving pictures again")).to_be_visible()
        expect(page.locator(".stage")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
        assert line.of("/static/") < 200_000, "13 s of the line"
        clock = MonotonicClock()
        before, begun_ns = line.of(), clock.now_ns()
        first = line.of("/stills")
        assert first > 0, "one has come whole, or it were not live"
        until(lambda: page.title() and line.of("/stills") > first * 2, 60, "more")
        rate = (line.of() - before) / ((clock.now_ns() - begun_ns) / NS_PER_SECOND)
        assert rate < BYTES_PER_S / 2, "half of the line is free"
        page.get_by_role("button", name="Mute microphone of Theatre").click()

        def muted() -> bool:
            return bool(
                system.request("GET", f"/conferences/{conference}/sites/{sites[0]}")["muted"]
            )

        until(muted, what="what is pressed has its effect")
        known = line.of("/static/")
        page.reload()
        expect(page.locator(".stage")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
        expect(page.locator("#stills")).to_be_visible()
        assert line.of("/static/") == known, "nothing of the pages comes twice"
    system.request("DELETE", f"/conferences/{conference}")
