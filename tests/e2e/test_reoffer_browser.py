"""Chromium changes its call: held, resumed, a place for content added, all on the same path."""

import pytest

from tests.e2e.test_webrtc_peer_browser import CHROMIUM, Bridge, running, until

PAGE = """<!doctype html><video id=v autoplay muted></video><script>
const post = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)});
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const pc = new RTCPeerConnection();
async function frames(mid) {
  let found = 0;
  (await pc.getStats()).forEach((s) => {
    const video = s.type === 'inbound-rtp' && s.kind === 'video';
    if (video && s.mid === mid) found = s.framesDecoded || 0;
  });
  return found;
}
async function agree(change = (sdp) => sdp) {
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await wait(20);
  const answer = await (await post('/offer', change(pc.localDescription.sdp))).json();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
}
const slides = (sdp) => `${sdp.trimEnd()}\\r\\na=content:slides\\r\\n`;
(async () => {
  pc.ontrack = (e) => { document.getElementById('v').srcObject ??= e.streams[0]; };
  const media = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
  media.getTracks().forEach((track) => pc.addTrack(track, media));
  await agree();
  const main = pc.getTransceivers().find((t) => t.sender.track?.kind === 'video');
  while (await frames(main.mid) < 10) await wait(50);
  main.direction = 'sendonly';
  await agree();
  let before, after = await frames(main.mid);
  do {  // those on their way are shown yet; then none for half a second
    before = after;
    await wait(500);
    after = await frames(main.mid);
  } while (after !== before);
  main.direction = 'sendrecv';
  pc.addTransceiver('video', {direction: 'recvonly'});
  await agree(slides);
  while (await frames(main.mid) < after + 10) await wait(50);
  await post('/steps', {state: pc.connectionState,
                        lines: pc.getTransceivers().map((t) => t.currentDirection)});
})().catch((error) => post('/failed', String(error)));
</script>"""


pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(90),
]


async def test_a_browser_is_held_resumes_and_adds_content() -> None:
    async with running(Bridge(page=PAGE)) as one:
        await until(one, lambda: bool(one.told))
        assert one.told["state"] == "connected"
        assert one.told["lines"] == ["sendrecv", "sendrecv", "recvonly"]
        assert one.peer.content is not None
        came = one.video.stats.frames
        await until(one, lambda: one.video.stats.frames > came + 10)
        assert len(one.peer._paths) == 1
