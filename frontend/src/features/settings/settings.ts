/** What a person has set, and how it becomes a request. Pure. */

import type { GenerationRequest, ModelDocument } from "@/lib/api/generated";
import { defaultSize, type Size } from "./size-presets";

/** Free-typed fields stay text until they are sent; empty means the default. */
export type Settings = {
  prompt: string;
  negativePrompt: string;
  modelId: string | null;
  size: Size | null;
  numInferenceSteps: string;
  guidanceScale: string;
  seed: string;
  numImages: number;
};

export const INITIAL_SETTINGS: Settings = {
  prompt: "",
  negativePrompt: "",
  modelId: null,
  size: null,
  numInferenceSteps: "",
  guidanceScale: "",
  seed: "",
  numImages: 1,
};

/** Another model has other sizes, steps and limits: what depended on them starts anew. */
export function withModel(settings: Settings, modelId: string): Settings {
  return {
    ...INITIAL_SETTINGS,
    prompt: settings.prompt,
    negativePrompt: settings.negativePrompt,
    seed: settings.seed,
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

export const FIELDS = [
  "prompt",
  "negative_prompt",
  "model",
  "size",
  "num_inference_steps",
  "guidance_scale",
  "seed",
  "num_images",
] as const;

export type FieldName = (typeof FIELDS)[number];

/** A field with what is wrong about it. */
export type Fault = { field: FieldName; message: string };

/** The field of the form behind a parameter that the server names. */
export function fieldOfParam(param: string | null): FieldName | null {
  if (param === "width" || param === "height") return "size";
  return FIELDS.find((field) => field === param) ?? null;
}

export type Checked =
  | { isValid: true; request: GenerationRequest }
  | { isValid: false; fault: Fault };

export const MAX_SEED = 2 ** 32 - 1;

/** @param model null while it is not known: the server then fills in its defaults. */
export function checkSettings(
  settings: Settings,
  model: ModelDocument | null,
): Checked {
  const fault = (field: FieldName, message: string): Checked => ({
    isValid: false,
    fault: { field, message },
  });
  const prompt = settings.prompt.trim();
  if (!prompt) return fault("prompt", "Say what the picture shows.");

  const seed = parseWithin(
    settings.seed,
    { minimum: 0, maximum: MAX_SEED },
    Number.isInteger,
  );
  if (seed === "invalid") {
    return fault(
      "seed",
      `A whole number from 0 to ${MAX_SEED}, or empty for a random one.`,
    );
  }
  const request: GenerationRequest = { prompt, num_images: settings.numImages };
  if (seed !== null) request.seed = seed;
  if (!model) return { isValid: true, request };

  const steps = parseWithin(
    settings.numInferenceSteps,
    model.num_inference_steps,
    Number.isInteger,
  );
  if (steps === "invalid") {
    const { minimum, maximum } = model.num_inference_steps;
    return fault(
      "num_inference_steps",
      `A whole number from ${minimum} to ${maximum}.`,
    );
  }
  const guidance = parseWithin(
    settings.guidanceScale,
    model.guidance_scale,
    Number.isFinite,
  );
  if (guidance === "invalid") {
    const { minimum, maximum } = model.guidance_scale;
    return fault("guidance_scale", `A number from ${minimum} to ${maximum}.`);
  }
  const negativePrompt = settings.negativePrompt.trim();
  request.model = model.id;
  request.num_images = Math.min(settings.numImages, model.max_images);
  Object.assign(request, settings.size ?? defaultSize(model));
  request.num_inference_steps = steps ?? model.defaults.num_inference_steps;
  if (model.features.guidance_scale) {
    request.guidance_scale = guidance ?? model.defaults.guidance_scale;
  }
  if (model.features.negative_prompt && negativePrompt) {
    request.negative_prompt = negativePrompt;
  }
  return { isValid: true, request };
}

/** The number in `text`; null if it is empty. */
function parseWithin(
  text: string,
  range: { minimum: number; maximum: number },
  isKind: (value: number) => boolean,
): number | null | "invalid" {
  if (!text.trim()) return null;
  const value = Number(text);
  const isValid = isKind(value) && value >= range.minimum && value <= range.maximum;
  return isValid ? value : "invalid";
}

export function randomSeed(): string {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  return String(seed);
}
