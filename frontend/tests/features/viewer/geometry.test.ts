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
  isPixelated,
  isSmallest,
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
const SMALL_FIT = 640 / 128;
const MIDDLE = { x: 0, y: 0 };

test("a large picture is made to fit, a small one is enlarged as far as it looks good", () => {
  expect(fitView(LARGE)).toEqual({ scale: 0.25, centre: { x: 1000, y: 500 } });
  expect(fitView(SMALL)).toEqual({ scale: SMALL_FIT, centre: { x: 64, y: 32 } });
  const wide = {
    picture: { width: 256, height: 256 },
    pane: { width: 2000, height: 2000 },
  };
  expect(fitView(wide).scale).toBe(4);
  expect(fitView({ ...SMALL, pane: { width: 320, height: 640 } }).scale).toBe(2.5);
});

test("a small picture can be seen at its own size, and nothing smaller", () => {
  const own = zoomedTo(fitView(SMALL), 1, MIDDLE, SMALL);
  expect(own.scale).toBe(1);
  expect(isFitting(own, SMALL)).toBe(false);
  expect(isSmallest(own, SMALL)).toBe(true);
  expect(zoomedTo(own, 0.5, MIDDLE, SMALL).scale).toBe(1);
  expect(isSmallest(fitView(SMALL), SMALL)).toBe(false);
  expect(isSmallest(fitView(LARGE), LARGE)).toBe(true);
});

test("what only fits is smoothed, its pixels are seen from closer by", () => {
  const at = (scale: number) => zoomedTo(fitView(SMALL), scale, MIDDLE, SMALL);
  expect(isPixelated(at(4), SMALL)).toBe(false);
  expect(isPixelated(fitView(SMALL), SMALL)).toBe(false);
  expect(isPixelated(at(6), SMALL)).toBe(true);
  expect(isPixelated(zoomedTo(fitView(LARGE), 2, MIDDLE, LARGE), LARGE)).toBe(false);
  expect(isPixelated(zoomedTo(fitView(LARGE), 3, MIDDLE, LARGE), LARGE)).toBe(true);
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

test("the fitting scale of a small picture is one step among the others", () => {
  expect(nextScale(1, 1, SMALL)).toBe(1.5);
  expect(nextScale(4, 1, SMALL)).toBe(SMALL_FIT);
  expect(nextScale(SMALL_FIT, 1, SMALL)).toBe(6);
  expect(nextScale(SMALL_FIT, -1, SMALL)).toBe(4);
  expect(nextScale(1, -1, SMALL)).toBe(1);
});

test("a double click comes closer, however small the picture is", () => {
  expect(closeUpScale(LARGE)).toBe(1);
  expect(closeUpScale(SMALL)).toBe(2 * SMALL_FIT);
  const tiny = { ...SMALL, pane: { width: 128, height: 70 } };
  expect(closeUpScale(tiny)).toBe(2);
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
