/** Between what is set and what a link, a file or the history says. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import { isAccepted } from "@/lib/recipe/accepted-size";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";
import { samplerName } from "@/lib/recipe/sampler-name";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import {
  chosenStyle,
  LORA_SCALE_RANGE,
  MAX_SEED,
  parseWithin,
  STRENGTH_RANGE,
} from "./check-settings";
import {
  choosesSeed,
  chosenModel,
  DEFAULT_STRENGTH,
  INITIAL_SETTINGS,
  lorasOf,
  type Settings,
  samplerOf,
  withSize,
} from "./settings";
import { NO_SOURCE, type Source } from "./source-image/source";
import { negativePromptWithStyle, promptWithStyle } from "./style-presets";

export type RecipePart = "all" | "prompt" | "seed";

export type Restored = {
  settings: Settings;
  /** What this studio could not take over, each in a few words. */
  unrestored: string[];
};

/**
 * @param part a prompt comes with its negative prompt.
 * @param models null while they are not known: all is then believed.
 */
export function settingsOfRecipe(
  recipe: Recipe,
  before: Settings,
  models: ModelDocument[] | null,
  words: Words["settings"],
  part: RecipePart = "all",
): Restored {
  const texts = { prompt: recipe.prompt, negativePrompt: recipe.negativePrompt };
  if (part === "prompt") {
    // Its style is in the prompt already.
    return { settings: { ...before, ...texts, styleId: null }, unrestored: [] };
  }
  if (part === "seed") {
    return { settings: { ...before, seed: textOf(recipe.seed) }, unrestored: [] };
  }
  const settings: Settings = {
    ...INITIAL_SETTINGS,
    ...texts,
    modelId: recipe.model ?? before.modelId,
    ...(recipe.width && recipe.height
      ? withSize({ width: recipe.width, height: recipe.height })
      : {}),
    numInferenceSteps: textOf(recipe.numInferenceSteps),
    guidanceScale: textOf(recipe.guidanceScale),
    sampler: recipe.sampler,
    loras: recipe.loras.map(({ id, scale = 1 }) => ({ id, scale: String(scale) })),
    seed: textOf(recipe.seed),
    numImages: recipe.numImages,
    strength: textOf(recipe.strength),
  };
  return models
    ? withinModel(settings, recipe, models, words)
    : { settings, unrestored: [] };
}

/** Leaves out what the model has no use for, and tells of it. */
function withinModel(
  settings: Settings,
  recipe: Recipe,
  models: ModelDocument[],
  words: Words["settings"],
): Restored {
  const model = chosenModel(models, settings);
  if (!model) return { settings, unrestored: [] };
  const { unrestored: names } = words;
  const unrestored: string[] = [];
  const kept = { ...settings };

  if (recipe.model && recipe.model !== model.id) {
    unrestored.push(fill(names.model, { name: recipe.model }));
    kept.modelId = model.id;
  }
  const { width, height } = recipe;
  if (width && height && !isAccepted({ width, height }, model.sizes)) {
    unrestored.push(fill(names.size, { size: `${width} × ${height}` }));
    Object.assign(kept, { width: "", height: "" });
  }
  const steps = recipe.numInferenceSteps;
  if (steps !== null && !isWithin(steps, model.num_inference_steps)) {
    unrestored.push(fill(names.steps, { steps }));
    kept.numInferenceSteps = "";
  }
  const guidance = recipe.guidanceScale;
  const takesGuidance = model.features.guidance_scale;
  if (
    guidance !== null &&
    !(takesGuidance && isWithin(guidance, model.guidance_scale))
  ) {
    // A model that guides itself names a number, too, and does not miss it.
    if (takesGuidance || guidance > 1)
      unrestored.push(fill(names.guidance, { guidance }));
    kept.guidanceScale = "";
  }
  if (recipe.negativePrompt && !model.features.negative_prompt) {
    unrestored.push(names.negativePrompt);
    kept.negativePrompt = "";
  }
  if (recipe.seed !== null && !choosesSeed(model)) {
    unrestored.push(fill(names.seed, { seed: recipe.seed }));
    kept.seed = "";
  }
  const samplers = model.samplers ?? [model.sampler];
  if (recipe.sampler && !samplers.includes(recipe.sampler)) {
    unrestored.push(fill(names.sampler, { name: samplerName(recipe.sampler) }));
    kept.sampler = null;
  }
  kept.loras = lorasOf(settings, model);
  for (const { id } of recipe.loras) {
    if (!model.loras?.includes(id)) unrestored.push(fill(names.lora, { name: id }));
  }
  kept.numImages = Math.min(settings.numImages, model.max_images);
  if (recipe.strength !== null) unrestored.push(names.image);
  return { settings: kept, unrestored };
}

/** What a link to these settings has to say; what cannot be used counts as not set. */
export function recipeOfSettings(
  settings: Settings,
  model: ModelDocument | null,
  words: Words["settings"],
  source: Source = NO_SOURCE,
): Recipe {
  const style = model && chosenStyle(settings, model, words);
  const texts = {
    prompt: promptWithStyle(settings.prompt, style),
    negativePrompt: negativePromptWithStyle(settings.negativePrompt, style),
    seed:
      model && !choosesSeed(model)
        ? null
        : numberOf(settings.seed, { minimum: 0, maximum: MAX_SEED }),
  };
  if (!model) return { ...EMPTY_RECIPE, ...texts, numImages: settings.numImages };
  const width = numberOf(settings.width, model.sizes);
  const height = numberOf(settings.height, model.sizes);
  const isFromImage = source.image !== null && model.features.image_to_image;
  const hasSize = width !== null || height !== null;
  return {
    ...texts,
    model: model.id,
    width: hasSize ? (width ?? model.defaults.width) : null,
    height: hasSize ? (height ?? model.defaults.height) : null,
    numInferenceSteps: numberOf(settings.numInferenceSteps, model.num_inference_steps),
    guidanceScale: numberOf(settings.guidanceScale, model.guidance_scale),
    numImages: Math.min(settings.numImages, model.max_images),
    sampler: settings.sampler && samplerOf(settings, model),
    loras: lorasOf(settings, model).map(({ id, scale }) => ({
      id,
      scale: numberOf(scale, LORA_SCALE_RANGE) ?? 1,
    })),
    strength: isFromImage
      ? (numberOf(settings.strength, STRENGTH_RANGE) ?? DEFAULT_STRENGTH)
      : null,
  };
}

function textOf(number: number | null): string {
  return number === null ? "" : String(number);
}

function numberOf(
  text: string,
  range: { minimum: number; maximum: number },
): number | null {
  const number = parseWithin(text, range, Number.isFinite);
  return number === "invalid" ? null : number;
}

function isWithin(
  value: number,
  { minimum, maximum }: { minimum: number; maximum: number },
): boolean {
  return value >= minimum && value <= maximum;
}
