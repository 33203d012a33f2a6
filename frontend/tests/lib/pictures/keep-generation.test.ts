import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CompletedGeneration } from "@/lib/api/generated";

const IMAGE = {
  seed: 7,
  width: 128,
  height: 128,
  media_type: "image/png",
  sha256: "0",
} as const;

// What keeping does not look at is left out.
const GENERATION = {
  id: "gen_1",
  model: "scripted",
  created_at: "2026-11-23T12:00:00Z",
  parameters: { prompt: "a red bicycle", width: 128, height: 128 },
  images: [
    { ...IMAGE, index: 0, url: "/a" },
    { ...IMAGE, index: 1, seed: 8, url: "/b" },
  ],
  timings: { total_s: 2 },
} as unknown as CompletedGeneration;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", {});
  vi.resetModules();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function keepFrom(answers: Record<string, (string | null)[]>) {
  const { keepGeneration } = await import("@/lib/pictures/keep-generation");
  const library = await import("@/lib/pictures/library");
  const asked: string[] = [];
  const keeping = keepGeneration(GENERATION, async (url) => {
    asked.push(url);
    const body = answers[url]?.shift();
    if (!body) throw new TypeError("fetch failed");
    return new Blob([body]);
  });
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  return { ...(await keeping), asked, library };
}

test("each image is kept with its file and its own seed", async () => {
  const { kept, missed, library } = await keepFrom({ "/a": ["A"], "/b": ["B"] });
  expect(missed).toEqual([]);
  expect(kept.map(({ recipe }) => recipe.seed).sort()).toEqual([7, 8]);
  expect(library.useLibrary.getState().pictures).toHaveLength(2);
  expect(await (await library.fileOf("gen_1.1"))?.file.text()).toBe("B");
});

test("a fetch that fails once is repeated", async () => {
  const { missed, asked } = await keepFrom({ "/a": [null, "A"], "/b": ["B"] });
  expect(missed).toEqual([]);
  expect(asked).toEqual(["/a", "/b", "/a"]);
});

test("a file that cannot be had keeps nothing of its picture, and says which", async () => {
  const { kept, missed, library } = await keepFrom({ "/a": ["A"], "/b": [] });
  expect(kept.map(({ id }) => id)).toEqual(["gen_1.0"]);
  expect(missed.map(({ id }) => id)).toEqual(["gen_1.1"]);
  expect(library.useLibrary.getState().pictures).toHaveLength(1);
});
