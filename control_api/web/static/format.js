// Numbers, sizes and times as people read them.
import { language } from "/static/i18n.js";

const two = (value) => String(value).padStart(2, "0");

/** 0:05, 12:34, 1:02:03 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function size(bytes) {
  let value = Math.max(0, bytes || 0);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A date and time in the page's language; takes ISO text or seconds since 1970. */
export function when(stamp) {
  const date = typeof stamp === "number" ? new Date(stamp * 1000) : new Date(stamp);
  if (Number.isNaN(date.getTime())) return "";
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** "H.264 720p30 · Opus · 1.2 Mbit/s": what a site sends; empty when nothing. */
export function mediaLine(site) {
  const parts = [];
  if (site.video) {
    const { codec, width, height, fps } = site.video;
    const form = width ? `${Math.min(width, height)}p${fps ? steady(fps) : ""}` : "";
    parts.push(`${codecName(codec)} ${form}`.trim());
  }
  if (site.audio) parts.push(codecName(site.audio.codec));
  if (site.line) parts.push(rate(site.line.rate_kbps));
  return parts.filter(Boolean).join(" · ");
}

/** "1.2 Mbit/s" */
export const rate = (kbps) => (kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`);

/** To the next five, so that a measured rate does not flicker in the list. */
const steady = (fps) => Math.max(5, Math.round(fps / 5) * 5);

const CODECS = { h264: "H.264", vp8: "VP8", opus: "Opus", pcma: "G.711 A", pcmu: "G.711 µ", g722: "G.722" };

const codecName = (codec) => CODECS[String(codec || "").toLowerCase()] || codec || "";
