import { expect, test } from "vitest";
import { byteWords } from "@/features/preferences/byte-words";

test.each([
  [0, "0 kB"],
  [999, "1 kB"],
  [1_500, "1.5 kB"],
  [42_400_000, "42 MB"],
  [6_250_000_000, "6.3 GB"],
  [3e16, "30,000 TB"],
])("%d bytes are %s", (bytes, words) => {
  expect(byteWords(bytes, "en")).toBe(words);
});

test("each language writes numbers its own way", () => {
  expect(byteWords(1_500_000, "de")).toBe("1,5 MB");
});
