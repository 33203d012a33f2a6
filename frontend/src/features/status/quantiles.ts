/** Histograms as Prometheus counts them, and what can be estimated from one. Pure. */

import type { Exposition, Labels } from "./prometheus";

export type Histogram = {
  /** Upper bounds in rising order, the last one infinite. */
  bounds: readonly number[];
  /** How many fell into each bucket alone: the format itself adds them up. */
  counts: readonly number[];
};

export const EMPTY_HISTOGRAM: Histogram = { bounds: [], counts: [] };

/** @returns all series of `name` whose labels are wanted, as one histogram. */
export function histogramOf(
  exposition: Exposition,
  name: string,
  isWanted: (labels: Labels) => boolean,
): Histogram {
  const upTo = new Map<number, number>();
  for (const { labels, value } of exposition.get(`${name}_bucket`) ?? []) {
    if (labels.le === undefined || !isWanted(labels)) continue;
    const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
  }
  const bounds = [...upTo.keys()].sort((a, b) => a - b);
  const sums = bounds.map((bound) => upTo.get(bound) ?? 0);
  return { bounds, counts: sums.map((sum, at) => sum - (sums[at - 1] ?? 0)) };
}

export function countOf({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Two of other buckets cannot be added: then the second stands alone. */
export function plus(one: Histogram, other: Histogram): Histogram {
  if (countOf(other) === 0) return one;
  if (!haveSameBounds(one, other)) return other;
  return combined(one, other, (a, b) => a + b);
}

/** What came after `earlier`; all of `later` where its counting began anew. */
export function since(later: Histogram, earlier: Histogram): Histogram {
  if (!haveSameBounds(later, earlier)) return later;
  const grown = combined(later, earlier, (a, b) => a - b);
  return grown.counts.some((count) => count < 0) ? later : grown;
}

/** Without the `number` shortest ones. */
export function withoutShortest(histogram: Histogram, number: number): Histogram {
  let left = number;
  const counts = histogram.counts.map((count) => {
    const taken = Math.min(count, left);
    left -= taken;
    return count - taken;
  });
  return { ...histogram, counts };
}

/**
 * The value below which the share `q` lies, as Prometheus' `histogram_quantile` has it:
 * evenly spread within a bucket, and never above the last finite bound.
 *
 * @param q from 0 to 1.
 * @returns null for an empty histogram.
 */
export function quantile(histogram: Histogram, q: number): number | null {
  const { bounds, counts } = histogram;
  const wanted = q * countOf(histogram);
  if (countOf(histogram) <= 0) return null;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    const lower = bounds[at - 1] ?? 0;
    const upper = bounds[at] ?? lower;
    if (count > 0 && below + count >= wanted) {
      if (!Number.isFinite(upper)) return lower;
      return lower + (upper - lower) * ((wanted - below) / count);
    }
    below += count;
  }
  return null;
}

function haveSameBounds(one: Histogram, other: Histogram): boolean {
  return (
    one.bounds.length === other.bounds.length &&
    one.bounds.every((bound, at) => bound === other.bounds[at])
  );
}

function combined(
  one: Histogram,
  other: Histogram,
  join: (a: number, b: number) => number,
): Histogram {
  const counts = one.counts.map((count, at) => join(count, other.counts[at] ?? 0));
  return { bounds: one.bounds, counts };
}
