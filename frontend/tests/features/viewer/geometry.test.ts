import { expect, test } from "vitest";
import {
  bounded,
  closeUpScale,
  commonSize,
  type Frame,
  fitView,
  haveSameShape,
  isCropped,
  isFitting,
  isLargest,
  nextScale,
  panned,
  zoomedTo,
} from "@/features/viewer/geometry";

const LARGE: Frame = {
  picture: { width: 2000, height: 1000 },
  pane: { width: 500, height: 500 },
};
const SMALL: Frame = {
  picture: { width: 128, height: 64 },
  pane: { width: 1000, height: 800 },
};
const MIDDLE = { x: 0, y: 0 };

test("a large picture is made to fit, a small one is not blown up", () => {
  expect(fitView(LARGE)).toEqual({ scale: 0.25, centre: { x: 1000, y: 500 } });
  expect(fitView(SMALL)).toEqual({ scale: 1, centre: { x: 64, y: 32 } });
});

test("the point under the pointer stays where it is", () => {
  const before = zoomedTo(fitView(LARGE), 1, MIDDLE, LARGE);
  const at = { x: 120, y: -80 };
  const after = zoomedTo(before, 3, at, LARGE);
  expect(after.centre.x + at.x / after.scale).toBeCloseTo(before.centre.x + at.x);
  expect(after.centre.y + at.y / after.scale).toBeCloseTo(before.centre.y + at.y);
});

test("zooming at the edge shows the edge and no gap beyond it", () => {
  const view = zoomedTo(fitView(LARGE), 1, { x: -250, y: 0 }, LARGE);
  expect(view.centre.x).toBe(250);
  expect(zoomedTo(view, 0.5, { x: 250, y: 0 }, LARGE).centre.x).toBe(500);
});

test("a picture can be pushed up to its edges and no further", () => {
  const view = zoomedTo(fitView(LARGE), 1, MIDDLE, LARGE);
  expect(panned(view, { x: 100, y: -50 }, LARGE).centre).toEqual({ x: 900, y: 550 });
  expect(panned(view, { x: 9999, y: 9999 }, LARGE).centre).toEqual({ x: 250, y: 250 });
  expect(panned(view, { x: -9999, y: 0 }, LARGE).centre.x).toBe(1750);
});

test("a side that the pane shows whole stays in its middle", () => {
  const view = zoomedTo(fitView(LARGE), 0.4, MIDDLE, LARGE);
  const moved = panned(view, { x: 50, y: 50 }, LARGE);
  expect(moved.centre).toEqual({ x: 875, y: 500 });
});

test.each([
  ["smaller than fitting", 0.01, 0.25],
  ["larger than the largest", 99, 16],
])("%s is not to be had", (_, scale, expected) => {
  expect(zoomedTo(fitView(LARGE), scale, MIDDLE, LARGE).scale).toBe(expected);
  expect(bounded({ scale, centre: MIDDLE }, LARGE).scale).toBe(expected);
});

test("a view is mended when the window has grown", () => {
  const view = zoomedTo(fitView(LARGE), 0.3, { x: 200, y: 0 }, LARGE);
  const wide = { ...LARGE, pane: { width: 1000, height: 500 } };
  expect(bounded(view, wide)).toEqual(fitView(wide));
});

test("steps are round, begin at the fitting scale and end at the largest", () => {
  const odd = { ...LARGE, pane: { width: 660, height: 500 } };
  const scales = [fitView(odd).scale];
  while (!isLargest({ scale: scales.at(-1) ?? 0, centre: MIDDLE })) {
    scales.push(nextScale(scales.at(-1) ?? 0, 1, odd));
  }
  expect(scales).toEqual([0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16]);
  expect(nextScale(16, 1, odd)).toBe(16);
  expect(nextScale(0.9, -1, odd)).toBe(0.75);
  expect(nextScale(0.5, -1, odd)).toBe(0.33);
  expect(nextScale(0.33, -1, odd)).toBe(0.33);
});

test("a double click comes closer, however small the picture is", () => {
  expect(closeUpScale(LARGE)).toBe(1);
  expect(closeUpScale(SMALL)).toBe(1000 / 128);
  expect(closeUpScale({ ...SMALL, pane: { width: 130, height: 70 } })).toBe(2);
});

test("only the whole picture counts as fitting", () => {
  expect(isFitting(fitView(LARGE), LARGE)).toBe(true);
  expect(isFitting({ scale: 0.26, centre: MIDDLE }, LARGE)).toBe(false);
});

test("a small picture can be enlarged and still be seen whole", () => {
  expect(isCropped({ scale: 7, centre: MIDDLE }, SMALL)).toBe(false);
  expect(isCropped({ scale: 8, centre: MIDDLE }, SMALL)).toBe(true);
});

test("two pictures share a frame in which each is whole", () => {
  const tall = { width: 512, height: 768 };
  const wide = { width: 768, height: 512 };
  expect(commonSize(tall, wide)).toEqual({ width: 768, height: 768 });
});

test.each([
  [{ width: 512, height: 512 }, { width: 1024, height: 1024 }, true],
  [{ width: 1024, height: 1024 }, { width: 512, height: 512 }, true],
  [{ width: 683, height: 512 }, { width: 1366, height: 1024 }, true],
  [{ width: 1366, height: 1025 }, { width: 683, height: 512 }, true],
  [{ width: 512, height: 768 }, { width: 768, height: 512 }, false],
  [{ width: 512, height: 512 }, { width: 512, height: 520 }, false],
])("%o and %o cover each other: %s", (a, b, expected) => {
  expect(haveSameShape(a, b)).toBe(expected);
});
