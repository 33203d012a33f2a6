import { expect, test } from "vitest";
import {
  EVERYTHING,
  type HistoryQuery,
  isNarrowed,
  readQuery,
  writeQuery,
} from "@/features/history/history-query";

test.each<[string, Partial<HistoryQuery>]>([
  ["", {}],
  ["?q=a+b%26c", { words: "a b&c" }],
  ["?favourites=1", { isFavourite: true }],
  [
    "?view=trash&q=x&model=a%2Fb&shape=tall&period=week",
    { view: "trash", words: "x", model: "a/b", shape: "tall", period: "week" },
  ],
])("%j is an address and back", (address, part) => {
  const query = { ...EVERYTHING, ...part };
  expect(writeQuery(query)).toBe(address);
  expect(readQuery(new URLSearchParams(address))).toEqual(query);
});

test("what is not understood counts as not asked for", () => {
  const address = new URLSearchParams("shape=round&period=ever&view=x&model=&z=1");
  expect(readQuery(address)).toEqual(EVERYTHING);
});

test("spaces alone search for nothing", () => {
  expect(isNarrowed({ ...EVERYTHING, words: "  " })).toBe(false);
  expect(isNarrowed({ ...EVERYTHING, view: "trash" })).toBe(false);
  expect(isNarrowed({ ...EVERYTHING, isFavourite: true })).toBe(true);
});
