/** A recipe from elsewhere, fitted to the models that are here. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import { isAccepted } from "./accepted-size";
import type { Recipe } from "./recipe";
import type { RecipeField } from "./sieve-recipe";

/** Two samplers of ours that other tools call by one name: which, the model decides. */
const SAME_NAME_ELSEWHERE: Readonly<Record<string, string>> = {
  euler: "flow_match_euler",
  flow_match_euler: "euler",
};

/**
 * The recipe with null, or nothing, where the model cannot do what it says, and the
 * names of those fields. Another model's numbers stay as long as they are allowed here.
 *
 * @param models as `GET /models` lists them; the first is the default.
 */
export function fitRecipe(
  recipe: Recipe,
  models: readonly ModelDocument[],
): { recipe: Recipe; unusable: RecipeField[] } {
  const named = models.find(({ id }) => id === recipe.model);
  const model = named ?? models[0];
  if (!model) return { recipe, unusable: [] };
  const { features } = model;
  const fitted: Recipe = {
    ...recipe,
    model: named ? recipe.model : null,
    negativePrompt: features.negative_prompt ? recipe.negativePrompt : "",
    ...fittedSize(recipe, model),
    numInferenceSteps: within(recipe.numInferenceSteps, model.num_inference_steps),
    guidanceScale: features.guidance_scale
      ? within(recipe.guidanceScale, model.guidance_scale)
      : null,
    numImages: Math.min(recipe.numImages, model.max_images),
    sampler: fittedSampler(recipe.sampler, model),
    loras: recipe.loras.filter(({ id }) => model.loras?.includes(id)),
    seed: (features.seed ?? true) ? recipe.seed : null,
    strength: features.image_to_image ? recipe.strength : null,
  };
  const unusable = fieldsOf(recipe).filter((field) => isLost(field, recipe, fitted));
  return { recipe: fitted, unusable };
}

function fittedSize({ width, height }: Recipe, { sizes }: ModelDocument) {
  const isFit =
    width !== null && height !== null && isAccepted({ width, height }, sizes);
  return isFit ? { width, height } : { width: null, height: null };
}

function fittedSampler(sampler: string | null, model: ModelDocument): string | null {
  if (sampler === null) return null;
  const offered = [model.sampler, ...(model.samplers ?? [])];
  const twin = SAME_NAME_ELSEWHERE[sampler];
  return [sampler, twin].find((name) => name && offered.includes(name)) ?? null;
}

function within(
  value: number | null,
  { minimum, maximum }: { minimum: number; maximum: number },
): number | null {
  return value !== null && value >= minimum && value <= maximum ? value : null;
}

/** A sampler's twin is no loss. */
function isLost(field: RecipeField, before: Recipe, after: Recipe): boolean {
  if (field === "sampler") return before.sampler !== null && after.sampler === null;
  if (field === "loras") return before.loras.length !== after.loras.length;
  return before[field] !== after[field];
}

function fieldsOf(recipe: Recipe): RecipeField[] {
  // The type of `Object.keys` forgets which they are.
  return Object.keys(recipe) as RecipeField[];
}
