import { expect, test } from "vitest";
import { areaPath, linePath, niceMax, pieces } from "@/features/status/chart-shape";

const FRAME = { from: 0, to: 100, max: 10 };

function moments(...gapsAfter: boolean[]) {
  return gapsAfter.map((isAfterGap, index) => ({ at: 50 * index, isAfterGap }));
}

test("time runs to the right and more is higher up", () => {
  expect(pieces(moments(false, false, false), [0, 5, 10], FRAME)).toEqual([
    [
      [0, 100],
      [50, 50],
      [100, 0],
    ],
  ]);
});

test("a value that is not known breaks the line", () => {
  expect(pieces(moments(false, false, false), [0, null, 10], FRAME)).toEqual([
    [[0, 100]],
    [[100, 0]],
  ]);
});

test("so does a time in which nobody looked", () => {
  expect(pieces(moments(false, true, false), [0, 5, 10], FRAME)).toHaveLength(2);
});

test("a line is drawn from point to point, a lone point as a dot", () => {
  expect(
    linePath([
      [0, 100],
      [50, 0],
    ]),
  ).toBe("M0.00 100.00L50.00 0.00");
  expect(linePath([[50, 0]])).toBe("M50.00 0.00h0");
});

test("an area stands on the bottom", () => {
  expect(
    areaPath([
      [0, 40],
      [50, 0],
    ]),
  ).toBe("M0.00 100L0.00 40.00L50.00 0.00L50.00 100Z");
});

test.each([
  [5, 5],
  [5.1, 10],
  [10, 10],
  [37, 50],
  [0.1, 0.1],
  [0.12, 0.2],
  [101, 200],
])("a chart up to %d ends at %d", (highest, max) => {
  expect(niceMax(highest)).toBeCloseTo(max);
});
