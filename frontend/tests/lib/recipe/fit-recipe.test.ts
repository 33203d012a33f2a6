import { expect, test } from "vitest";
import { fitRecipe } from "@/lib/recipe/fit-recipe";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";
import { FIXED_SIZES, model } from "../../features/models";

function recipe(part: Partial<Recipe> = {}): Recipe {
  return { ...EMPTY_RECIPE, prompt: "a cat", ...part };
}

test("what the model can do stays", () => {
  const wanted = recipe({
    model: "m",
    width: 512,
    height: 768,
    numInferenceSteps: 20,
    guidanceScale: 5,
    seed: 7,
    sampler: "ddim",
    loras: [{ id: "ink", scale: 1 }],
  });
  const models = [model({ samplers: ["euler", "ddim"], loras: ["ink"] })];
  expect(fitRecipe(wanted, models)).toEqual({ recipe: wanted, unusable: [] });
});

test("what it cannot do becomes its default, and is named", () => {
  const wanted = recipe({
    model: "another",
    negativePrompt: "fog",
    width: 500,
    height: 4096,
    numInferenceSteps: 150,
    guidanceScale: 9,
    numImages: 4,
    sampler: "heun",
    loras: [{ id: "ink", scale: 1 }],
    strength: 0.5,
  });
  const features = { negative_prompt: false, guidance_scale: false, previews: true };
  const limits = { num_inference_steps: { minimum: 1, maximum: 100 }, max_images: 2 };
  const fitted = fitRecipe(wanted, [model({ features, ...limits })]);
  expect(fitted.recipe).toEqual(recipe({ numImages: 2 }));
  expect(fitted.unusable.toSorted()).toEqual(
    [
      "model",
      "negativePrompt",
      "width",
      "height",
      "numInferenceSteps",
      "guidanceScale",
      "numImages",
      "sampler",
      "loras",
      "strength",
    ].toSorted(),
  );
});

test("a model with fixed sizes and a seed of its own takes no others", () => {
  const wanted = recipe({ width: 1280, height: 1024, seed: 7 });
  const fitted = fitRecipe(wanted, [FIXED_SIZES]);
  expect(fitted.recipe).toEqual(recipe());
  expect(fitted.unusable.toSorted()).toEqual(["height", "seed", "width"]);
  const native = recipe({ width: 1536, height: 1024 });
  expect(fitRecipe(native, [FIXED_SIZES]).unusable).toEqual([]);
});

test("the model that is named counts, not the first", () => {
  const models = [model(), model({ id: "small", max_images: 1 })];
  const fitted = fitRecipe(recipe({ model: "small", numImages: 3 }), models);
  expect(fitted.recipe).toMatchObject({ model: "small", numImages: 1 });
});

test("other tools' Euler is whichever of ours the model has", () => {
  const flow = model({ sampler: "flow_match_euler", samplers: ["flow_match_euler"] });
  const fitted = fitRecipe(recipe({ sampler: "euler" }), [flow]);
  expect(fitted).toMatchObject({
    recipe: { sampler: "flow_match_euler" },
    unusable: [],
  });
});

test("without a model nothing is judged", () => {
  const wanted = recipe({ model: "m", width: 500, height: 500 });
  expect(fitRecipe(wanted, [])).toEqual({ recipe: wanted, unusable: [] });
});
