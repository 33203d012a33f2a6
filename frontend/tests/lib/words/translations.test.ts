import { expect, test } from "vitest";
import { de } from "@/lib/words/de";
import { en } from "@/lib/words/en";

/** Each text with its path; `plural.one` may leave out a placeholder. */
function texts(tree: object, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([name, part]): [string, string][] =>
    typeof part === "string"
      ? [[`${path}${name}`, part]]
      : texts(part as object, `${path}${name}.`),
  );
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\w+\}/g)].map(([found]) => found).sort();
}

const translated = new Map(texts(de));

test("German has a text wherever English has one, and no other", () => {
  expect([...translated.keys()]).toEqual(texts(en).map(([path]) => path));
});

test.each(texts(en).filter(([path]) => !path.endsWith(".one")))(
  "%s has the same placeholders in German",
  (path, text) => {
    expect(placeholders(translated.get(path) ?? "")).toEqual(placeholders(text));
  },
);

test.each(texts(en))("%s is not left in English", (path, text) => {
  // Longer texts that are equal in both languages have been forgotten.
  if (text.split(" ").length > 3) expect(translated.get(path)).not.toBe(text);
});
