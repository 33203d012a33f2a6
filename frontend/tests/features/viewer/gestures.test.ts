import { beforeEach, expect, test } from "vitest";
import { GestureReader } from "@/features/viewer/gestures";

const ORIGIN = { x: 0, y: 0 };
let reader: GestureReader;

beforeEach(() => {
  reader = new GestureReader();
});

test("one finger drags by as much as it moves", () => {
  reader.down(1, ORIGIN);
  expect(reader.move(1, { x: 5, y: 2 })).toEqual({ kind: "pan", by: { x: 5, y: 2 } });
  expect(reader.move(1, { x: 4, y: 2 })).toEqual({ kind: "pan", by: { x: -1, y: 0 } });
});

test("a pointer that is not down means nothing", () => {
  expect(reader.move(1, ORIGIN)).toBeNull();
  expect(reader.up(1, 0)).toBeNull();
});

test("two fingers that part enlarge what lies between them", () => {
  reader.down(1, { x: -50, y: 0 });
  reader.down(2, { x: 50, y: 0 });
  expect(reader.move(2, { x: 150, y: 0 })).toEqual({
    kind: "pinch",
    factor: 2,
    at: { x: 50, y: 0 },
    by: { x: 50, y: 0 },
  });
});

test.each([
  [{ x: -80, y: 10 }, -1],
  [{ x: 80, y: -10 }, 1],
])("to the side and off is a swipe: %o", (to, direction) => {
  reader.down(1, ORIGIN);
  reader.move(1, to);
  expect(reader.up(1, 100)).toEqual({ kind: "swipe", direction });
});

test.each([
  ["too short", { x: 40, y: 0 }],
  ["downwards", { x: 60, y: 90 }],
])("a way that is %s is no swipe", (_, to) => {
  reader.down(1, ORIGIN);
  reader.move(1, to);
  expect(reader.up(1, 100)).toBeNull();
});

test("the fingers of a pinch swipe nothing when they leave", () => {
  reader.down(1, ORIGIN);
  reader.down(2, { x: 50, y: 0 });
  reader.move(2, { x: 200, y: 0 });
  expect(reader.up(2, 100)).toBeNull();
  reader.move(1, { x: 90, y: 0 });
  expect(reader.up(1, 120)).toBeNull();
});

function tap(at: { x: number; y: number }, timeMs: number) {
  reader.down(1, at);
  return reader.up(1, timeMs);
}

test("two quick taps at one place are a double tap, a third begins anew", () => {
  expect(tap(ORIGIN, 0)).toBeNull();
  expect(tap({ x: 4, y: 4 }, 200)).toEqual({
    kind: "double_tap",
    at: { x: 4, y: 4 },
  });
  expect(tap(ORIGIN, 300)).toBeNull();
});

test("slow taps, far taps and a drag between them are no double tap", () => {
  tap(ORIGIN, 0);
  expect(tap(ORIGIN, 400)).toBeNull();
  expect(tap({ x: 40, y: 0 }, 500)).toBeNull();
  reader.down(1, ORIGIN);
  reader.move(1, { x: 30, y: 30 });
  reader.up(1, 550);
  expect(tap(ORIGIN, 600)).toBeNull();
});

test("a finger that the browser takes over is forgotten", () => {
  reader.down(1, ORIGIN);
  reader.cancel(1);
  expect(reader.move(1, { x: 9, y: 9 })).toBeNull();
});
