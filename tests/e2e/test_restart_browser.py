"""Chromium begins ICE anew within its call: the same keys, ports and streams, another way."""

import pytest

from tests.e2e.test_webrtc_peer_browser import CHROMIUM, Bridge, running, until

PAGE = """<!doctype html><video id=v autoplay muted></video><script>
const post = (path, body) => fetch(path, {method: 'POST', body: JSON.stringify(body)});
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
async function now() {
  const found = {frames: 0, pair: '', state: pc.connectionState};
  (await pc.getStats()).forEach((s) => {
    if (s.type === 'inbound-rtp' && s.kind === 'video') found.frames = s.framesDecoded || 0;
    if (s.type === 'transport') found.pair = s.selectedCandidatePairId || '';
  });
  return found;
}
async function agree() {
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await wait(20);
  const answer = await (await post('/offer', pc.localDescription.sdp)).json();
  await pc.setRemoteDescription({type: 'answer', sdp: answer});
  return [pc.localDescription.sdp, answer].map((sdp) => sdp.match(/a=ice-ufrag:(\\S+)/)[1]);
}
async function plays(beyond) {
  while ((await now()).frames < beyond + 10) await wait(50);
  return now();
}
(async () => {
  pc.ontrack = (e) => { document.getElementById('v').srcObject ??= e.streams[0]; };
  const media = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
  media.getTracks().forEach((track) => pc.addTrack(track, media));
  const steps = [], states = [];
  pc.onconnectionstatechange = () => states.push(pc.connectionState);
  let names = await agree(), last = await plays(0);
  for (let k = 0; k < 2; k++) {
    pc.restartIce();
    const others = await agree();
    while ((await now()).pair === last.pair) await wait(50);
    const before = await now();
    last = await plays(before.frames);
    steps.push({renamed: others.map((one, n) => one !== names[n])});
    names = others;
  }
  await post('/steps', {steps, states, ...last});
})().catch((error) => post('/failed', String(error)));
</script>"""


pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(90),
]


async def test_ice_begins_anew_and_media_goes_on() -> None:
    async with running(Bridge(page=PAGE)) as one:
        states: list[tuple[str, str]] = []
        one.peer.feedback.state_changed = lambda state, reason: states.append((state, reason))
        await until(one, lambda: bool(one.told))
        assert one.told["state"] == "connected"
        assert one.told["steps"] == [{"renamed": [True, True]}] * 2
        came = one.video.stats.frames
        await until(one, lambda: one.video.stats.frames > came + 10)
        assert states == [("joined", "")]
        assert len(one.peer._paths) == 1
        await until(one, lambda: not one.peer._paths[0].link.restarting)
