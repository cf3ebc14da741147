// The content of a recording beside its main picture: a second element, led by the clock of the first.
import { follow, SILENT } from "/static/follow.js";
import { Phase } from "/static/phase.js";
import { openPlayer } from "/static/player.js";

const STEER_MS = 100;
const LINGER_S = 0.3;

/**
 * Plays the track `content` into `video` once the recording has one. `main` leads: its time, its rate,
 * and whether it plays. `shown(on)` is told when there is something to be seen now, or nothing any more.
 */
export class ContentScreen {
  #player = null;
  #opening = false;
  #on = false;

  constructor({ main, video, player, manifestUrl, trackUrl, shown }) {
    Object.assign(this, { main, video, leader: player, manifestUrl, trackUrl, shown });
    this.phase = new Phase(main, video);
    this.timer = setInterval(() => this.#steer(), STEER_MS);
    this.main.addEventListener("seeking", () => {
      this.phase.forget();
      this.#steer();
    });
  }

  close() {
    clearInterval(this.timer);
    this.#player?.close();
  }

  async #open() {
    this.#opening = true;
    const { video, manifestUrl, trackUrl } = this;
    try {
      this.#player = await openPlayer({ video, manifestUrl, trackUrl, tracks: ["content"] });
    } catch {
      this.#opening = false; // tried again with the next beat
    }
  }

  #steer() {
    if (!this.#player) {
      if (!this.#opening && this.leader.has("content")) this.#open();
      return;
    }
    const { main, video } = this;
    const time = main.currentTime;
    const covers = (moment) => this.#player.covers("content", moment);
    const on = covers(time) || (this.#on && covers(time - LINGER_S)); // a seam is no end
    if (on !== this.#on) this.shown((this.#on = on));
    if (!on) {
      if (!video.paused) video.pause();
      return;
    }
    if (main.paused !== video.paused) {
      if (main.paused) video.pause();
      else video.play().catch(() => {});
    }
    const target = main.paused ? time : time + this.phase.look();
    follow(video, target, main.playbackRate, SILENT, () => true); // a seek brings what is not there yet
  }
}
