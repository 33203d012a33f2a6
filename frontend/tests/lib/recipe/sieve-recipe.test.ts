import { expect, test } from "vitest";
import { EMPTY_RECIPE } from "@/lib/recipe/recipe";
import { sieveRecipe } from "@/lib/recipe/sieve-recipe";

test("nothing becomes an empty recipe and is no fault", () => {
  const nothing = { prompt: undefined, seed: null, model: "", numImages: null };
  expect(sieveRecipe(nothing)).toEqual({ recipe: EMPTY_RECIPE, refused: [] });
});

test("numbers may be text", () => {
  const { recipe, refused } = sieveRecipe({ seed: "7", guidanceScale: " 7.0 " });
  expect(recipe).toMatchObject({ seed: 7, guidanceScale: 7 });
  expect(refused).toEqual([]);
});

test("values of another type are refused, whatever they are", () => {
  const { recipe, refused } = sieveRecipe({
    prompt: { toString: () => "x" },
    seed: true,
    model: 7,
    loras: [{ id: 1 }],
    width: [512],
    height: {},
  });
  expect(recipe).toEqual(EMPTY_RECIPE);
  expect(refused).toEqual(["prompt", "model", "width", "height", "seed", "loras"]);
});

test("characters are counted as the server counts them", () => {
  const longest = "🦊".repeat(4_000);
  expect(sieveRecipe({ prompt: longest }).refused).toEqual([]);
  expect(sieveRecipe({ prompt: `${longest}🦊` }).recipe.prompt).toBe(longest);
});
