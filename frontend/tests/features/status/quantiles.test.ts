import { expect, test } from "vitest";
import { parseExposition } from "@/features/status/prometheus";
import {
  countOf,
  EMPTY_HISTOGRAM,
  type Histogram,
  histogramOf,
  plus,
  quantile,
  since,
  withoutShortest,
} from "@/features/status/quantiles";

function histogram(...counts: number[]): Histogram {
  return { bounds: [1, 2, 5, Number.POSITIVE_INFINITY], counts };
}

test("series of one histogram are added up, and each bucket counts for itself", () => {
  const text = `
    t_bucket{le="1.0",route="/a"} 1
    t_bucket{le="2.0",route="/a"} 3
    t_bucket{le="+Inf",route="/a"} 3
    t_bucket{le="1.0",route="/b"} 0
    t_bucket{le="2.0",route="/b"} 2
    t_bucket{le="+Inf",route="/b"} 7
    t_bucket{le="1.0",route="/health"} 100
    t_bucket{le="+Inf",route="/health"} 100`;
  const found = histogramOf(
    parseExposition(text),
    "t",
    ({ route }) => route !== "/health",
  );
  expect(found).toEqual({
    bounds: [1, 2, Number.POSITIVE_INFINITY],
    counts: [1, 4, 5],
  });
});

test.each([
  [0.5, histogram(0, 4, 0, 0), 1.5],
  [0.5, histogram(2, 2, 0, 0), 1],
  [0.95, histogram(0, 0, 20, 0), 4.85],
  [1, histogram(0, 4, 0, 0), 2],
  [0.5, histogram(0, 1, 0, 0), 1.5],
])("the %d quantile lies within its bucket", (q, given, expected) => {
  expect(quantile(given, q)).toBeCloseTo(expected);
});

test("what was longer than all finite bounds is told as the longest of them", () => {
  expect(quantile(histogram(0, 0, 0, 3), 0.5)).toBe(5);
});

test("nothing has no quantile", () => {
  expect(quantile(EMPTY_HISTOGRAM, 0.5)).toBeNull();
  expect(quantile(histogram(0, 0, 0, 0), 0.5)).toBeNull();
});

test("what came since an earlier count is the difference", () => {
  expect(since(histogram(3, 4, 0, 1), histogram(1, 4, 0, 0)).counts).toEqual([
    2, 0, 0, 1,
  ]);
});

test("after a restart, or with other buckets, all that is counted is new", () => {
  const later = histogram(1, 0, 0, 0);
  expect(since(later, histogram(5, 2, 0, 0))).toEqual(later);
  expect(since(later, EMPTY_HISTOGRAM)).toEqual(later);
});

test("histograms of the same buckets add up, and an empty one changes nothing", () => {
  const one = histogram(1, 0, 2, 0);
  expect(plus(one, histogram(1, 1, 0, 0)).counts).toEqual([2, 1, 2, 0]);
  expect(plus(one, EMPTY_HISTOGRAM)).toEqual(one);
  expect(plus(EMPTY_HISTOGRAM, one)).toEqual(one);
});

test("the shortest are taken away from the shortest buckets on", () => {
  expect(withoutShortest(histogram(2, 3, 4, 0), 4).counts).toEqual([0, 1, 4, 0]);
  expect(countOf(withoutShortest(histogram(1, 0, 0, 0), 9))).toBe(0);
});
