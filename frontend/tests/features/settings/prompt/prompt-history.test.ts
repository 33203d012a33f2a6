import { describe, expect, test } from "vitest";
import {
  stepThrough,
  type Walk,
  withNewest,
} from "@/features/settings/prompt/prompt-history";

describe("withNewest", () => {
  test("puts the newest first, and no prompt twice", () => {
    expect(withNewest(["b", "a"], " c ")).toEqual(["c", "b", "a"]);
    expect(withNewest(["b", "a"], "a")).toEqual(["a", "b"]);
    expect(withNewest(["b"], "  ")).toEqual(["b"]);
  });

  test("keeps fifty", () => {
    const many = Array.from({ length: 50 }, (_, index) => `prompt ${index}`);
    const kept = withNewest(many, "newest");
    expect(kept).toHaveLength(50);
    expect(kept.at(-1)).toBe("prompt 48");
  });
});

describe("stepThrough", () => {
  const earlier = ["newest", "oldest"];
  const start: Walk = { place: 0, draft: "" };

  test("goes back to the oldest and forth to the draft again", () => {
    const first = stepThrough(earlier, start, "draft", 1);
    expect(first).toEqual({ place: 1, draft: "draft", prompt: "newest" });
    const second = first && stepThrough(earlier, first, first.prompt, 1);
    expect(second).toEqual({ place: 2, draft: "draft", prompt: "oldest" });
    expect(second && stepThrough(earlier, second, second.prompt, 1)).toBeNull();
    const back = second && stepThrough(earlier, second, second.prompt, -1);
    expect(back?.prompt).toBe("newest");
    expect(back && stepThrough(earlier, back, back.prompt, -1)).toEqual({
      place: 0,
      draft: "draft",
      prompt: "draft",
    });
  });

  test("has nothing after the draft", () => {
    expect(stepThrough(earlier, start, "draft", -1)).toBeNull();
  });

  test("an earlier prompt that was changed is the draft from then on", () => {
    const walk: Walk = { place: 2, draft: "draft" };
    expect(stepThrough(earlier, walk, "oldest, changed", 1)).toEqual({
      place: 1,
      draft: "oldest, changed",
      prompt: "newest",
    });
  });
});
