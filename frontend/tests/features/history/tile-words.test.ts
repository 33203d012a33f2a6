import { expect, test } from "vitest";
import { sizeInWords } from "@/features/history/storage-use";
import { tileLabel, timeLeft } from "@/features/history/tile-words";
import { en } from "@/lib/words/en";
import { pictureOf } from "../../lib/pictures/pictures";

const HOUR_MS = 60 * 60 * 1000;
const NOW = Date.UTC(2026, 10, 23);

function label(part: Parameters<typeof pictureOf>[1]): string {
  return tileLabel(pictureOf("a", part), NOW, en.history, "en");
}

test("a picture is named by its prompt and what is special about it", () => {
  expect(label({})).toBe("a red bicycle");
  expect(label({ isFavourite: true })).toBe("a red bicycle, favourite");
  expect(label({ trashedAt: NOW })).toBe("a red bicycle, 30 days left");
  expect(label({ recipe: { prompt: " " } })).toBe("Picture without a prompt");
});

test("a long prompt is not read out in full", () => {
  const name = label({ recipe: { prompt: "word ".repeat(100) } });
  expect(name).toHaveLength(120);
  expect(name).toMatch(/…$/);
});

test.each([
  [null, null],
  [0, "30 days left"],
  [1, "30 days left"],
  [24, "29 days left"],
  [29 * 24, "1 day left"],
  [29 * 24 + 1, "less than a day left"],
  [40 * 24, "less than a day left"],
])("thrown away %s hours ago: %s", (hours, words) => {
  const trashedAt = hours === null ? null : NOW - hours * HOUR_MS;
  const picture = pictureOf("a", { trashedAt });
  expect(timeLeft(picture, NOW, en.history, "en")).toBe(words);
});

test.each([
  [0, "0 kB"],
  [1_500, "1.5 kB"],
  [999_700, "1 MB"],
  [12_345_678, "12 MB"],
  [2_000_000_000_000, "2,000 GB"],
])("%i bytes are %s", (bytes, words) => {
  expect(sizeInWords(bytes, "en")).toBe(words);
});
