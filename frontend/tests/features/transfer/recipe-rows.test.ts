import { expect, test } from "vitest";
import { recipeRows } from "@/features/transfer/recipe-rows";
import { EMPTY_RECIPE } from "@/lib/recipe/recipe";
import { en } from "@/lib/words/en";
import type { Words } from "@/lib/words/words";

const RECIPE = {
  ...EMPTY_RECIPE,
  prompt: "a cat",
  width: 1024,
  height: 768,
  guidanceScale: 7.5,
  seed: 1_234_567,
  loras: [{ id: "ink", scale: 0.8 }, { id: "fur" }],
};

test("an empty recipe has nothing to say", () => {
  expect(recipeRows(EMPTY_RECIPE, en)).toEqual([]);
});

test("what is set has a row, a seed as it is typed", () => {
  expect(recipeRows(RECIPE, en).map(({ name, value }) => [name, value])).toEqual([
    ["Prompt", "a cat"],
    ["Size", "1024 × 768"],
    ["Guidance", "7.5"],
    ["Seed", "1234567"],
    ["LoRAs", "ink 0.8, fur 1"],
  ]);
});

test("numbers are written as the language does", () => {
  const german: Words = { ...en, language: "de" };
  expect(recipeRows(RECIPE, german)[2]?.value).toBe("7,5");
});
