import { expect, test } from "vitest";
import { readTokenCount } from "@/features/settings/use-token-count";

const PROMPT = "🚲 a red bicycle leans on a wall";

test("a count is read, and what is no count is none", () => {
  expect(
    readTokenCount({ tokens: 12, max_prompt_tokens: 77, is_cut: false }, PROMPT),
  ).toEqual({ tokens: 12, limit: 77, isCut: false, lastWords: null });
  expect(readTokenCount({ tokens: 12, max_prompt_tokens: null }, PROMPT)).toBeNull();
  expect(readTokenCount({ detail: "no" }, PROMPT)).toBeNull();
  expect(readTokenCount(null, PROMPT)).toBeNull();
});

test("of a prompt that is cut, the last words that are read are told", () => {
  const cut = { tokens: 9, max_prompt_tokens: 7, is_cut: true };
  // Counted in code points: the bicycle is one of them.
  expect(readTokenCount({ ...cut, used_characters: 15 }, PROMPT)?.lastWords).toBe(
    "a red bicycle",
  );
  expect(readTokenCount({ ...cut, used_characters: null }, PROMPT)).toMatchObject({
    isCut: true,
    lastWords: null,
  });
  expect(readTokenCount({ ...cut, used_characters: 0 }, PROMPT)?.lastWords).toBeNull();
});
