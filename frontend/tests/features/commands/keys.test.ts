import { describe, expect, test } from "vitest";
import { keyNames } from "@/features/commands/key-names";
import {
  chordsOf,
  isModifier,
  isPressed,
  isSingleKey,
  type Press,
} from "@/features/commands/keys";
import { en } from "@/lib/words/en";
import { press } from "./presses";

function asks(keys: string, pressed: Press, isApple = false): boolean {
  const [chord] = chordsOf(keys);
  return chord !== undefined && isPressed(chord, pressed, isApple);
}

describe("mod", () => {
  test("is Ctrl, and Command on Apple's machines", () => {
    expect(asks("mod+k", press("k", { ctrlKey: true }))).toBe(true);
    expect(asks("mod+k", press("k", { metaKey: true }))).toBe(false);
    expect(asks("mod+k", press("k", { metaKey: true }), true)).toBe(true);
    expect(asks("mod+k", press("k", { ctrlKey: true }), true)).toBe(false);
  });

  test("goes with no further modifier", () => {
    const all = { ctrlKey: true, metaKey: true };
    expect(asks("mod+k", press("k", all))).toBe(false);
    expect(asks("mod+k", press("k", { ctrlKey: true, altKey: true }))).toBe(false);
    expect(asks("mod+k", press("k", { ctrlKey: true, shiftKey: true }))).toBe(false);
  });
});

test.each(["ctrlKey", "metaKey", "altKey", "shiftKey"] as const)(
  "a letter is not meant with %s",
  (modifier) => {
    expect(asks("r", press("r"))).toBe(true);
    expect(asks("r", press("r", { [modifier]: true }))).toBe(false);
  },
);

test("a letter is the same under Caps Lock", () => {
  expect(asks("r", press("R"))).toBe(true);
});

test("signs need Shift on some keyboards and not on others", () => {
  expect(asks("?", press("?", { shiftKey: true }))).toBe(true);
  expect(asks("/", press("/", { shiftKey: true }))).toBe(true);
  expect(asks("/", press("/"))).toBe(true);
});

test("letters of another script count by their place", () => {
  expect(asks("k", press("л", { code: "KeyK" }))).toBe(true);
  expect(asks("k", press("ö", { code: "Semicolon" }))).toBe(false);
  // Where Latin letters have moved, it is the letter that counts.
  expect(asks("z", press("z", { code: "KeyY" }))).toBe(true);
  expect(asks("y", press("z", { code: "KeyY" }))).toBe(false);
});

test("the key that Apple calls delete deletes", () => {
  expect(asks("delete", press("Backspace"))).toBe(true);
  expect(asks("delete", press("Delete"))).toBe(true);
});

test("single keys are told from those with Ctrl", () => {
  expect(["r", "g h", "?", "delete"].every(isSingleKey)).toBe(true);
  expect(["mod+k", "mod+,", "mod+enter"].some(isSingleKey)).toBe(false);
});

test("a modifier alone is no press", () => {
  expect(isModifier({ key: "Shift" })).toBe(true);
  expect(isModifier({ key: "s" })).toBe(false);
});

test("keys are named as they are printed", () => {
  const words = en.commands.keyNames;
  expect(keyNames("mod+k", false, words)).toEqual([["Ctrl", "K"]]);
  expect(keyNames("mod+k", true, words)).toEqual([["⌘", "K"]]);
  expect(keyNames("mod+enter", false, words)).toEqual([["Ctrl", "Enter"]]);
  expect(keyNames("g h", false, words)).toEqual([["G"], ["H"]]);
  expect(keyNames("shift+d", false, words)).toEqual([["Shift", "D"]]);
  expect(keyNames("?", false, words)).toEqual([["?"]]);
});
