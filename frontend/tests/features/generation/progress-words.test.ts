import { describe, expect, test } from "vitest";
import type { GenerationView } from "@/features/generation/generation-view";
import {
  announcement,
  etaWords,
  placeWords,
} from "@/features/generation/progress-words";
import { en } from "@/lib/words/en";

test.each([
  [null, "estimating the time"],
  [0.2, "about a second left"],
  [1.6, "about 2 s left"],
  [41.7, "about 42 s left"],
  [59.4, "about 59 s left"],
  [60, "about a minute left"],
  [200, "about 3 min left"],
])("eta %d reads %s", (etaS, words) => {
  expect(etaWords(etaS, en)).toBe(words);
});

test("the first in the queue is next", () => {
  expect(placeWords(1, en)).toBe("Next in the queue");
  expect(placeWords(3, en)).toBe("Place 3 in the queue");
});

describe("announcement", () => {
  const plan = { prompt: "x", width: 64, height: 64, numImages: 1 };
  const known = { plan, id: "gen_1", numInferenceSteps: 30, etaS: null };

  test("speaks at most six times in thirty steps", () => {
    const views: GenerationView[] = [
      { status: "submitting", plan },
      { ...known, status: "queued", tiles: [], position: 1 },
      ...Array.from({ length: 30 }, (_, step) => ({
        ...known,
        status: "denoising" as const,
        tiles: [],
        step,
      })),
      { status: "decoding", plan, id: "gen_1", tiles: [] },
      { status: "cancelled", plan, tiles: [] },
    ];
    const spoken = views
      .map((view) => announcement(view, en))
      .filter((words, at, all) => words && words !== all[at - 1]);
    expect(spoken).toEqual([
      "Waiting in the queue.",
      "Painting has begun.",
      "25 percent painted.",
      "50 percent painted.",
      "75 percent painted.",
      "Cancelled.",
    ]);
  });
});
