// How loud the own microphone is, also while it is switched off in the call (so that one can be told).
const PERIOD_MS = 100;
const SILENCE_DB = -127;

/** Calls `told(dBov)` ten times a second for the track given by `listen`. */
export class LocalMeter {
  #context = null;
  #source = null;
  #copy = null;
  #timer = 0;

  constructor(told) {
    this.told = told;
  }

  listen(track) {
    this.stop();
    if (!track || !window.AudioContext) return;
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {}); // without a click yet it stays at silence
    this.#copy = track.clone();
    this.#copy.enabled = true;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#copy]));
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      this.told(power > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(power)) : SILENCE_DB);
    }, PERIOD_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#source = null;
    this.#copy?.stop();
    this.#copy = null;
    this.told(SILENCE_DB);
  }
}
