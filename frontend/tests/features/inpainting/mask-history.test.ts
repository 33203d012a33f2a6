import { expect, test } from "vitest";
import {
  type MaskHistory,
  NOTHING_DONE,
  type Operation,
  redo,
  undo,
  withOperation,
} from "@/features/inpainting/mask-history";

const STROKE: Operation = {
  kind: "stroke",
  tool: "brush",
  width: 12,
  points: [{ x: 1, y: 2 }],
};

function after(...operations: Operation[]): MaskHistory {
  return operations.reduce(withOperation, NOTHING_DONE);
}

test("what is undone last is redone first", () => {
  const both = after(STROKE, { kind: "invert" });
  const neither = undo(undo(both));
  expect(neither.done).toEqual([]);
  expect(redo(neither).done).toEqual([STROKE]);
  expect(redo(redo(neither))).toEqual(both);
});

test("something new ends the way back to what was undone", () => {
  const drawnAnew = withOperation(undo(after(STROKE)), { kind: "fill" });
  expect(drawnAnew).toEqual({ done: [{ kind: "fill" }], undone: [] });
  expect(redo(drawnAnew)).toBe(drawnAnew);
});

test("with nothing to undo or redo all stays as it is", () => {
  expect(undo(NOTHING_DONE)).toBe(NOTHING_DONE);
  expect(redo(after(STROKE))).toEqual(after(STROKE));
});
