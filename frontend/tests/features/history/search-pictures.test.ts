import { expect, test } from "vitest";
import { EVERYTHING, type HistoryQuery } from "@/features/history/history-query";
import {
  folded,
  modelsOf,
  searchPictures,
  shapeOf,
} from "@/features/history/search-pictures";
import { pictureOf } from "../../lib/pictures/pictures";

const NOW = new Date(2026, 10, 23, 15).getTime();

const PICTURES = [
  pictureOf("today", {
    createdAt: new Date(2026, 10, 23, 0, 1).getTime(),
    recipe: { prompt: "A Café in the STRASSE", model: "flux", seed: 4711 },
  }),
  pictureOf("yesterday", {
    createdAt: new Date(2026, 10, 22, 23, 59).getTime(),
    isFavourite: true,
    width: 768,
    height: 512,
    recipe: { prompt: "a red bicycle", negativePrompt: "blur, noise", model: "sd" },
  }),
  pictureOf("a week ago", {
    createdAt: new Date(2026, 10, 17, 0, 1).getTime(),
    width: 512,
    height: 768,
    recipe: { prompt: "Straße bei Nacht", model: "sd" },
  }),
  pictureOf("long ago", {
    createdAt: new Date(2026, 0, 1).getTime(),
    recipe: { prompt: "a red boat", model: null },
  }),
  pictureOf("thrown away", {
    createdAt: new Date(2026, 10, 23).getTime(),
    trashedAt: NOW,
    recipe: { prompt: "a red mistake" },
  }),
];

function found(query: Partial<HistoryQuery>): string[] {
  return searchPictures(PICTURES, { ...EVERYTHING, ...query }, NOW).map(({ id }) => id);
}

test("everything is all that is not in the trash", () => {
  expect(found({})).toEqual(["today", "yesterday", "a week ago", "long ago"]);
  expect(found({ view: "trash" })).toEqual(["thrown away"]);
});

test.each([
  ["red", ["yesterday", "long ago"]],
  ["  RED   bicycle ", ["yesterday"]],
  ["bicycle red", ["yesterday"]],
  ["red nothing", []],
  ["cafe", ["today"]],
  ["café", ["today"]],
  ["straße", ["today", "a week ago"]],
  ["noise", ["yesterday"]],
  ["flux", ["today"]],
  ["4711", ["today"]],
  ["768x512", ["yesterday"]],
  ["512 × 768", ["yesterday", "a week ago"]],
])("the words %j find %j", (words, ids) => {
  expect(found({ words })).toEqual(ids);
});

test.each<[Partial<HistoryQuery>, string[]]>([
  [{ isFavourite: true }, ["yesterday"]],
  [{ model: "sd" }, ["yesterday", "a week ago"]],
  [{ shape: "square" }, ["today", "long ago"]],
  [{ shape: "wide" }, ["yesterday"]],
  [{ shape: "tall" }, ["a week ago"]],
  [{ period: "today" }, ["today"]],
  [{ period: "week" }, ["today", "yesterday", "a week ago"]],
  [{ period: "month" }, ["today", "yesterday", "a week ago"]],
  [{ model: "sd", shape: "tall", words: "nacht" }, ["a week ago"]],
  [{ model: "sd", shape: "square" }, []],
])("%o finds %j", (query, ids) => {
  expect(found(query)).toEqual(ids);
});

test("a changed star does not need the text anew, a changed recipe does", () => {
  const [first] = PICTURES;
  if (!first) throw new Error("no picture");
  const starred = { ...first, isFavourite: true };
  const other = { ...first, recipe: { ...first.recipe, prompt: "a whale" } };
  const query = { ...EVERYTHING, words: "whale" };
  expect(searchPictures([starred], query, NOW)).toEqual([]);
  expect(searchPictures([other], query, NOW)).toEqual([other]);
});

test("folding leaves other scripts as they are", () => {
  expect(folded("ÅÉÎ ß 自行车")).toBe("aei ss 自行车");
});

test("a few pixels do not make a square wide", () => {
  expect(shapeOf({ width: 1024, height: 1000 })).toBe("square");
  expect(shapeOf({ width: 1024, height: 960 })).toBe("wide");
});

test("each model is named once", () => {
  expect(modelsOf(PICTURES)).toEqual(["flux", "sd"]);
});
