import { expect, test } from "vitest";
import { commandOf } from "@/features/history/grid-keys";

const NO_MODIFIER = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

function kindOf(key: string, modifiers: Partial<typeof NO_MODIFIER> = {}) {
  return commandOf({ ...NO_MODIFIER, key, ...modifiers })?.kind;
}

test.each([
  ["Enter", "open"],
  [" ", "toggle"],
  ["Delete", "discard"],
  ["Backspace", "discard"],
  ["f", "favour"],
  ["r", "restore"],
  ["End", "move"],
])("%j means %s", (key, kind) => {
  expect(kindOf(key)).toBe(kind);
});

test("Shift selects on the way", () => {
  expect(commandOf({ ...NO_MODIFIER, key: "ArrowDown", shiftKey: true })).toEqual({
    kind: "move",
    move: "ArrowDown",
    isSelecting: true,
  });
});

test("what belongs to the browser is left to it", () => {
  expect(kindOf("Tab")).toBeUndefined();
  expect(kindOf("f", { ctrlKey: true })).toBeUndefined();
  expect(kindOf("r", { metaKey: true })).toBeUndefined();
  expect(kindOf("ArrowLeft", { altKey: true })).toBeUndefined();
  expect(kindOf("a")).toBeUndefined();
  expect(kindOf("a", { ctrlKey: true })).toBe("select_all");
  expect(kindOf("F", { shiftKey: true })).toBeUndefined();
});
