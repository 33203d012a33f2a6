/** What the gateway and its servers did in the last minutes, as this page saw it. Pure. */

import type { RecentGenerations } from "@/lib/api/generated";
import type { Sample } from "./read-sample";
import { workOf } from "./work";

/** Charts reach back so far. */
export const WINDOW_MS = 10 * 60_000;

// Between two samples too little happens for a rate: points tell of the minute before,
// as the servers do.
const RATE_MS = 60_000;

// Longer than this between two samples, and nobody has looked: charts have a gap.
const GAP_MS = 20_000;

export type Reading = {
  /** Milliseconds since 1970, of this browser's clock. */
  at: number;
  running: number;
  waiting: number;
  /** So long after the reading before that nobody was looking. */
  isAfterGap: boolean;
  /** As the servers told; null where none did. */
  recent: RecentGenerations | null;
  /** By the gateway since the reading before; null where it does not tell. */
  turnedAway: number | null;
};

export type Activity = {
  /** At most ten minutes of them, the newest last. */
  readings: readonly Reading[];
  /** What each process had turned away: behind one address may be several. */
  lastTurnedAway: ReadonlyMap<number | null, number>;
  /** When the process that answered last was started, in seconds since 1970. */
  startedAtS: number | null;
};

export const NO_ACTIVITY: Activity = {
  readings: [],
  lastTurnedAway: new Map(),
  startedAtS: null,
};

/** @param at milliseconds since 1970. */
export function withSample(before: Activity, sample: Sample, at: number): Activity {
  const { readings, lastTurnedAway } = before;
  const { health, counts } = sample;
  const reading: Reading = {
    at,
    ...workOf(health),
    isAfterGap: at - (readings.at(-1)?.at ?? at) > GAP_MS,
    recent: health.recent ?? null,
    // A process that was not seen before may have counted for days.
    turnedAway:
      counts &&
      growth(
        counts.turnedAway,
        lastTurnedAway.get(counts.startedAtS) ?? counts.turnedAway,
      ),
  };
  return {
    readings: [...readings.filter((one) => one.at > at - WINDOW_MS), reading],
    lastTurnedAway: counts
      ? new Map(lastTurnedAway).set(counts.startedAtS, counts.turnedAway)
      : lastTurnedAway,
    startedAtS: counts ? counts.startedAtS : before.startedAtS,
  };
}

/** A counter that fell has begun anew. */
function growth(later: number, earlier: number): number {
  return later < earlier ? later : later - earlier;
}

/** One moment of the charts; null is what cannot be told. */
export type ChartPoint = {
  at: number;
  /** Nobody looked between this point and the one before. */
  isAfterGap: boolean;
  running: number;
  waiting: number;
  /** Of the minute before. */
  imagesPerMinute: number | null;
  /** Of the ten minutes before. */
  medianS: number | null;
  p95S: number | null;
  /** From 0 to 1, of all that ended in the minute before. */
  failedShare: number | null;
  turnedAwayShare: number | null;
};

export function chartPoints({ readings }: Activity): ChartPoint[] {
  return readings.map((reading, index) => {
    const { at, isAfterGap, running, waiting, recent } = reading;
    const minute = readings.slice(0, index + 1).filter((one) => one.at > at - RATE_MS);
    const failed = recent?.last_minute.failed ?? 0;
    const turnedAway = turnedAwayIn(minute) ?? 0;
    const all = failed + turnedAway + (recent?.last_minute.completed ?? 0);
    return {
      at,
      isAfterGap,
      running,
      waiting,
      imagesPerMinute: recent?.last_minute.images ?? null,
      medianS: recent?.generation_seconds?.p50 ?? null,
      p95S: recent?.generation_seconds?.p95 ?? null,
      failedShare: share(failed, all),
      turnedAwayShare: share(turnedAway, all),
    };
  });
}

export type Failures = {
  /** On servers, in the time that they tell of; null where none tells. */
  failed: number | null;
  /** By the gateway, as far as this page has seen; null where it does not tell. */
  turnedAway: number | null;
  /** Both, from 0 to 1; null where nothing ended. */
  share: number | null;
};

export function failuresOf({ readings }: Activity): Failures {
  const recent = readings.at(-1)?.recent ?? null;
  const failed = recent?.failed ?? null;
  const turnedAway = turnedAwayIn(readings);
  const failures = (failed ?? 0) + (turnedAway ?? 0);
  const ended = failures + (recent?.completed ?? 0);
  return { failed, turnedAway, share: share(failures, ended) };
}

function turnedAwayIn(readings: readonly Reading[]): number | null {
  const told = readings.flatMap(({ turnedAway }) => turnedAway ?? []);
  return told.length > 0 ? told.reduce((sum, one) => sum + one, 0) : null;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
