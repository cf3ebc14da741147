"""The pages on the invented server, in headless Chromium."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser import CHROMIUM, FLAGS, PATIENCE_MS
from tests.e2e.system import until
from tests.fakes.ports import free_port
from tests.fakes.web_data import Json

ROOT = Path(__file__).parents[3]
LAPTOP = (1366, 768)
HEARS = """() => document.documentElement.dataset.ready !== undefined
  && document.querySelector(".connection")?.dataset.state !== "connecting" """
"""Drawn, and whoever hears of events has its line to the server: nothing told is missed."""

FORGET = "localStorage.clear(); sessionStorage.clear()"
FITS = "document.documentElement.scrollWidth <= innerWidth"


class Looking:
    """A browser before the invented server; collects what pages complain of."""

    def __init__(self, url: str, browser: Browser) -> None:
        self.url = url
        self._browser = browser
        self._free: dict[str, list[Page]] = {}
        self.complaints: list[str] = []

    def reset(self, signed_in: bool = True) -> None:
        """First data again."""
        httpx.post(f"{self.url}/mock/reset", params={"signed_in": signed_in}).raise_for_status()

    def tell(self, name: str, data: Json) -> None:
        """Send an event to the pages."""
        httpx.post(f"{self.url}/mock/event/{name}", json=data).raise_for_status()

    def conference(self) -> Json:
        """The lively one as it is now."""
        shown: Json = httpx.get(f"{self.url}/api/v1/conferences/c1").json()
        return shown

    @contextmanager
    def page(
        self,
        path: str,
        language: str = "en-GB",
        size: tuple[int, int] = LAPTOP,
        before: str = "",
    ) -> Iterator[Page]:
        """A page of somebody who was never here, when it may be seen; `before`: a script that the
        browser runs before those of the page."""
        page = self._opened(language) if before else self._taken(language)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if before:
            page.add_init_script(before)
        page.goto(self.url + path)
        hears(page)
        try:
            yield page
        finally:
            if before:
                page.context.close()
            else:
                self._forget(page)
                self._free.setdefault(language, []).append(page)

    def _forget(self, page: Page) -> None:
        """Nothing of what a page did is there for the next."""
        page.unroute_all(behavior="ignoreErrors")
        page.goto(f"{self.url}/static/favicon.svg")
        page.evaluate(FORGET)
        page.context.clear_cookies()

    def _taken(self, language: str) -> Page:
        """One that is free: to open another costs as much as most tests."""
        free = self._free.get(language)
        return free.pop() if free else self._opened(language)

    def _opened(self, language: str) -> Page:
        page = self._browser.new_context(locale=language).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page


def hears(page: Page) -> None:
    """Wait until the page is there and hears the server's events."""
    page.wait_for_function(HEARS)


def fits(page: Page) -> None:
    """Wait until nothing lies beside the page: it may be drawn anew for a new size."""
    page.wait_for_function(FITS)


@pytest.fixture(scope="package")
def invented() -> Iterator[Looking]:
    """The server and the browser, for all tests of this folder."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.web_server", str(port)]
    url = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(command, cwd=ROOT) as server,
        sync_playwright() as playwright,
    ):
        try:
            until(lambda: _answers(url), what="the invented server answers")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            yield Looking(url, browser)
            browser.close()
        finally:
            server.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/login").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def looking(invented: Looking) -> Iterator[Looking]:
    """First data before each test; a page that broke fails it."""
    invented.reset()
    invented.complaints.clear()
    yield invented
    assert not invented.complaints
