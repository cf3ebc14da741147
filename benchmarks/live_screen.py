"""From a camera to a viewer's screen: through the whole system, read from the pixels (bar 4).

Two RTP sites of the load send pictures with a counter in them and a chirp each second; the live
page shows the conference in Chromium. A picture's delay runs from the moment when the first packet
of its counter leaves to the moment when the browser puts it on the screen.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.live_system import Bridge, new_conference, whole_system
from benchmarks.live_viewers import PLAYING, WARM_S, line_rows
from benchmarks.load.fleet import Fleet, Sends
from benchmarks.report import Report, Row
from benchmarks.scenes import pane_rects, pictures, plans
from benchmarks.screen import Shown, screen
from benchmarks.sights import Sender
from benchmarks.skew import delays_ms, first_shown, sound_skews
from benchmarks.tapes import chirps, silent, sound_tape
from mcu_core.media.codec import OPUS

CANVAS = (1280, 720)
SITES = 2
ATTACH_S = 60
WHEP = """
async (address) => {
  const video = document.createElement("video");
  Object.assign(video, { id: "video", autoplay: true, muted: true });
  document.body.replaceChildren(video);
  const peer = new RTCPeerConnection();
  const stream = video.srcObject = new MediaStream();
  peer.addEventListener("track", ({ track }) => stream.addTrack(track));
  for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "recvonly" });
  await peer.setLocalDescription();
  const gathered = () => peer.iceGatheringState === "complete";
  while (!gathered()) await new Promise((resolve) => {
    peer.addEventListener("icegatheringstatechange", resolve, { once: true });
  });
  const headers = { "Content-Type": "application/sdp" };
  const answer = await fetch(address, { method: "POST", headers, body: peer.localDescription.sdp });
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
}
"""
"""A player of the standard's own steps (draft-ietf-wish-whep), in a page that has nothing else."""


@dataclass(frozen=True, slots=True)
class ScreenBench:
    """What to measure; `clips` is the folder of the demo's clips; `whep`: instead of our page."""

    seconds: int = 20
    whep: bool = False
    clips: Path = Path("var/demo")


async def _watched(bridge: Bridge, conference: str, what: ScreenBench) -> Shown:
    """What Chromium shows of a live conference in so many seconds."""
    x, y, w, h = pane_rects(SITES)[0]
    pane = (x / CANVAS[0], y / CANVAS[1], w / CANVAS[0], h / CANVAS[1])
    place = "docs" if what.whep else f"live/{conference}"
    async with screen(f"{bridge.url}/{place}", bridge.cookie) as page:
        if what.whep:
            await page.page.evaluate(WHEP, f"/whep/{conference}")
        else:
            await page.page.wait_for_selector(PLAYING)
        await page.read(pane, listen=not what.whep)  # a peer's sound goes past the listener
        await asyncio.sleep(WARM_S)
        await page.shown()
        await asyncio.sleep(what.seconds)
        return await page.shown()


async def _through(bridge: Bridge, what: ScreenBench) -> list[Row]:
    conference = await new_conference(bridge, mode=2)
    video = pictures(SITES, "720p", what.clips)
    heard = [Sends(sound_tape(OPUS, chirps())), Sends(sound_tape(OPUS, silent))]
    async with Fleet(plans(video, heard), what.seconds + ATTACH_S) as fleet:
        for k, site in enumerate(fleet.sites):
            sites = f"/conferences/{conference}/sites"
            added = await bridge.ask("POST", sites, {"name": f"site {k}", "kind": "rtp"})
            site.connect(await bridge.offer(f"{sites}/{added['id']}/rtp", site.offer()))
        fleet.begin()
        shown = await _watched(bridge, conference, what)
        line = fleet.sites[0].video
        assert line is not None
        assert line.sends is not None
        sender = Sender(fleet.sent_ns(line), line.sends.tape.units, line.sends.first_unit)
        delays = delays_ms(shown.main, sender.left_ns)
    sound = [] if what.whep else [abs(skew) for _, skew in sound_skews(shown)]
    rate = len(first_shown(shown.main)) / what.seconds
    return [
        *line_rows("camera to a viewer's screen, ms", delays, "400"),
        figure("pictures a second on the screen", rate, "30"),
        *(line_rows("sound and picture apart, ms", sound, "33") if sound else []),
        figure("stalls", shown.stalls),
    ]


async def _all(what: ScreenBench, port: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        async with whole_system(Path(name), port) as bridge:
            return await _through(bridge, what)


def run(what: ScreenBench, port: int = 18_080) -> Report:
    """Measure what is asked for."""
    return Report(
        "WHEP, on a screen" if what.whep else "live, on a screen", asyncio.run(_all(what, port))
    )
