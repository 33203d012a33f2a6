import { expect, test } from "vitest";
import { paletteSections } from "@/features/commands/palette-sections";
import { targetOf } from "@/features/commands/use-palette-choice";
import { command } from "./commands";

const COMMANDS = [
  command("generate", { title: "Generate", group: "New" }),
  command("cancel", { title: "Cancel", group: "New", isAvailable: false }),
  command("theme", { title: "Theme", group: "Studio" }),
  command("seed", { title: "Next seed", group: "New" }),
  command("palette", { title: "Search", group: "Studio" }),
];

function sections(query: string, recentIds: string[] = []) {
  return paletteSections(COMMANDS, { query, recentIds, recentTitle: "Recent" }).map(
    ({ title, commands }) => [title, ...commands.map(({ id }) => id)],
  );
}

test("groups stand in the order of their first command", () => {
  expect(sections("")).toEqual([
    ["New", "generate", "seed"],
    ["Studio", "theme", "palette"],
  ]);
});

test("recent ones come first and are not listed again", () => {
  expect(sections("", ["theme", "generate"])).toEqual([
    ["Recent", "theme", "generate"],
    ["New", "seed"],
    ["Studio", "palette"],
  ]);
});

test("what is not there or not available is not listed, recent or not", () => {
  expect(sections("", ["cancel", "gone"]).flat()).not.toContain("cancel");
  expect(sections("cancel")).toEqual([]);
});

test("the best hit is on top, whatever its group and however recent others are", () => {
  expect(sections("se", ["generate", "seed"])).toEqual([
    ["Studio", "palette"],
    ["New", "seed"],
  ]);
});

test.each([
  ["ArrowDown", 0, 1],
  ["ArrowDown", 4, 0],
  ["ArrowUp", 4, 3],
  ["ArrowUp", 0, 4],
  ["Home", 3, 0],
  ["End", 1, 4],
  ["x", 1, null],
])("%s on option %d of 5 goes to %s", (key, index, target) => {
  expect(targetOf(key, { index, last: 4 })).toBe(target);
});

test("in an empty list no key goes anywhere", () => {
  for (const key of ["ArrowDown", "ArrowUp", "Home", "End"]) {
    expect(targetOf(key, { index: 0, last: -1 })).toBe(0);
  }
});
