import { expect, test } from "vitest";
import { keyErrorWords } from "@/features/access/key-error-words";
import { en } from "@/lib/words/en";

const { errors } = en.access;

test.each([
  ["key_needed", errors.refused],
  ["busy", errors.tooMany],
  ["gateway_unreachable", errors.gatewayAway],
  ["studio_unreachable", errors.studioAway],
  ["offline", errors.offline],
  ["server_unreachable", errors.unexpected],
] as const)("after %s it says what a person can do", (kind, words) => {
  expect(keyErrorWords(kind, errors)).toBe(words);
});
