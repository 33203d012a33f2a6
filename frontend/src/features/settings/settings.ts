/** What a person has set, and what it means for a model. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import { defaultSize, type Size } from "./size-presets";

/** An adapter with how much of it, as typed. */
export type ChosenLora = { id: string; scale: string };

/** Free-typed fields stay text until they are sent; empty means the default. */
export type Settings = {
  prompt: string;
  /** Id of a style preset; null paints the prompt as it is. */
  styleId: string | null;
  negativePrompt: string;
  modelId: string | null;
  width: string;
  height: string;
  numInferenceSteps: string;
  guidanceScale: string;
  sampler: string | null;
  loras: readonly ChosenLora[];
  seed: string;
  numImages: number;
  /** Counts only beside an image to start from. */
  strength: string;
  isExact: boolean;
};

export const INITIAL_SETTINGS: Settings = {
  prompt: "",
  styleId: null,
  negativePrompt: "",
  modelId: null,
  width: "",
  height: "",
  numInferenceSteps: "",
  guidanceScale: "",
  sampler: null,
  loras: [],
  seed: "",
  numImages: 1,
  strength: "",
  isExact: false,
};

/** What the server takes where no strength is given. */
export const DEFAULT_STRENGTH = 0.8;

/** Another model has other sizes, steps and limits: what depended on them starts anew. */
export function withModel(settings: Settings, modelId: string): Settings {
  return {
    ...INITIAL_SETTINGS,
    prompt: settings.prompt,
    styleId: settings.styleId,
    negativePrompt: settings.negativePrompt,
    seed: settings.seed,
    strength: settings.strength,
    modelId,
  };
}

export function chosenModel(
  models: ModelDocument[] | null,
  settings: Settings,
): ModelDocument | null {
  const chosen = models?.find((model) => model.id === settings.modelId);
  return chosen ?? models?.[0] ?? null;
}

/** The part of the settings that says `size`. */
export function withSize({ width, height }: Size): Pick<Settings, "width" | "height"> {
  return { width: String(width), height: String(height) };
}

/** The size that would be painted; a side that is no number counts as the default. */
export function sizeOf(settings: Settings, model: ModelDocument): Size {
  const usual = defaultSize(model);
  return {
    width: positive(settings.width) ?? usual.width,
    height: positive(settings.height) ?? usual.height,
  };
}

function positive(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** The chosen one as long as the model has it, or else the model's default. */
export function samplerOf(settings: Settings, model: ModelDocument): string {
  const isThere = model.samplers?.some((sampler) => sampler === settings.sampler);
  return isThere && settings.sampler ? settings.sampler : model.sampler;
}

/** Those of the chosen that the model has. */
export function lorasOf(settings: Settings, model: ModelDocument): ChosenLora[] {
  return settings.loras.filter(({ id }) => model.loras?.includes(id));
}

/** Some servers of other makes paint every picture from a seed of their own. */
export function choosesSeed({ features }: ModelDocument): boolean {
  return features.seed ?? true;
}

export function randomSeed(): string {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  return String(seed);
}
