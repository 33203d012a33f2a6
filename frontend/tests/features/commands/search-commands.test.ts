import { expect, test } from "vitest";
import { searchCommands } from "@/features/commands/search-commands";
import { command } from "./commands";

const COMMANDS = [
  command("status", { title: "Go to the status", keywords: "health servers" }),
  command("download", { title: "Download this picture", keywords: "save file" }),
  command("next", { title: "Next picture" }),
  command("link", { title: "Copy a link to this picture’s settings" }),
  command("picture", { title: "Picture this" }),
  command("restore", { title: "Einstellungen übernehmen" }),
];

function found(query: string): string[] {
  return searchCommands(COMMANDS, query).map(({ id }) => id);
}

test("nothing typed finds all, in their order", () => {
  expect(found("  ")).toEqual(COMMANDS.map(({ id }) => id));
});

test("a beginning of the title comes before one of a word, and that before the inside", () => {
  expect(found("picture")).toEqual(["picture", "download", "next", "link"]);
  expect(found("own")).toEqual(["download"]);
  expect(
    searchCommands(
      [
        command("a", { title: "Reload" }),
        command("b", { title: "Do load" }),
        command("c", { title: "Load" }),
      ],
      "load",
    ).map(({ id }) => id),
  ).toEqual(["c", "b", "a"]);
});

test("all words have to occur, in any order", () => {
  expect(found("settings copy")).toEqual(["link"]);
  expect(found("settings download")).toEqual([]);
});

test("case and accents do not matter", () => {
  expect(found("UBERNEHMEN")).toEqual(["restore"]);
  expect(found("ÜBER")).toEqual(["restore"]);
});

test("other words for it find it, too, but last", () => {
  expect(found("save")).toEqual(["download"]);
  expect(found("health")).toEqual(["status"]);
  expect(
    searchCommands(
      [
        command("a", { title: "Download", keywords: "save" }),
        command("b", { title: "Do not save" }),
      ],
      "save",
    ).map(({ id }) => id),
  ).toEqual(["b", "a"]);
});

test("signs between the words are no part of them", () => {
  expect(found("copy, link!")).toEqual(["link"]);
});
