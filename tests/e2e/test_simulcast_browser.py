"""Chromium sends its camera in three sizes at once; the one that serves the tile is decoded."""

import json

import pytest

from mcu_core.adaptation import layer_choice
from mcu_core.ingress.layers import LayerSwitch
from tests.e2e.test_webrtc_peer_browser import CHROMIUM, Bridge, running, until

PAGE = """<!doctype html><video id=v autoplay muted></video><script>
const post = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)});
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const size = {width: {exact: 1280}, height: {exact: 720}, frameRate: 15};
const sizes = [['l', 4], ['m', 2], ['h', 1]];
async function sent(pc) {
  const found = {};
  (await pc.getStats()).forEach((s) => {
    if (s.type === 'outbound-rtp' && s.kind === 'video')
      found[s.rid] = {width: s.frameWidth || 0, frames: s.framesSent || 0, asked: s.pliCount || 0};
  });
  return found;
}
(async () => {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const media = await navigator.mediaDevices.getUserMedia({video: size, audio: true});
  const {sender} = pc.addTransceiver(media.getVideoTracks()[0], {direction: 'sendrecv',
    sendEncodings: sizes.map(([rid, by]) => ({rid, scaleResolutionDownBy: by}))});
  pc.addTrack(media.getAudioTracks()[0], media);
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await wait(20);
  const answer = await (await post('/offer', pc.localDescription.sdp)).json();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
  for (let sending = 'lmh';;) {
    await wait(200);
    const wanted = await (await post('/layers', await sent(pc))).text();
    if (wanted === sending) continue;
    sending = wanted;
    const parameters = sender.getParameters();
    for (const one of parameters.encodings) one.active = wanted.includes(one.rid);
    await sender.setParameters(parameters);
  }
})().catch((error) => post('/failed', String(error)));
</script>"""


class Layered(Bridge):
    """Hears what the page sends, and tells it which sizes to."""

    def __init__(self) -> None:
        super().__init__(page=PAGE)
        self.sent: dict[str, dict[str, int]] = {}
        self.sizes = "lmh"

    async def _reply(self, path: str, body: bytes) -> bytes:
        if path == "/layers":
            self.sent = json.loads(body)
            return self.sizes.encode()
        return await super()._reply(path, body)

    @property
    def layers(self) -> LayerSwitch:
        assert self.peer._video is not None
        assert self.peer._video.layers is not None
        return self.peer._video.layers

    def shows(self, width: int) -> bool:
        picture = self.video.latest()
        return picture is not None and picture.width == width


pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(90),
]


async def test_the_layer_that_serves_the_tile_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_choice, "HOLD_NS", 0)
    async with running(Layered()) as one:
        await until(one, lambda: one.shows(1280))
        assert [layer.rid for layer in one.layers.layers] == ["l", "m", "h"]
        one.video.shown_pixels = 300.0 * 170
        await until(one, lambda: one.shows(320))
        decoded, came = one.video.stats.frames, one.peer.reception()[0].received
        await until(one, lambda: one.video.stats.frames > decoded + 10)
        assert one.peer.reception()[0].received - came > 10, "all of them come"
        one.video.shown_pixels = None
        await until(one, lambda: one.shows(1280))
        one.sizes = "lm"
        await until(one, lambda: one.shows(640))
        one.sizes = "lmh"
        await until(one, lambda: one.shows(1280))
        assert one.video.stats.broken == 0
        assert one.layers.switches >= 5
        sizes = [layer.facts.width if layer.facts else 0 for layer in one.layers.layers]
        assert sizes == [320, 640, 1280]
