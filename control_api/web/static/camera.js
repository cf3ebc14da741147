// Moves the own camera as somebody at the bridge wants (WS/T 546 ctrlCamera), as far as it can be moved.
const STEP_MS = 120;
/** Steps of a whole sweep from one end to the other. */
const STEPS = 40;

/** What each movement changes, and which way. */
const MOVES = {
  pan_right: ["pan", 1],
  pan_left: ["pan", -1],
  tilt_up: ["tilt", 1],
  tilt_down: ["tilt", -1],
  zoom_in: ["zoom", 1],
  zoom_out: ["zoom", -1],
  focus_in: ["focusDistance", -1],
  focus_out: ["focusDistance", 1],
};
const KINDS = ["pan", "tilt", "zoom", "focusDistance"];

const within = (value, { min, max }) => Math.min(max, Math.max(min, value));

/** The next value of a property that goes `way` (1, -1) in a range of a camera. */
export function stepped(value, way, range) {
  const grain = range.step || (range.max - range.min) / STEPS;
  const step = Math.max(grain, Math.round((range.max - range.min) / STEPS / grain) * grain);
  return within(value + way * step, range);
}

export class Camera {
  #timer = 0;
  #first = null;
  #presets = new Map();

  /** `devices` has the track, also after it was changed. */
  constructor(devices) {
    this.devices = devices;
  }

  /** Answers whether this camera can do that. */
  async obey({ action, preset }) {
    const track = this.devices.tracks.video;
    const can = track?.getCapabilities?.() || {};
    if (!KINDS.some((kind) => can[kind])) return false;
    clearInterval(this.#timer);
    this.#first ??= this.#now(track, can);
    const moves = action.split(" ").filter((word) => word in MOVES).map((word) => MOVES[word]);
    if (moves.length) return this.#move(track, can, moves);
    if (action === "reset") return this.#set(track, this.#first);
    if (action === "auto_focus") return this.#set(track, { focusMode: "continuous" });
    if (action === "store") this.#presets.set(preset, this.#now(track, can));
    if (action === "clear") this.#presets.delete(preset);
    if (action === "recall" && this.#presets.has(preset)) return this.#set(track, this.#presets.get(preset));
    return true;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #now(track, can) {
    const settings = track.getSettings();
    return Object.fromEntries(KINDS.filter((kind) => can[kind] && kind in settings).map((kind) => [kind, settings[kind]]));
  }

  /** Goes on until it stands at the ends of all ways that it goes, or is stopped. */
  #move(track, can, moves) {
    const ways = moves.filter(([kind]) => can[kind]);
    if (!ways.length) return false;
    const now = track.getSettings();
    const values = Object.fromEntries(ways.map(([kind]) => [kind, now[kind] ?? can[kind].min]));
    const go = () => {
      for (const [kind, way] of ways) values[kind] = stepped(values[kind], way, can[kind]);
      if (ways.every(([kind]) => values[kind] === can[kind].min || values[kind] === can[kind].max)) this.stop();
      return this.#set(track, "focusDistance" in values ? { focusMode: "manual", ...values } : values);
    };
    this.#timer = setInterval(go, STEP_MS);
    return go();
  }

  async #set(track, values) {
    try {
      await track.applyConstraints({ advanced: [values] });
      return true;
    } catch {
      this.stop();
      return false;
    }
  }
}
