"""The join page sends its camera in three sizes; the conference takes the one that it shows."""

import pytest

from mcu_core.layouts.catalogue import MODES
from tests.e2e.browser import browser, plays
from tests.e2e.system import System, until

pytestmark = pytest.mark.timeout(150)
MANY = next(mode.id for mode in MODES[1:] if len(mode.panes) >= 9)

SENT = """async () => {
  const found = [];
  for (const pc of window.connections)
    for (const s of (await pc.getStats()).values())
      if (s.type === "outbound-rtp" && s.rid && s.framesSent > 0) found.push(s.rid);
  return found.sort().join("");
}"""
KEEP = """window.connections = [];
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Original {
  constructor(...all) { super(...all); window.connections.push(this); }
};"""


def width(system: System, conference: str) -> int:
    """Of what is decoded of the conference's only camera."""
    (site,) = system.running(conference)["sites"]
    return int(site["width"])


def test_what_is_decoded_follows_the_tile(system: System) -> None:
    size = {"width": 1280, "height": 720}
    conference = system.conference("Sizes", layout={"mode": 1}, **size)
    with browser(system) as people:
        page = people.new_page()
        page.add_init_script(KEEP)
        page.goto(f"{system.url}/join/{conference}")
        page.wait_for_selector("body[data-view=lobby] #name")
        page.fill("#name", "Ward")
        page.click("#join-button")
        plays(page, "#remote", 5)
        until(lambda: width(system, conference) == 1280, 40, "the largest fills the picture")
        until(lambda: page.evaluate(SENT) == "hlm", what="all sizes are sent")
        system.request("PUT", f"/conferences/{conference}/layout", json={"mode": MANY})
        until(
            lambda: width(system, conference) in (320, 640), 40, "a small one serves a small pane"
        )
        plays(page, "#remote", 5)
        system.request("PUT", f"/conferences/{conference}/layout", json={"mode": 1})
        until(lambda: width(system, conference) == 1280, 60, "and is large again")
    system.request("DELETE", f"/conferences/{conference}")
