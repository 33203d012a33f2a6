/** Everything that decides a picture's pixels, wherever it comes from. Pure. */

import type { CompletedGeneration, Lora } from "@/lib/api/generated";

/**
 * What a link, an image file or the history says about how to paint a picture.
 *
 * The prompt is the whole one, style included. Null stands for the model's default and
 * what is not known; a `seed` of null for a random one. Images to start from are not
 * part of it: no link could carry them, and a file names only their hashes.
 */
export type Recipe = {
  prompt: string;
  negativePrompt: string;
  model: string | null;
  width: number | null;
  height: number | null;
  numInferenceSteps: number | null;
  guidanceScale: number | null;
  seed: number | null;
  numImages: number;
  sampler: string | null;
  loras: readonly Lora[];
  /** 0 to 1; null where it did not begin with an image. */
  strength: number | null;
};

export const EMPTY_RECIPE: Recipe = {
  prompt: "",
  negativePrompt: "",
  model: null,
  width: null,
  height: null,
  numInferenceSteps: null,
  guidanceScale: null,
  seed: null,
  numImages: 1,
  sampler: null,
  loras: [],
  strength: null,
};

/** Of one image: its own seed paints it again alone. */
export function recipeOfImage(
  { parameters, model }: Pick<CompletedGeneration, "parameters" | "model">,
  seed: number,
): Recipe {
  return {
    prompt: parameters.prompt,
    negativePrompt: parameters.negative_prompt ?? "",
    model,
    width: parameters.width,
    height: parameters.height,
    numInferenceSteps: parameters.num_inference_steps,
    guidanceScale: parameters.guidance_scale,
    seed,
    numImages: 1,
    sampler: parameters.sampler,
    loras: parameters.loras ?? [],
    strength: parameters.strength ?? null,
  };
}
