"""The pages on the invented server, in headless Chromium."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e.browser import CHROMIUM, FLAGS
from tests.e2e.system import until
from tests.fakes.ports import free_port
from tests.fakes.web_data import Json

ROOT = Path(__file__).parents[3]
LAPTOP = (1366, 768)


class Looking:
    """A browser before the invented server; collects what pages complain of."""

    def __init__(self, url: str, browser: Browser) -> None:
        self.url = url
        self._browser = browser
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
        self, path: str, language: str = "en-GB", size: tuple[int, int] = LAPTOP
    ) -> Iterator[Page]:
        """A page in a fresh browser profile, when it may be seen."""
        view: ViewportSize = {"width": size[0], "height": size[1]}
        context = self._browser.new_context(viewport=view, locale=language)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.goto(self.url + path)
        page.wait_for_selector("html[data-ready]")
        try:
            yield page
        finally:
            context.close()


@pytest.fixture(scope="module")
def invented() -> Iterator[Looking]:
    """The server and the browser, for all tests of a file."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.web_server", str(port)]
    url = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(command, cwd=ROOT) as server,
        sync_playwright() as playwright,
    ):
        try:
            until(lambda: _answers(url), 20, "the invented server answers")
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
