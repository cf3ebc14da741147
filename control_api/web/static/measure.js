// What a peer connection's statistics say of the way there and back: pure.
const KINDS = ["inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "candidate-pair"];

/** The sums that matter, out of getStats() as an array. */
export function totals(reports) {
  const sum = { received: 0, sent: 0, packets: 0, lost: 0, pictures: 0, lostThere: [], roundTrip: null, jitter: 0 };
  for (const report of reports) {
    if (!KINDS.includes(report.type)) continue;
    if (report.type === "inbound-rtp") {
      sum.received += report.bytesReceived || 0;
      sum.packets += report.packetsReceived || 0;
      sum.lost += Math.max(0, report.packetsLost || 0);
      sum.pictures += report.framesDecoded || 0;
      sum.jitter = Math.max(sum.jitter, report.jitter || 0);
    } else if (report.type === "outbound-rtp") sum.sent += report.bytesSent || 0;
    else if (report.type === "remote-inbound-rtp") sum.lostThere.push(report.fractionLost || 0);
    else if (report.nominated && report.currentRoundTripTime !== undefined) sum.roundTrip = report.currentRoundTripTime;
  }
  return sum;
}

const percent = (part) => Math.round(part * 1000) / 10;

/** What was measured between two such sums, `seconds` apart: kbit/s, percent, ms. */
export function measured(before, after, seconds) {
  const lost = after.lost - before.lost;
  const came = after.packets - before.packets;
  return {
    rate_there: Math.round(((after.sent - before.sent) * 8) / 1000 / seconds),
    rate_back: Math.round(((after.received - before.received) * 8) / 1000 / seconds),
    loss_there: percent(Math.max(0, ...after.lostThere)),
    loss_back: came + lost > 0 ? percent(lost / (came + lost)) : 100,
    round_trip: after.roundTrip === null ? null : Math.round(after.roundTrip * 1000),
    jitter: Math.round(after.jitter * 1000),
    pictures: Math.round((after.pictures - before.pictures) / seconds),
  };
}

/** From which value on somebody would notice. */
const BAD = { loss_there: 3, loss_back: 3, round_trip: 300, jitter: 50 };
const TOO_LITTLE = { rate_there: 100, rate_back: 100, pictures: 10 };

export const isBad = (name, value) => value === null || value > (BAD[name] ?? Infinity) || value < (TOO_LITTLE[name] ?? -Infinity);
