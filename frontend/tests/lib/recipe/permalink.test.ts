import { expect, test } from "vitest";
import { readRecipeLink, recipeLink } from "@/lib/recipe/permalink";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";

const ORIGIN = "https://easel.example";

const FULL: Recipe = {
  prompt: "a red fox, 90 % snow & ice #1",
  negativePrompt: "fog\nrain",
  model: "org/model:v2",
  width: 512,
  height: 768,
  numInferenceSteps: 16,
  guidanceScale: 7.5,
  seed: 2 ** 32 - 1,
  numImages: 4,
  sampler: "dpmpp_2m",
  loras: [
    { id: "ink", scale: 0.8 },
    { id: "a:b", scale: -1 },
  ],
  strength: 0.6,
};

function fragmentOf(recipe: Recipe): string {
  return new URL(recipeLink(recipe, ORIGIN)).hash;
}

function read(fragment: string) {
  const link = readRecipeLink(fragment);
  if (link.kind !== "recipe") throw new Error(`no recipe but ${link.kind}`);
  return link;
}

test("a recipe comes back as it was", () => {
  expect(readRecipeLink(fragmentOf(FULL))).toEqual({
    kind: "recipe",
    recipe: FULL,
    notice: null,
    refused: [],
  });
});

test("a link holds what differs from an empty recipe, in the fragment, readably", () => {
  const recipe = { ...EMPTY_RECIPE, prompt: "a cat.", seed: 7 };
  expect(recipeLink(recipe, ORIGIN)).toBe(`${ORIGIN}/#prompt=a+cat.&seed=7&v=1`);
  expect(recipeLink(EMPTY_RECIPE, ORIGIN)).toBe(`${ORIGIN}/`);
});

/** A small generator of its own, so that a failure comes again. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

test("prompts of any Unicode come back as they were", () => {
  const random = numbers(1);
  for (let round = 0; round < 300; round++) {
    const length = 1 + (random.next().value % 40);
    const points = Array.from({ length }, () => {
      const point = random.next().value % 0x110000;
      // Surrogates alone are no characters.
      return point >= 0xd800 && point <= 0xdfff ? 0x1f98a : point;
    });
    const prompt = String.fromCodePoint(...points);
    const recipe = { ...EMPTY_RECIPE, prompt, negativePrompt: prompt };
    expect(read(fragmentOf(recipe)).recipe).toEqual(recipe);
  }
});

test.each([..."&=#+%?/ \t\n\0:;,'\"<>\\熊", "🦊", "e\u0301", "\u202e"])(
  "%j survives in a prompt and in a name",
  (character) => {
    const text = `a${character}b`;
    const recipe = {
      ...EMPTY_RECIPE,
      prompt: text,
      model: text,
      loras: [{ id: text, scale: 1 }],
    };
    expect(read(fragmentOf(recipe)).recipe).toEqual(recipe);
  },
);

test("the longest prompts fit", () => {
  const recipe = {
    ...EMPTY_RECIPE,
    prompt: "🦊".repeat(4_000),
    negativePrompt: "熊".repeat(4_000),
  };
  expect(read(fragmentOf(recipe))).toMatchObject({ recipe, notice: null });
});

test("a longer prompt is cut, and the link says so", () => {
  const link = read(`#prompt=${"a".repeat(4_001)}&v=1`);
  expect(link.recipe.prompt).toBe("a".repeat(4_000));
  expect(link).toMatchObject({ notice: "partly", refused: ["prompt"] });
});

test.each([
  ["seed", "-1"],
  ["seed", "4294967296"],
  ["seed", "1.5"],
  ["seed", "0x10"],
  ["seed", "Infinity"],
  ["num_inference_steps", "0"],
  ["num_inference_steps", "201"],
  ["guidance_scale", "30.5"],
  ["guidance_scale", "NaN"],
  ["num_images", "5"],
  ["strength", "0"],
  ["strength", "1.01"],
  ["model", "m".repeat(201)],
  ["sampler", "s".repeat(65)],
  ["lora", "ink:5"],
  ["lora", ":1"],
])("%s=%s is left at its default", (name, value) => {
  const link = read(`#prompt=a+cat&${name}=${value}&v=1`);
  expect(link.recipe).toEqual({ ...EMPTY_RECIPE, prompt: "a cat" });
  expect(link.notice).toBe("partly");
  expect(link.refused).toHaveLength(1);
});

test.each([
  ["seed", "0", { seed: 0 }],
  ["seed", "4294967295", { seed: 4294967295 }],
  ["guidance_scale", "0", { guidanceScale: 0 }],
  ["strength", "1", { strength: 1 }],
  ["lora", "ink", { loras: [{ id: "ink", scale: 1 }] }],
])("%s=%s is within its limits", (name, value, part) => {
  const link = read(`#${name}=${value}&v=1`);
  expect(link).toMatchObject({ recipe: part, notice: null });
});

test("nine adapters are none", () => {
  const link = read(`#prompt=x&v=1${"&lora=ink:1".repeat(9)}`);
  expect(link).toMatchObject({ recipe: { loras: [] }, refused: ["loras"] });
});

test.each(["width=512", "height=512", "width=512&height=31", "width=4097&height=512"])(
  "of %s no half is taken",
  (size) => {
    const link = read(`#prompt=x&${size}&v=1`);
    expect(link.recipe).toMatchObject({ width: null, height: null });
    expect(link.refused.length).toBeGreaterThan(0);
  },
);

test("a link without a version is an older one, and its names are understood", () => {
  expect(read("#prompt=a+cat&steps=20&guidance=5&negative=fog&n=2")).toMatchObject({
    notice: "older",
    recipe: {
      prompt: "a cat",
      numInferenceSteps: 20,
      guidanceScale: 5,
      negativePrompt: "fog",
      numImages: 2,
    },
  });
});

test("a newer link gives what is understood", () => {
  const link = read("#prompt=a+cat&seed=7&mood=calm&v=99");
  expect(link).toMatchObject({ notice: "newer", recipe: { prompt: "a cat", seed: 7 } });
});

test("a version that is none costs nothing but a notice", () => {
  expect(read("#prompt=a+cat&v=banana")).toMatchObject({
    notice: "partly",
    recipe: { prompt: "a cat" },
  });
});

test.each(["", "#", "#top", "#/history", "#toString=1", "#%", "#__proto__=1"])(
  "%j is no link of ours",
  (fragment) => {
    expect(readRecipeLink(fragment)).toEqual({ kind: "none" });
  },
);

test.each([
  "#v=1",
  "#v=%%%",
  "#seed=banana&v=1",
  `#prompt=${"a".repeat(200_000)}`,
  "#v=999999999999999999999",
])("%.30s says nothing that can be used", (fragment) => {
  expect(readRecipeLink(fragment)).toEqual({ kind: "unreadable" });
});

test("broken percent signs and bytes do no harm", () => {
  expect(read("#prompt=100%+%ff+%zz&v=1").recipe.prompt).toBe("100% \ufffd %zz");
});
