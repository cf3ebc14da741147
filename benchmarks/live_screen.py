"""From a camera through the MCU to a live viewer's screen, all in one headless Chromium.

The camera is a canvas that shows the page's own clock as 24 black and white cells; it goes in by
WHIP. The viewer is the real live page, whose pictures are read back out of its video element. Both
pages share one clock, so what stands between is everything: camera, engine, delivery, player.
"""

from benchmarks.browser_site import CHROMIUM, FLAGS
from benchmarks.figures import figure
from benchmarks.report import Row, percentile
from mcu_core.errors import Refused

CELLS = 24
AWAKE = ["--disable-background-timer-throttling", "--disable-renderer-backgrounding"]
"""Else the camera's page, which is not in front, would draw once a second."""

CAMERA = """
async ([whip, cells]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  const width = canvas.width / cells;
  const draw = () => {
    const now = Math.round(performance.timeOrigin + performance.now()) % 2 ** cells;
    context.fillStyle = "#3a6";
    context.fillRect(0, 0, 640, 360);
    for (let k = 0; k < cells; k += 1) {
      context.fillStyle = (now >> k) & 1 ? "#fff" : "#000";
      context.fillRect(k * width, 120, width, 120);
    }
  };
  draw();
  setInterval(draw, 1000 / 30);
  const sound = new AudioContext();
  const silent = sound.createMediaStreamDestination();
  const stream = canvas.captureStream(30);
  const pc = (window.pc = new RTCPeerConnection());
  pc.addTrack(stream.getVideoTracks()[0], stream);
  pc.addTrack(silent.stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription(await pc.createOffer());
  while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  const answer = await fetch(whip, {
    method: "POST", headers: { "Content-Type": "application/sdp" }, body: pc.localDescription.sdp,
  });
  if (!answer.ok) return answer.status;
  await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  return 0;
}
"""

VIEWER = """
async ([cells, seconds]) => {
  const video = document.querySelector("#video");
  const canvas = Object.assign(document.createElement("canvas"), { width: cells * 8, height: 8 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const found = [];
  const read = () => {
    const now = Math.round(performance.timeOrigin + performance.now());
    context.drawImage(video, 0, video.videoHeight * 0.45, video.videoWidth, video.videoHeight * 0.1,
      0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 4, canvas.width, 1);
    let shown = 0;
    for (let k = 0; k < cells; k += 1) if (data[(k * 8 + 4) * 4] > 127) shown |= 1 << k;
    const late = (now - shown + 2 ** cells) % 2 ** cells;
    if (late < 5000) found.push(late);
    video.requestVideoFrameCallback(read);
  };
  video.requestVideoFrameCallback(read);
  const before = window.livePlayer.stalls;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  return { found, stalls: window.livePlayer.stalls - before, delay: window.livePlayer.delay };
}
"""


async def screen_rows(address: str, cookie: str, conference: str, seconds: int) -> list[Row]:
    """Bar 4; raises Refused where there is no Playwright."""
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise Refused("the screen needs Playwright: pip install playwright") from error
    name, _, value = cookie.partition("=")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *AWAKE])
        context = await chromium.new_context()
        await context.add_cookies([{"name": name, "value": value, "url": address}])
        camera = await context.new_page()
        await camera.goto(f"{address}/recordings")
        made = await camera.evaluate(
            "([path, body]) => fetch(path, { method: 'POST', body: JSON.stringify(body),"
            " headers: { 'Content-Type': 'application/json' } }).then((a) => a.json())",
            [
                f"/api/v1/conferences/{conference}/sites",
                {"name": "camera", "kind": "webrtc"},
            ],
        )
        status = await camera.evaluate(CAMERA, [f"/whip/{conference}/{made['id']}", CELLS])
        if status:
            raise Refused(f"the camera was not let in ({status})")
        viewer = await context.new_page()
        await viewer.goto(f"{address}/live/{conference}")
        await viewer.wait_for_selector("#player[data-state=playing]")
        await viewer.wait_for_timeout(4000)
        told = await viewer.evaluate(VIEWER, [CELLS, seconds])
        await chromium.close()
    late_ms = [float(ms) for ms in told["found"]]
    return [
        figure("camera to a live viewer's screen, ms, 95 %", percentile(late_ms, 0.95), "400"),
        figure("the same, half of them", percentile(late_ms, 0.5)),
        figure("pictures read", len(late_ms)),
        figure("stalls a minute", told["stalls"] * 60 / seconds, "1"),
    ]
