import { expect, test } from "vitest";
import { type WordRun, wordDifference } from "@/features/viewer/word-difference";

/** `[-removed-]` and `{+added+}`, as `git diff --word-diff` writes them. */
function marked(before: string, after: string, language = "en"): string {
  const marks: Record<WordRun["kind"], [string, string]> = {
    same: ["", ""],
    removed: ["[-", "-]"],
    added: ["{+", "+}"],
  };
  return wordDifference(before, after, language)
    .map(({ kind, text }) => marks[kind].join(text))
    .join("");
}

test.each([
  ["a red fox", "a red fox", "a red fox"],
  ["a red fox", "a blue fox", "a [-red -]{+blue +}fox"],
  ["a red fox", "a fox", "a [-red -]fox"],
  ["a fox", "a fox, snow", "a fox{+, snow+}"],
  ["", "a fox", "{+a fox+}"],
  ["a fox", "", "[-a fox-]"],
  ["", "", ""],
  ["fox fox", "fox", "fox [-fox-]"],
  ["Fox", "fox", "[-Fox-]{+fox+}"],
])("from %o to %o", (before, after, expected) => {
  expect(marked(before, after)).toBe(expected);
});

test("a word is found again where another has moved before it", () => {
  expect(marked("fox in snow at dawn", "at dawn fox in snow")).toBe(
    "{+at dawn +}fox in snow [-at dawn-]",
  );
});

test("a comma that stays between two changes breaks nothing up", () => {
  expect(marked("ink, soft light, fox", "oil, hard light, fox")).toBe(
    "[-ink, soft -]{+oil, hard +}light, fox",
  );
});

test("other spaces are no difference", () => {
  expect(wordDifference("a  red fox", "a red\nfox", "en")).toHaveLength(1);
});

test("words are found where none are spaced", () => {
  expect(marked("赤い狐と雪", "青い狐と雪", "ja")).toBe("[-赤い-]{+青い+}狐と雪");
});

test("both texts can be read off the marks", () => {
  const before = "A castle, tall towers, at night, stars; oil on canvas (detailed)";
  const after = "A tall castle at night, many stars; ink (very detailed), 4k";
  const runs = wordDifference(before, after, "en");
  const read = (kinds: WordRun["kind"][]) =>
    runs
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ text }) => text)
      .join("");
  expect(read(["same", "added"])).toBe(after);
  expect(read(["same", "removed"]).replace(/\s/g, "")).toBe(before.replace(/\s/g, ""));
});

test("texts too long to compare word by word are replaced in one piece", () => {
  const long = (word: string) =>
    Array.from({ length: 1200 }, (_, index) => `${word}${index}`).join(" ");
  const runs = wordDifference(`start ${long("a")} end`, `start ${long("b")} end`, "en");
  expect(runs.map(({ kind }) => kind)).toEqual(["same", "removed", "added", "same"]);
});
