// One peer connection made by one offer and one answer, all candidates inside.
const GATHER_MS = 2000;

/** H.264 first, the other codecs behind it. */
export function preferH264(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs;
  if (!codecs || !transceiver.setCodecPreferences) return;
  const isH264 = (codec) => codec.mimeType.toLowerCase() === "video/h264";
  transceiver.setCodecPreferences([...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))]);
}

const LARGE_LINES = 540;
const SIZES = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 200_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 700_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];

/** The sizes in which a camera is sent at once, smallest first: one alone while there is none, or a small one. */
export function sizesOf(track) {
  const height = track?.getSettings().height ?? 0;
  return height >= LARGE_LINES ? SIZES.map((one) => ({ ...one })) : [{}];
}

function gathered(pc, limitMs = GATHER_MS) {
  if (pc.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      pc.removeEventListener("icegatheringstatechange", check);
      resolve();
    };
    const check = () => pc.iceGatheringState === "complete" && done();
    const timer = setTimeout(done, limitMs); // send what is there
    pc.addEventListener("icegatheringstatechange", check);
  });
}

/** Offers, lets `exchange(description)` fetch the answer, and takes it; gives what exchange gave. */
export async function negotiate(pc, exchange) {
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc);
  const answer = await exchange({ type: "offer", sdp: pc.localDescription.sdp });
  if (pc.signalingState === "closed") return answer; // given up meanwhile
  await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  return answer;
}

/** Bytes that arrived so far on all streams. */
export async function bytesReceived(pc) {
  let total = 0;
  for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp") total += report.bytesReceived || 0;
  }
  return total;
}
