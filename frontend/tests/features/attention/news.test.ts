import { describe, expect, test } from "vitest";
import { markedIcon } from "@/features/attention/favicon";
import { excerpt, titleOf } from "@/features/attention/news";
import { de } from "@/lib/words/de";
import { en } from "@/lib/words/en";
import type { Words } from "@/lib/words/words";

const QUIET = { page: "Easel", running: 0, progress: null, news: null };

function title(part: Partial<Parameters<typeof titleOf>[0]>): string {
  return titleOf({ ...QUIET, ...part }, en.preferences.news, "en");
}

describe("the title", () => {
  test("is the page's own while nothing happens", () => {
    expect(title({})).toBe("Easel");
  });

  test("says how far one is, and how many there are if there are several", () => {
    expect(title({ running: 1, progress: 0.452 })).toBe("45% – Easel");
    expect(title({ running: 2, progress: 0.452 })).toBe("(2) 45% – Easel");
  });

  test("does not guess what is not known", () => {
    expect(title({ running: 1 })).toBe("… – Easel");
  });

  test.each([
    [1, "99% – Easel"],
    [1.2, "99% – Easel"],
    [-0.1, "0% – Easel"],
    [0.29, "29% – Easel"],
  ])("a progress of %d reads %s", (progress, words) => {
    expect(title({ running: 1, progress })).toBe(words);
  });

  test("gives news before all else", () => {
    expect(title({ running: 1, progress: 0.5, news: "done" })).toBe("✓ Done – Easel");
    expect(title({ news: "failed", page: "History – Easel" })).toBe(
      "✗ Failed – History – Easel",
    );
  });

  test("speaks the person's language", () => {
    // The same placeholders, which another test holds it to.
    const words = de.preferences.news as unknown as Words["preferences"]["news"];
    const running = { ...QUIET, running: 2, progress: 0.45 };
    expect(titleOf(running, words, "de")).toBe("(2) 45\u00a0% – Easel");
    expect(titleOf({ ...QUIET, news: "done" }, words, "de")).toBe("✓ Fertig – Easel");
  });
});

describe("an excerpt", () => {
  test("is a short prompt as it is, on one line", () => {
    expect(excerpt("  a red\n\nbicycle ")).toBe("a red bicycle");
    expect(excerpt("x".repeat(80))).toBe("x".repeat(80));
  });

  test("is 80 characters of a long one, none of them cut in two", () => {
    expect([...excerpt("🎨".repeat(200))]).toHaveLength(80);
    expect(excerpt("🎨".repeat(200)).endsWith("🎨…")).toBe(true);
  });
});

test("the marked icons are pictures of their own that differ in shape", () => {
  const [done, failed] = [markedIcon("done"), markedIcon("failed")].map(
    decodeURIComponent,
  );
  expect(done).toMatch(/^data:image\/svg\+xml,<svg .*<circle .*<\/svg>$/);
  expect(failed).not.toContain("<circle");
});
