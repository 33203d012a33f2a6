import { expect, test, vi } from "vitest";
import { CATALOGUE, commandsFor } from "@/features/commands/catalogue";
import { de } from "@/lib/words/de";
import { en } from "@/lib/words/en";

const KEYS = Object.values(CATALOGUE).flatMap(({ keys }) => keys ?? []);

test("no two commands have the same keys", () => {
  expect(KEYS).toEqual([...new Set(KEYS)]);
});

test("no key is the beginning of a sequence, which would wait for more", () => {
  for (const sequence of KEYS.filter((keys) => keys.includes(" "))) {
    expect(KEYS).not.toContain(sequence.split(" ")[0]);
  }
});

test("every command has a title of its own in each language", () => {
  for (const { titles } of [en.commands, de.commands]) {
    const all = Object.values(titles);
    expect(all).toEqual([...new Set(all)]);
    expect(Object.keys(titles).sort()).toEqual(Object.keys(CATALOGUE).sort());
  }
});

test("commands are listed as the catalogue does, with what they do", () => {
  const run = vi.fn();
  const commands = commandsFor({ changeTheme: run, generate: run }, en.commands);
  expect(
    commands.map(({ id, title, group, keys }) => [id, title, group, keys]),
  ).toEqual([
    ["generate", "Generate", "New picture", "mod+enter"],
    ["changeTheme", "Change the theme", "Studio", "t"],
  ]);
  commands[0]?.run();
  expect(run).toHaveBeenCalledOnce();
});

test("what would do nothing now is known but not available", () => {
  const [cancel] = commandsFor({ cancel: null }, en.commands);
  expect(cancel).toMatchObject({ id: "cancel", isAvailable: false });
});
