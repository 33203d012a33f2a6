import { expect, test } from "vitest";
import { durationWords, numberWords, percentWords } from "@/features/status/numbers";

test.each([
  [0, "en", "0 s"],
  [0.042, "en", "0.04 s"],
  [4.24, "en", "4.2 s"],
  [42.4, "en", "42 s"],
  [300, "en", "5 min"],
  [4.24, "de", "4,2 s"],
])("%d seconds in %s: %s", (seconds, language, words) => {
  expect(durationWords(seconds, language)).toBe(words.replace(" ", "\u00a0"));
});

test("numbers show the digits that matter", () => {
  expect(numberWords(3.456, "en")).toBe("3.5");
  expect(numberWords(3456.7, "de")).toBe("3.457");
  expect(percentWords(0.0234, "en")).toBe("2.3%");
  expect(percentWords(0.25, "en")).toBe("25%");
});
