// Stands in for WebRTC when the pages are looked at without a media engine: draws a mosaic on a canvas
// and gives its stream as if it had been received. Devices are drawn as well.
(() => {
  const HUES = [196, 158, 262, 28, 340, 88, 222];
  const conference = { layout: null, panes: [], names: {} };

  async function look() {
    const cid = new URLSearchParams(location.search).get("conference") || (location.pathname.startsWith("/join") && location.pathname.split("/")[2]) || "c1";
    const [shown, modes] = await Promise.all([
      fetch(`/api/v1/conferences/${cid}`).then((r) => r.json()),
      fetch("/api/v1/layouts").then((r) => r.json()),
    ]);
    conference.layout = shown.layout?.own || modes[shown.shown?.mode] || modes[0];
    conference.panes = shown.shown?.panes || [];
    conference.sites = (shown.sites || []).map((site) => site.id);
    conference.names = Object.fromEntries((shown.sites || []).map((site) => [site.id, site.name]));
    conference.speaker = shown.speaker;
  }

  /** A side of a pane: the invented server keeps "1/2" as it was sent, the real one makes it 0.5. */
  const part = (value) => String(value).split("/").map(Number).reduce((whole, by) => whole / by);

  function person(c, x, y, w, h, k, time) {
    const hue = HUES[k % HUES.length];
    const room = c.createLinearGradient(x, y, x + w * 0.4, y + h);
    room.addColorStop(0, `hsl(${hue} 32% 74%)`);
    room.addColorStop(1, `hsl(${hue} 30% 42%)`);
    c.fillStyle = room;
    c.fillRect(x, y, w, h);
    c.fillStyle = `hsl(${hue} 30% 84%)`;
    c.fillRect(x + w * 0.08, y + h * 0.1, w * 0.24, h * 0.38);
    c.fillStyle = `hsl(${hue} 25% 34%)`;
    c.fillRect(x, y + h * 0.9, w, h * 0.1);
    const cx = x + w * (0.52 + 0.006 * Math.sin(time + k));
    const s = h * 0.21;
    c.fillStyle = k % 2 ? "#f3f6f7" : "#8fc7c4";
    c.beginPath();
    c.ellipse(cx, y + h * 1.02, s * 1.9, s * 2.05, 0, Math.PI, 0);
    c.fill();
    c.fillStyle = ["#e8bd98", "#d9a77e", "#c98f65", "#f0cdae"][k % 4];
    c.beginPath();
    c.ellipse(cx, y + h * 0.43, s * 0.72, s * 0.95, 0, 0, 7);
    c.fill();
    c.fillStyle = ["#2a2320", "#4a3524", "#1d1d22"][k % 3];
    c.beginPath();
    c.ellipse(cx, y + h * 0.33, s * 0.78, s * 0.62, 0, Math.PI, 0);
    c.fill();
  }

  function mosaic(c, W, H, time) {
    c.fillStyle = "#0a0e11";
    c.fillRect(0, 0, W, H);
    const panes = conference.layout?.panes || [];
    panes.forEach((pane, k) => {
      const site = conference.panes[k];
      if (!site) return;
      const [x, y, w, h] = [part(pane.x) * W, part(pane.y) * H, part(pane.w) * W, part(pane.h) * H];
      c.save();
      c.beginPath();
      c.rect(x, y, w, h);
      c.clip();
      person(c, x, y, w, h, conference.sites.indexOf(site), time);
      c.font = "600 18px system-ui, 'Noto Sans CJK SC'";
      const name = conference.names[site] || "";
      c.fillStyle = "rgb(8 14 18 / 62%)";
      c.fillRect(x + 10, y + h - 40, c.measureText(name).width + 22, 30);
      c.fillStyle = "#fff";
      c.fillText(name, x + 21, y + h - 19);
      if (site === conference.speaker) {
        c.strokeStyle = "#3ddc84";
        c.lineWidth = 6;
        c.strokeRect(x + 3, y + 3, w - 6, h - 6);
      }
      c.restore();
    });
  }

  function drawn(draw) {
    const canvas = document.createElement("canvas");
    canvas.width = 1280;
    canvas.height = 720;
    const c = canvas.getContext("2d");
    const paint = () => draw(c, 1280, 720, performance.now() / 1000);
    paint();
    setInterval(paint, 200);
    return canvas.captureStream(5).getVideoTracks()[0];
  }

  class Peer extends EventTarget {
    connectionState = "new";
    iceGatheringState = "complete";
    signalingState = "stable";
    #bytes = 0;

    addTransceiver() {
      return { sender: { replaceTrack: async () => {} }, setCodecPreferences: () => {} };
    }

    async createOffer() {
      return { type: "offer", sdp: "v=0" };
    }

    async setLocalDescription(description) {
      this.localDescription = description;
    }

    async setRemoteDescription() {
      await look();
      this.timer = setInterval(look, 400);
      const track = drawn(mosaic);
      this.dispatchEvent(Object.assign(new Event("track"), { track }));
      this.connectionState = "connected";
      this.dispatchEvent(new Event("connectionstatechange"));
    }

    async getStats() {
      return new Map([["v", { type: "inbound-rtp", bytesReceived: (this.#bytes += 1000) }]]);
    }

    close() {
      clearInterval(this.timer);
      this.connectionState = "closed";
    }
  }

  window.RTCPeerConnection = Peer;
  window.inventedPlayer = async ({ video }) => {
    await look();
    video.srcObject = new MediaStream([drawn(mosaic)]);
    const marks = [
      { at_ms: 62_000, kind: "join", text: "县人民医院", by: "" },
      { at_ms: 95_000, kind: "speaker", text: "协和医院 Union", by: "" },
      { at_ms: 640_000, kind: "operator", text: "冠脉造影 · angiogram", by: "admin" },
      { at_ms: 700_000, kind: "chat", text: "看得清楚", by: "wang.li" },
      { at_ms: 1_200_000, kind: "pause", text: "", by: "" },
      { at_ms: 1_260_000, kind: "continue", text: "", by: "" },
      { at_ms: 1_900_000, kind: "layout", text: "12", by: "" },
    ];
    return { duration: 2765, live: true, marks, error: null, has: (name) => name === "content", covers: () => false, seek: (time) => (window.soughtTo = time), goLive: () => {} };
  };
  window.inventedLive = ({ video, contentVideo }) => {
    const live = Object.assign(new EventTarget(), { state: "connecting", presents: false, behind: 0.2, problem: null, closed: false, close: () => (live.closed = true) });
    look().then(() => {
      video.srcObject = new MediaStream([drawn(mosaic)]);
      contentVideo.srcObject = new MediaStream([drawn((c, W, H, time) => person(c, 0, 0, W, H, 4, time))]);
      for (const screen of [video, contentVideo]) screen.play().catch(() => {});
      Object.assign(live, { state: "playing", presents: true });
      live.dispatchEvent(new Event("change"));
    });
    return live;
  };
  const refused = new URLSearchParams(location.search).get("refuse") || "";
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const kinds = ["audio", "video"].filter((kind) => wanted[kind]);
    if (kinds.some((kind) => refused.includes(kind))) throw new DOMException("no", "NotAllowedError");
    const tracks = [];
    if (wanted.video) tracks.push(drawn((c, W, H, time) => person(c, 0, 0, W, H, 2, time)));
    if (wanted.audio) tracks.push(new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0]);
    return new MediaStream(tracks);
  };
  navigator.mediaDevices.enumerateDevices = async () => [
    { kind: "audioinput", deviceId: "a", label: "Jabra Speak 750" },
    { kind: "videoinput", deviceId: "v", label: "Logitech Brio" },
  ];
})();
