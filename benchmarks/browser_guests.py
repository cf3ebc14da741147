"""Browsers in the conference of `codecs`: each sends a colour and a tone, and says what it saw."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.browser_site import CHROMIUM, FLAGS
from benchmarks.codec_peers import Peer
from benchmarks.rig import Rig
from mcu_core.contract.commands import Attached, AttachWebRtc
from mcu_core.contract.definition import SiteDefinition, SiteKind, VideoLimit
from mcu_core.errors import McuError

if TYPE_CHECKING:
    from playwright.async_api import Page

AWAKE = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
SIZE = (640, 360)

JOIN = """
async ({ codec, colour, size, hz, at, tone, turn }) => {
  const [width, height] = size;
  document.body.innerHTML = "<video id=remote autoplay playsinline></video>";
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const paint = canvas.getContext("2d");
  const began = performance.now();
  setInterval(() => {
    paint.fillStyle = colour;
    paint.fillRect(0, 0, width, height);
    for (let k = 0; k < 500; k += 1) {
      paint.fillStyle = `rgba(${k % 2 ? "255,255,255" : "0,0,0"},${Math.random() * 0.25})`;
      paint.fillRect(Math.random() * width, Math.random() * height, 12, 12);
    }
    if ((performance.now() - began) % 1000 < 500) {
      paint.fillStyle = "#fff";
      paint.fillRect(width * 0.4, height * 0.4, width * 0.2, height * 0.2);
    }
  }, 1000 / 15);
  const sound = new AudioContext();
  const oscillator = new OscillatorNode(sound, { frequency: hz });
  const gate = new GainNode(sound, { gain: 0 });
  const into = new MediaStreamAudioDestinationNode(sound);
  oscillator.connect(gate).connect(into);
  oscillator.start();
  setInterval(() => {
    const now = (sound.currentTime % turn) - at;
    gate.gain.value = now >= 0 && now < tone ? 0.7 : 0;
  }, 20);
  const pc = (window.pc = new RTCPeerConnection());
  const stream = new MediaStream();
  pc.addEventListener("track", ({ track }) => {
    stream.addTrack(track);
    document.querySelector("#remote").srcObject = stream;
  });
  const streams = [canvas.captureStream(15), into.stream];
  const sent = new MediaStream(streams.flatMap((one) => one.getTracks()));
  for (const track of sent.getTracks()) pc.addTrack(track, sent);
  const video = pc.getTransceivers().find((line) => line.sender.track.kind === "video");
  const codecs = RTCRtpReceiver.getCapabilities("video").codecs;
  video.setCodecPreferences(codecs.filter((one) => one.mimeType === `video/${codec}`));
  window.listening = sound;
  await pc.setLocalDescription(await pc.createOffer());
  while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  return pc.localDescription.sdp;
}
"""
ANSWER = "(sdp) => window.pc.setRemoteDescription({ type: 'answer', sdp })"
WATCH = """
({ panes, tones }) => {
  const video = document.querySelector("#remote");
  const width = 320, height = 180;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const look = canvas.getContext("2d", { willReadFrequently: true });
  const part = (start, length, low, high) =>
    [Math.round(start + low * length), Math.max(1, Math.round((high - low) * length))];
  const mean = ([x, y, w, h], columns, rows) => {
    const [left, across] = part(x, w, ...columns), [top, down] = part(y, h, ...rows);
    const data = look.getImageData(left, top, across, down).data;
    const sum = [0, 0, 0];
    for (let k = 0; k < data.length; k += 4) for (let c = 0; c < 3; c += 1) sum[c] += data[k + c];
    return sum.map((one) => (one * 4) / data.length);
  };
  const seen = panes.map(() => ({ middle: [], beside: [] }));
  const heard = tones.map(() => 0);
  setInterval(() => {
    if (!video.videoWidth) return;
    look.drawImage(video, 0, 0, width, height);
    panes.forEach((pane, k) => {
      const middle = Math.min(...mean(pane, [0.45, 0.55], [0.45, 0.55]));
      seen[k].middle = [...seen[k].middle, middle].slice(-20);
      seen[k].beside = mean(pane, [0.22, 0.32], [0.35, 0.65]);
      const swing = Math.max(...seen[k].middle) - Math.min(...seen[k].middle);
      if (swing > (seen[k].best?.swing || 0)) seen[k].best = { swing, beside: seen[k].beside };
    });
  }, 200);
  const form = { fftSize: 8192, smoothingTimeConstant: 0 };
  const analyser = new AnalyserNode(window.listening, form);
  const mediaStream = video.srcObject;
  new MediaStreamAudioSourceNode(window.listening, { mediaStream }).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const step = window.listening.sampleRate / analyser.fftSize;
  setInterval(() => {
    analyser.getFloatFrequencyData(bins);
    const power = bins.map((db) => 10 ** (db / 10));
    const total = power.reduce((sum, one) => sum + one, 0);
    if (total < 1e-5) return;
    tones.forEach((hz, k) => {
      const at = Math.round(hz / step);
      const share = power.slice(at - 4, at + 5).reduce((sum, one) => sum + one, 0) / total;
      heard[k] = Math.max(heard[k], share);
    });
  }, 100);
  window.noted = { seen, heard };
}
"""
NOTED = "() => window.noted"
BYTES = """
async () => {
  let total = 0;
  for (const one of (await window.pc.getStats()).values()) {
    if (one.type !== "inbound-rtp" || one.kind !== "video") continue;
    total += one.bytesReceived + one.headerBytesReceived;
  }
  return [total, performance.now()];
}
"""


class Tone(NamedTuple):
    """A tone of `hz` that sounds from second `at` of each `turn` on for `tone` seconds."""

    hz: float
    at: float
    tone: float
    turn: float


def drifting(tone: Tone) -> Tone:
    """The tone shorter and in longer turns: pages begin when they begin, and in equal turns two
    tones that meet once would always meet."""
    return tone._replace(tone=tone.tone * 0.6, turn=tone.turn * 1.3)


@dataclass(slots=True)
class Guest:
    """A browser that sends `codec`, and is sent `limit_bps` of pictures at most."""

    codec: str
    limit_bps: int
    page: "Page | None" = None
    began: tuple[float, float] = (0.0, 0.0)
    bits_per_s: float = 0.0
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """Its id in the conference."""
        return f"chromium-{self.codec.lower()}"

    @property
    def picture(self) -> Peer:
        """As the other peers are described."""
        return Peer("video", "Chromium", f"{self.codec}/90000", 0, ("-",), form=self.codec)

    @property
    def sound(self) -> Peer:
        """As the other peers are described."""
        return Peer("audio", "opus", f"Chromium {self.codec}: opus", 0, ("-",), channels=2)

    def saw(self, colours: Sequence[tuple[int, int, int]], mark_step: float) -> list[bool]:
        """Of which panes it saw the colour, and the mark come and go."""
        found = []
        for at, seen in enumerate(self.noted["seen"]):
            best = seen.get("best") or {"swing": 0.0, "beside": (0, 0, 0)}
            pairs = [zip(one, best["beside"], strict=True) for one in colours]
            far = [sum((a - b) ** 2 for a, b in pair) for pair in pairs]
            found.append(far.index(min(far)) == at and best["swing"] > mark_step)
        return found

    def heard(self, clear: float) -> list[bool]:
        """Which tones it heard: there was a moment with little else."""
        return [share > clear for share in self.noted["heard"]]


class Guests:
    """Pages of one Chromium, for as long as they are entered."""

    def __init__(self, guests: Sequence[Guest]) -> None:
        self.guests = tuple(guests)
        self._stack = AsyncExitStack()

    @property
    def definitions(self) -> list[SiteDefinition]:
        """Their sites."""
        return [
            SiteDefinition(
                one.site,
                one.site,
                SiteKind.WEBRTC,
                limit=VideoLimit(bitrate_bps=one.limit_bps),
            )
            for one in self.guests
        ]

    @property
    def peers(self) -> list[Peer]:
        """Their pictures and sounds, one guest after the other."""
        return [peer for one in self.guests for peer in (one.picture, one.sound)]

    async def __aenter__(self) -> "Guests":
        if not self.guests:
            return self
        from playwright.async_api import async_playwright

        playwright = await self._stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *AWAKE])
        self._stack.push_async_callback(browser.close)
        for one in self.guests:
            one.page = await (await browser.new_context()).new_page()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def join(
        self, rig: Rig, conference: str, colours: Sequence[str], tones: Sequence[Tone]
    ) -> None:
        """Connect each with its colour and its tone."""
        for one, colour, tone in zip(self.guests, colours, tones, strict=False):
            assert one.page is not None
            wanted = {
                "codec": one.codec,
                "colour": f"#{colour[2:]}",
                "size": SIZE,
                **drifting(tone)._asdict(),
            }
            offer = await one.page.evaluate(JOIN, wanted)
            answer = await rig.caller.call(AttachWebRtc(conference, one.site, offer))
            if not isinstance(answer, Attached):
                raise McuError(f"the engine answered {answer} to {one.site}")
            await one.page.evaluate(ANSWER, answer.sdp)

    async def begin(self, panes: Sequence[Sequence[int]], tones: Sequence[Tone]) -> None:
        """Look, listen and count from now on."""
        for one in self.guests:
            assert one.page is not None
            await one.page.evaluate(WATCH, {"panes": panes, "tones": [tone.hz for tone in tones]})
            one.began = tuple(await one.page.evaluate(BYTES))

    async def end(self) -> None:
        """Keep what each has noted."""
        for one in self.guests:
            assert one.page is not None
            total, now_ms = await one.page.evaluate(BYTES)
            one.bits_per_s = 8000 * (total - one.began[0]) / (now_ms - one.began[1])
            one.noted = await one.page.evaluate(NOTED)
