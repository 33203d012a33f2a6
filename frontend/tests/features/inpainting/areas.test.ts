import { expect, test } from "vitest";
import { AREAS, boxOf } from "@/features/inpainting/areas";

const SIZE = { width: 301, height: 200 };

test("two halves meet without a gap and without sharing a pixel", () => {
  const left = boxOf(AREAS.left, SIZE);
  const right = boxOf(AREAS.right, SIZE);
  expect(left.x).toBe(0);
  expect(left.x + left.width).toBe(right.x);
  expect(right.x + right.width).toBe(301);
});

test("what reaches beyond the image is cut off", () => {
  expect(boxOf({ x: 80, y: -10, width: 50, height: 60 }, SIZE)).toEqual({
    x: 241,
    y: 0,
    width: 60,
    height: 100,
  });
  expect(boxOf({ x: 120, y: 0, width: 10, height: 10 }, SIZE).width).toBe(0);
});
