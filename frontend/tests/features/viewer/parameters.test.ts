import { expect, test } from "vitest";
import {
  differingParameters,
  parameterRows,
  shownValue,
} from "@/features/viewer/parameters";
import type { Picture } from "@/lib/pictures/picture";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";
import { de } from "@/lib/words/de";
import { en } from "@/lib/words/en";
import type { Words } from "@/lib/words/words";

// Other sentences with the same placeholders, as `requestWords` has it.
const GERMAN = de as unknown as Words;

const RECIPE: Recipe = {
  ...EMPTY_RECIPE,
  prompt: "a red fox",
  model: "easel-mini",
  width: 512,
  height: 768,
  numInferenceSteps: 1600,
  guidanceScale: 7.5,
  seed: 1234567,
  sampler: "flow-euler",
};

function picture(recipe: Partial<Recipe> = {}, more: Partial<Picture> = {}): Picture {
  return {
    id: "g.0",
    generationId: "g",
    index: 0,
    createdAt: Date.UTC(2026, 10, 20, 12),
    recipe: { ...RECIPE, ...recipe },
    width: 512,
    height: 768,
    mediaType: "image/png",
    url: "/generations/g/images/0",
    warnings: [],
    tookS: 4.25,
    isFavourite: false,
    trashedAt: null,
    ...more,
  };
}

function values(one: Picture, words: Words = en): Record<string, string> {
  return Object.fromEntries(
    parameterRows(one, words).map(({ label, value }) => [label, value]),
  );
}

test("what is known has a row, what the picture has not has none", () => {
  expect(values(picture())).toEqual({
    Prompt: "a red fox",
    Seed: "1234567",
    Size: "512 × 768",
    Steps: "1600",
    Guidance: "7.5",
    Sampler: "flow-euler",
    Model: "easel-mini",
    Made: expect.stringContaining("2026"),
    "Time taken": "4.3 s",
  });
  const names = parameterRows(
    picture({ negativePrompt: "text", strength: 0.6, loras: [{ id: "ink" }] }),
    en,
  ).map(({ name }) => name);
  expect(names).toContain("negativePrompt");
  expect(names).toContain("strength");
  expect(names).toContain("loras");
});

test("numbers are shown as the language writes them and copied as programs do", () => {
  const rows = parameterRows(picture(), GERMAN);
  const guidance = rows.find(({ name }) => name === "guidance");
  expect(guidance).toMatchObject({ value: "7,5", plain: "7.5" });
  expect(rows.find(({ name }) => name === "size")?.plain).toBe("512x768");
  expect(rows.find(({ name }) => name === "createdAt")?.plain).toBe(
    "2026-11-20T12:00:00.000Z",
  );
});

test.each([
  [0.44, "0.4 s"],
  [9.94, "9.9 s"],
  [12.4, "12 s"],
  [59.4, "59 s"],
  [59.6, "1 min 0 s"],
  [125, "2 min 5 s"],
])("%s seconds are %s", (tookS, expected) => {
  expect(values(picture({}, { tookS }))["Time taken"]).toBe(expected);
});

test("adapters are named with their weights", () => {
  const loras = [{ id: "ink", scale: 0.8 }, { id: "grain" }];
  expect(shownValue("loras", picture({ loras }), en)).toBe("ink (0.8), grain (1)");
  expect(shownValue("loras", picture(), en)).toBeNull();
});

test("only what differs is named, in the order of the rows", () => {
  const a = picture();
  const b = picture({ seed: 8, prompt: "a blue fox", strength: 0.5 });
  expect(differingParameters(a, b)).toEqual(["prompt", "seed", "strength"]);
  expect(differingParameters(a, picture())).toEqual([]);
});

test("a guidance that is shown alike but is another still differs", () => {
  const a = picture({ guidanceScale: 7.5 });
  const b = picture({ guidanceScale: 7.500_000_1 });
  expect(differingParameters(a, b)).toEqual(["guidance"]);
});

test("the order of adapters and a weight of 1 that is not written are no difference", () => {
  const a = picture({
    loras: [
      { id: "ink", scale: 1 },
      { id: "grain", scale: 0.5 },
    ],
  });
  const b = picture({ loras: [{ id: "grain", scale: 0.5 }, { id: "ink" }] });
  expect(differingParameters(a, b)).toEqual([]);
});

test("size is what the picture has, not what was asked for", () => {
  const a = picture({ width: null, height: null });
  expect(differingParameters(a, picture())).toEqual([]);
  expect(differingParameters(a, picture({}, { width: 768 }))).toEqual(["size"]);
});

test("a model is called by its name where that is known, its id is what is copied", () => {
  const models = [{ id: "easel-mini", display_name: "Easel Mini" }];
  const row = parameterRows(picture(), en, models).find(({ name }) => name === "model");
  expect(row).toMatchObject({ value: "Easel Mini", plain: "easel-mini" });
  expect(shownValue("model", picture({ model: "gone" }), en, models)).toBe("gone");
});
