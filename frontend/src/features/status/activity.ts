/** What the gateway's counters say about the last minutes, as this page saw them. Pure. */

import type { GatewayCounts, Totals } from "./gateway-counts";
import { EMPTY_HISTOGRAM, plus, quantile, since, withoutShortest } from "./quantiles";

/** Charts reach back so far. */
export const WINDOW_MS = 10 * 60_000;

// Between two samples too little happens for a rate: points tell of the minute before.
const RATE_MS = 60_000;

// Longer than this between two samples, and nobody has looked: charts have a gap.
const GAP_MS = 20_000;

export type Reading = {
  /** Milliseconds since 1970, of this browser's clock. */
  at: number;
  inFlight: number;
  waiting: number;
  /** How long ago the reading before was; 0 for the first. */
  spanMs: number;
  /** So long that nobody was looking: charts are broken before it. */
  isAfterGap: boolean;
  /** Since the reading before. */
  grown: Totals;
};

export type Activity = {
  /** At most ten minutes of them, the newest last. */
  readings: readonly Reading[];
  /** The newest totals of each process that has answered: behind one address may be several. */
  lastTotals: ReadonlyMap<number | null, Totals>;
  /** As the newest sample has it: since the gateway was started. */
  newest: GatewayCounts | null;
};

export const NO_ACTIVITY: Activity = {
  readings: [],
  lastTotals: new Map(),
  newest: null,
};

const NOTHING: Totals = {
  images: 0,
  answered: 0,
  failed: 0,
  durations: EMPTY_HISTOGRAM,
  refused: 0,
};

/** @param at milliseconds since 1970. */
export function withCounts(
  before: Activity,
  counts: GatewayCounts,
  at: number,
): Activity {
  const { readings, lastTotals } = before;
  // A process that was not seen before may have counted for days.
  const known = lastTotals.get(counts.startedAtS);
  const spanMs = at - (readings.at(-1)?.at ?? at);
  const reading: Reading = {
    at,
    inFlight: counts.inFlight,
    waiting: counts.waiting,
    spanMs,
    isAfterGap: spanMs > GAP_MS,
    grown: known ? growth(counts.totals, known) : NOTHING,
  };
  return {
    readings: [...readings.filter((one) => one.at > at - WINDOW_MS), reading],
    lastTotals: new Map(lastTotals).set(counts.startedAtS, counts.totals),
    newest: counts,
  };
}

/** What grew from `earlier` to `later`; a counter that fell has begun anew. */
function growth(later: Totals, earlier: Totals): Totals {
  const grown = (name: "images" | "answered" | "failed" | "refused") =>
    later[name] < earlier[name] ? later[name] : later[name] - earlier[name];
  return {
    images: grown("images"),
    answered: grown("answered"),
    failed: grown("failed"),
    refused: grown("refused"),
    durations: since(later.durations, earlier.durations),
  };
}

/** One moment of the charts; null is what cannot be told. */
export type ChartPoint = {
  at: number;
  /** Nobody looked between this point and the one before. */
  isAfterGap: boolean;
  inFlight: number;
  waiting: number;
  /** The rest is of the minute before; a rate counts what was seen and guesses nothing. */
  imagesPerMinute: number | null;
  medianS: number | null;
  p95S: number | null;
  /** From 0 to 1. */
  failedShare: number | null;
};

export function chartPoints({ readings }: Activity): ChartPoint[] {
  return readings.map((reading, index) => {
    const minute = readings
      .slice(0, index + 1)
      .filter(({ at }) => at > reading.at - RATE_MS);
    const grown = sum(minute);
    const spanMs = minute.reduce((total, one) => total + one.spanMs, 0);
    return {
      at: reading.at,
      isAfterGap: reading.isAfterGap,
      inFlight: reading.inFlight,
      waiting: reading.waiting,
      imagesPerMinute:
        spanMs > 0 ? (RATE_MS * grown.images) / Math.max(spanMs, RATE_MS) : null,
      ...timesOf(grown),
      failedShare: failedShare(grown),
    };
  });
}

export type Summary = { images: number; failed: number; failedShare: number | null };

/** Over all that this page has seen of the last ten minutes. */
export function summaryOf({ readings }: Activity): Summary {
  const totals = sum(readings);
  const { images, failed } = totals;
  return { images, failed, failedShare: failedShare(totals) };
}

export type Times = {
  medianS: number;
  p95S: number;
  /** The page has seen no picture: these are of all since the gateway was started. */
  isSinceStart: boolean;
};

/** How long pictures take, or null while the gateway has painted none. */
export function timesKnown({ readings, newest }: Activity): Times | null {
  return times(sum(readings), false) ?? (newest && times(newest.totals, true));
}

function times(totals: Totals, isSinceStart: boolean): Times | null {
  const { medianS, p95S } = timesOf(totals);
  if (medianS === null || p95S === null) return null;
  return { medianS, p95S, isSinceStart };
}

function sum(readings: readonly Reading[]): Totals {
  return readings.reduce<Totals>(
    (total, { grown }) => ({
      images: total.images + grown.images,
      answered: total.answered + grown.answered,
      failed: total.failed + grown.failed,
      refused: total.refused + grown.refused,
      durations: plus(total.durations, grown.durations),
    }),
    NOTHING,
  );
}

function timesOf({ durations, refused }: Totals) {
  const pictures = withoutShortest(durations, refused);
  return { medianS: quantile(pictures, 0.5), p95S: quantile(pictures, 0.95) };
}

function failedShare({ answered, failed }: Totals): number | null {
  const ended = answered + failed;
  return ended > 0 ? failed / ended : null;
}
