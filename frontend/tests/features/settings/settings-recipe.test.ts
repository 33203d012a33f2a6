import { expect, test } from "vitest";
import { INITIAL_SETTINGS, type Settings } from "@/features/settings/settings";
import {
  recipeOfSettings,
  settingsOfRecipe,
} from "@/features/settings/settings-recipe";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";
import { en } from "@/lib/words/en";
import { FIXED_SIZES, model } from "../models";

const WORDS = en.settings;
const MODEL = model({ samplers: ["euler", "heun"], loras: ["moss"] });
const RECIPE: Recipe = {
  prompt: "a red bicycle",
  negativePrompt: "blur",
  model: "m",
  width: 640,
  height: 384,
  numInferenceSteps: 30,
  guidanceScale: 0,
  seed: 0,
  numImages: 2,
  sampler: "heun",
  loras: [{ id: "moss", scale: 0.5 }],
  strength: null,
};
const BEFORE: Settings = {
  ...INITIAL_SETTINGS,
  prompt: "before",
  styleId: "oil",
  seed: "7",
  modelId: "m",
};

function restored(recipe: Recipe, models = [MODEL]) {
  return settingsOfRecipe(recipe, BEFORE, models, WORDS);
}

test("a recipe becomes settings and the same recipe again", () => {
  const { settings, unrestored } = restored(RECIPE);
  expect(unrestored).toEqual([]);
  expect(recipeOfSettings(settings, MODEL, WORDS)).toEqual(RECIPE);
});

test("what a recipe leaves open becomes the default, not what was set before", () => {
  const { settings } = restored({ ...EMPTY_RECIPE, prompt: "after" });
  expect(settings).toEqual({ ...INITIAL_SETTINGS, prompt: "after", modelId: "m" });
});

test("a part of it leaves the rest alone", () => {
  const words = settingsOfRecipe(RECIPE, BEFORE, [MODEL], WORDS, "prompt").settings;
  expect(words).toEqual({
    ...BEFORE,
    prompt: "a red bicycle",
    negativePrompt: "blur",
    styleId: null,
  });
  const seed = settingsOfRecipe(RECIPE, BEFORE, [MODEL], WORDS, "seed").settings;
  expect(seed).toEqual({ ...BEFORE, seed: "0" });
});

test("what the model has no use for is left out and named", () => {
  const features = { negative_prompt: false, guidance_scale: false, previews: true };
  const { settings, unrestored } = restored(
    {
      ...RECIPE,
      model: "gone",
      width: 641,
      numInferenceSteps: 500,
      guidanceScale: 7,
      sampler: "ddim",
      loras: [{ id: "frost" }],
      strength: 0.5,
    },
    [model({ features })],
  );
  expect(unrestored).toEqual([
    "model gone",
    "size 641 × 384",
    "500 steps",
    "guidance 7",
    "negative prompt",
    "sampler DDIM",
    "LoRA frost",
    "image to start from",
  ]);
  expect(settings).toEqual({
    ...INITIAL_SETTINGS,
    prompt: "a red bicycle",
    modelId: "m",
    seed: "0",
    numImages: 2,
    strength: "0.5",
  });
});

test("a seed is left out, and named, where the model chooses its own", () => {
  const named = { ...RECIPE, model: "m", seed: 7, width: 1536, height: 1024 };
  const { settings, unrestored } = restored(named, [FIXED_SIZES]);
  expect(unrestored).toContain("seed 7");
  expect(settings).toMatchObject({ seed: "", width: "1536", height: "1024" });
  const kept = { ...settings, seed: "7" };
  expect(recipeOfSettings(kept, FIXED_SIZES, WORDS).seed).toBeNull();
});

test("while no model is known, all is believed", () => {
  const { settings, unrestored } = settingsOfRecipe(
    { ...RECIPE, model: "later" },
    BEFORE,
    null,
    WORDS,
  );
  expect(unrestored).toEqual([]);
  expect(settings).toMatchObject({ modelId: "later", sampler: "heun", width: "640" });
});

test("a recipe of settings has the style in its prompt, and no nonsense", () => {
  const recipe = recipeOfSettings(
    { ...BEFORE, seed: "seven", width: "640", guidanceScale: "99" },
    MODEL,
    WORDS,
  );
  expect(recipe.prompt).toMatch(/^an oil painting of before/);
  expect(recipe).toMatchObject({
    seed: null,
    width: 640,
    height: 512,
    guidanceScale: null,
    numInferenceSteps: null,
  });
});

test("a strength belongs to a recipe only where it begins with an image", () => {
  const able = model({ features: { ...MODEL.features, image_to_image: true } });
  const source = {
    image: { dataUrl: "data:image/png;base64,AA", width: 64, height: 64 },
    mask: null,
  };
  const typed: Settings = { ...BEFORE, strength: "0.4" };
  expect(recipeOfSettings(typed, able, WORDS).strength).toBeNull();
  expect(recipeOfSettings(typed, able, WORDS, source).strength).toBe(0.4);
  expect(recipeOfSettings(BEFORE, able, WORDS, source).strength).toBe(0.8);
  expect(recipeOfSettings(typed, MODEL, WORDS, source).strength).toBeNull();
});
