"""A page in a window of its own, which is really hidden when another tab comes in front of it.

Headless Chromium hides no page, and pages that Playwright drives are told that they are seen. So
this one has a display without a screen (Xvfb), and is driven by the protocol itself, through
Playwright's connection to the browser (Chrome DevTools Protocol, domain Target).
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.browser_site import CHROMIUM
from benchmarks.screen import FLAGS, HEIGHT, WIDTH, Reader
from mcu_core.errors import Refused

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

XVFB = "Xvfb"
PATIENCE_S = 20.0
LOOK_S = 0.05


class Target:
    """One page of the browser; `evaluate` is Playwright's."""

    def __init__(self, browser: "CDPSession", id_: str, session: str) -> None:
        self.id = id_
        self._browser = browser
        self._session = session
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        browser.on("Target.receivedMessageFromTarget", self._told)

    @classmethod
    async def open(cls, browser: "CDPSession", url: str) -> "Target":
        """A new tab, in front of the others."""
        id_ = (await browser.send("Target.createTarget", {"url": url}))["targetId"]
        how = {"targetId": id_, "flatten": False}
        return cls(browser, id_, (await browser.send("Target.attachToTarget", how))["sessionId"])

    def _told(self, event: dict[str, Any]) -> None:
        if event["sessionId"] != self._session:
            return
        message = json.loads(event["message"])
        waiting = self._waiting.pop(message.get("id", 0), None)
        if waiting is not None:
            waiting.set_result(message)

    async def send(self, method: str, **how: object) -> dict[str, Any]:
        """Ask the page; raises Refused with what it says."""
        self._asked += 1
        message = json.dumps({"id": self._asked, "method": method, "params": how})
        waiting = self._waiting[self._asked] = asyncio.get_running_loop().create_future()
        asked = {"sessionId": self._session, "message": message}
        await self._browser.send("Target.sendMessageToTarget", asked)
        answer: dict[str, Any] = await asyncio.wait_for(waiting, PATIENCE_S)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def evaluate(self, expression: str, arg: object = None) -> Any:
        """The value of an expression, or what a function gives."""
        is_function = expression.lstrip().startswith(("(", "async"))
        text = f"({expression})({json.dumps(arg)})" if is_function else expression
        said = await self.send(
            "Runtime.evaluate", expression=text, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in said:
            raise Refused(f"the page: {said['exceptionDetails'].get('text')}")
        return said["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until that is true there; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.evaluate(expression):
                await asyncio.sleep(LOOK_S)


class Window(Reader):
    """A page that can be hidden."""

    page: Target

    def __init__(self, browser: "CDPSession", page: Target) -> None:
        super().__init__(page)
        self._browser = browser

    async def hide(self, seconds: float) -> None:
        """Put another tab in front for so long; the page says itself that it is not seen."""
        other = await Target.open(self._browser, "about:blank")
        await self.page.until("document.visibilityState === 'hidden'")
        await asyncio.sleep(seconds)
        await self._browser.send("Target.activateTarget", {"targetId": self.page.id})
        await self.page.until("document.visibilityState === 'visible'")
        await self._browser.send("Target.closeTarget", {"targetId": other.id})


@contextmanager
def display() -> Iterator[str]:
    """A display without a screen, by its name; raises Refused where there is no Xvfb."""
    if shutil.which(XVFB) is None:
        raise Refused("hiding a page needs Xvfb: apt install xvfb")
    read, write = os.pipe()
    size = f"{WIDTH}x{HEIGHT}x24"
    words = (XVFB, "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp")
    with subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


@asynccontextmanager
async def window(url: str, cookie: str) -> AsyncIterator[Window]:
    """Chromium with that page and session (name=value), in a window that fills its display."""
    from playwright.async_api import async_playwright

    name, _, value = cookie.partition("=")
    flags = [*FLAGS, f"--window-size={WIDTH},{HEIGHT}"]
    with display() as shown:
        async with async_playwright() as playwright:
            env: dict[str, str | float | bool] = {**os.environ, "DISPLAY": shown}
            chromium = await playwright.chromium.launch(
                executable_path=CHROMIUM, headless=False, args=flags, env=env
            )
            browser = await chromium.new_browser_cdp_session()
            kept = [{"name": name, "value": value, "url": url}]
            await browser.send("Storage.setCookies", {"cookies": kept})
            page = await Target.open(browser, url)
            try:
                yield Window(browser, page)
            finally:
                await chromium.close()
