// Bars of hours and a line of loss over days, as a drawing: where each stands, pure.

const WIDTH = 960;
const HEIGHT = 220;
const LEFT = 44;
const RIGHT = 44;
const BOTTOM = 24;
const TOP = 10;
const MOST_LABELS = 9;

export const SIZE = { width: WIDTH, height: HEIGHT, left: LEFT, right: WIDTH - RIGHT, base: HEIGHT - BOTTOM, top: TOP };

/** A round number that is not below the value: 1, 2, 5, 10, ... */
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((one) => one >= value * 0.999999);
}

/** The days from..to as numbers like 20270301, also those on which nothing was. */
export function days(since, until) {
  const found = [];
  const day = new Date(`${since}T12:00:00Z`);
  const last = new Date(`${until}T12:00:00Z`);
  while (day <= last && found.length < 4000) {
    found.push(Number(day.toISOString().slice(0, 10).replaceAll("-", "")));
    day.setUTCDate(day.getUTCDate() + 1);
  }
  return found;
}

/**
 * The drawing of rows {of, hours, loss_percent} over those days: `bars` {x, y, width, height, row},
 * `line` as points of a polyline, `ticks` at the left (hours) and right (loss), `labels` of days.
 */
export function drawing(rows, all) {
  const known = new Map(rows.map((row) => [Number(row.of), row]));
  const most = ceiling(Math.max(0, ...rows.map((row) => row.hours)));
  const worst = ceiling(Math.max(0, ...rows.map((row) => row.loss_percent)));
  const step = (SIZE.right - SIZE.left) / Math.max(1, all.length);
  const high = SIZE.base - SIZE.top;
  const y = (value, top) => SIZE.base - (high * value) / top;
  const bars = [];
  const points = [];
  all.forEach((day, k) => {
    const row = known.get(day);
    if (!row) return;
    const x = SIZE.left + k * step;
    const width = Math.max(1, step * 0.72);
    bars.push({ x: x + (step - width) / 2, y: y(row.hours, most), width, height: SIZE.base - y(row.hours, most), row });
    points.push(`${(x + step / 2).toFixed(1)},${y(row.loss_percent, worst).toFixed(1)}`);
  });
  const every = Math.max(1, Math.ceil(all.length / MOST_LABELS));
  const labels = all.map((day, k) => ({ day, x: SIZE.left + (k + 0.5) * step })).filter((_, k) => k % every === 0);
  const ticks = [0, 0.5, 1].map((part) => ({ y: SIZE.base - high * part, hours: most * part, loss: worst * part }));
  return { bars, line: points.join(" "), labels, ticks };
}
