import { expect, test } from "vitest";
import { linkWords } from "@/features/transfer/link-words";
import { readRecipeLink } from "@/lib/recipe/permalink";
import { en } from "@/lib/words/en";

test.each([
  ["#top", null],
  ["#prompt=x&v=1", en.transfer.link.taken],
  ["#prompt=x", en.transfer.link.older],
  ["#prompt=x&v=2", en.transfer.link.newer],
  ["#prompt=x&v=banana", en.transfer.link.unversioned],
  ["#v=1&seed=x", en.transfer.link.unreadable],
])("%s", (fragment, words) => {
  expect(linkWords(readRecipeLink(fragment), en)).toBe(words);
});

test("what was left out of a link is named, a size once", () => {
  const link = readRecipeLink("#prompt=x&seed=-1&width=1&height=1&v=1");
  expect(linkWords(link, en)).toBe(
    "The link is filled in, except what cannot be: Size and Seed.",
  );
});
