import { expect, test } from "vitest";
import {
  allSelected,
  NOTHING_SELECTED,
  ranged,
  selecting,
  toggled,
} from "@/features/history/selection";

const ORDER = ["a", "b", "c", "d", "e"];

test("choosing a picture switches the selection on; choosing it again leaves it on", () => {
  const once = toggled(NOTHING_SELECTED, "b");
  expect(once).toEqual({ isOn: true, ids: new Set(["b"]), anchor: "b" });
  expect(toggled(once, "b")).toMatchObject({ isOn: true, ids: new Set() });
});

test("a range goes from what was chosen last, in either direction", () => {
  const anchored = toggled(toggled(selecting(), "e"), "c");
  expect([...ranged(anchored, ORDER, "e", null).ids]).toEqual(["c", "d", "e"]);
  expect([...ranged(anchored, ORDER, "a", null).ids]).toEqual(["a", "b", "c"]);
});

test("a range that grows and shrinks again keeps its anchor", () => {
  const grown = ranged(toggled(selecting(), "b"), ORDER, "d", null);
  expect([...ranged(grown, ORDER, "c", "d").ids]).toEqual(["b", "c"]);
});

test("without an anchor on the screen a range begins where the focus was", () => {
  const elsewhere = toggled(selecting(), "filtered out");
  expect([...ranged(elsewhere, ORDER, "c", "b").ids]).toEqual(["b", "c"]);
  expect([...ranged(selecting(), ORDER, "c", null).ids]).toEqual(["c"]);
});

test("all means all that are shown", () => {
  expect([...allSelected(ORDER).ids]).toEqual(ORDER);
});
