import { expect, test } from "vitest";
import { readTokenCount } from "@/features/settings/use-token-count";

test("a count is read, and what is no count is none", () => {
  expect(readTokenCount({ tokens: 12, max_prompt_tokens: 77, is_cut: false })).toEqual({
    tokens: 12,
    limit: 77,
    isCut: false,
  });
  expect(readTokenCount({ tokens: 90, max_prompt_tokens: 77 })?.isCut).toBe(true);
  expect(readTokenCount({ tokens: 12, max_prompt_tokens: null })).toBeNull();
  expect(readTokenCount({ detail: "no" })).toBeNull();
  expect(readTokenCount(null)).toBeNull();
});
