import { expect, test } from "vitest";
import {
  isKeyOfControl,
  partOfKey,
  stepsOfKey,
  viewCommand,
} from "@/features/viewer/viewer-keys";

test("arrows move a picture only where there is more of it than is seen", () => {
  expect(viewCommand("ArrowRight", false)).toBeNull();
  const command = viewCommand("ArrowRight", true);
  expect(command).toMatchObject({ kind: "pan", by: { y: 0 } });
  expect(command?.kind === "pan" && command.by.x < 0).toBe(true);
});

test.each([
  ["+", { kind: "zoom", direction: 1 }],
  ["=", { kind: "zoom", direction: 1 }],
  ["-", { kind: "zoom", direction: -1 }],
  ["0", { kind: "fit" }],
  ["1", { kind: "actual_size" }],
  ["x", null],
])("%s is %o", (key, command) => {
  expect(viewCommand(key, true)).toEqual(command);
});

test.each([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["Home", Number.NEGATIVE_INFINITY],
  ["End", Number.POSITIVE_INFINITY],
  ["ArrowUp", null],
])("%s leads %s pictures on", (key, steps) => {
  expect(stepsOfKey(key)).toBe(steps);
});

test.each([
  ["a", "all"],
  ["P", "prompt"],
  ["s", "seed"],
  ["ArrowLeft", null],
])("%s takes over %s", (key, part) => {
  expect(partOfKey(key)).toBe(part);
});

test.each([
  [{ tagName: "TEXTAREA" }, "a", true],
  [{ tagName: "SELECT" }, "ArrowDown", true],
  [{ tagName: "INPUT", type: "text" }, "0", true],
  [{ tagName: "INPUT", type: "range" }, "ArrowLeft", true],
  [{ tagName: "INPUT", type: "range" }, "End", true],
  [{ tagName: "INPUT", type: "range" }, "+", false],
  [{ tagName: "INPUT", type: "radio" }, "ArrowLeft", true],
  [{ tagName: "INPUT", type: "checkbox" }, "ArrowLeft", false],
  [{ tagName: "BUTTON" }, "ArrowLeft", false],
  [{ tagName: "P", isContentEditable: true }, "a", true],
])("%o needs %s itself: %s", (control, key, expected) => {
  expect(isKeyOfControl(control, key)).toBe(expected);
});
