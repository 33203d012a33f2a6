/** Settings become a request, or a field is at fault. Pure. */

import type { GenerationRequest, Lora, ModelDocument } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import type { Fault, FieldName } from "./faults";
import { DEFAULT_STRENGTH, lorasOf, type Settings, samplerOf } from "./settings";
import { defaultSize } from "./size-presets";
import { NO_SOURCE, type Source } from "./source-image/source";
import {
  negativePromptWithStyle,
  promptWithStyle,
  type StylePreset,
  stylePresets,
} from "./style-presets";

export type Checked =
  | { isValid: true; request: GenerationRequest }
  | { isValid: false; fault: Fault };

export const MAX_PROMPT_CHARACTERS = 4_000;
export const MAX_SEED = 2 ** 32 - 1;
export const STRENGTH_RANGE = { minimum: 0.05, maximum: 1 };
export const LORA_SCALE_RANGE = { minimum: -4, maximum: 4 };

type Range = { minimum: number; maximum: number };

/**
 * The first fault in the order of the form, or the whole request.
 *
 * @param model null while it is not known: the server then fills in its defaults.
 */
export function checkSettings(
  settings: Settings,
  model: ModelDocument | null,
  words: Words["settings"],
  source: Source = NO_SOURCE,
): Checked {
  const faults: Fault[] = [];
  const blame = (field: FieldName, message: string) => faults.push({ field, message });
  const numberIn = (field: FieldName, text: string, range: Range): number | null => {
    const number = parseWithin(text, range, Number.isFinite);
    if (number !== "invalid") return number;
    blame(field, fill(words.faults.number, range));
    return null;
  };

  const style = model && chosenStyle(settings, model, words);
  const prompt = promptWithStyle(settings.prompt, style);
  if (!prompt) blame("prompt", words.faults.promptMissing);
  if (prompt.length > MAX_PROMPT_CHARACTERS) {
    blame(
      "prompt",
      fill(words.faults.promptTooLong, { maximum: MAX_PROMPT_CHARACTERS }),
    );
  }
  const request: GenerationRequest = { prompt, num_images: settings.numImages };

  if (model) {
    request.model = model.id;
    request.num_images = Math.min(settings.numImages, model.max_images);
    const usual = defaultSize(model);
    for (const side of ["width", "height"] as const) {
      const { minimum, maximum, multiple_of: multiple } = model.sizes;
      const isSide = (value: number) => value % multiple === 0;
      const px = parseWithin(settings[side], model.sizes, isSide);
      if (px === "invalid") {
        blame(side, fill(words.faults.side, { minimum, maximum, multiple }));
      } else request[side] = px ?? usual[side];
    }
    if (source.image && model.features.image_to_image) {
      request.image = source.image.dataUrl;
      const strength = numberIn("strength", settings.strength, STRENGTH_RANGE);
      request.strength = strength ?? DEFAULT_STRENGTH;
      if (source.mask && model.features.inpainting) request.mask = source.mask;
    }
    const negativePrompt = negativePromptWithStyle(settings.negativePrompt, style);
    if (model.features.negative_prompt && negativePrompt) {
      request.negative_prompt = negativePrompt;
    }
  }

  const seed = parseWithin(
    settings.seed,
    { minimum: 0, maximum: MAX_SEED },
    Number.isInteger,
  );
  if (seed === "invalid") {
    blame("seed", fill(words.faults.seed, { maximum: MAX_SEED }));
  } else if (seed !== null) request.seed = seed;

  if (model) {
    const range = model.num_inference_steps;
    const steps = parseWithin(settings.numInferenceSteps, range, Number.isInteger);
    if (steps === "invalid") {
      blame("num_inference_steps", fill(words.faults.whole, range));
    } else request.num_inference_steps = steps ?? model.defaults.num_inference_steps;
    if (model.features.guidance_scale) {
      const { guidanceScale } = settings;
      const guidance = numberIn("guidance_scale", guidanceScale, model.guidance_scale);
      request.guidance_scale = guidance ?? model.defaults.guidance_scale;
    }
    const sampler = samplerOf(settings, model);
    if (sampler !== model.sampler) request.sampler = sampler;
    const loras = lorasOf(settings, model).map(
      ({ id, scale }): Lora => ({
        id,
        scale: numberIn("loras", scale, LORA_SCALE_RANGE) ?? 1,
      }),
    );
    if (loras.length > 0) request.loras = loras;
    if (settings.isExact && model.features.exact) request.determinism = "exact";
  }
  const [fault] = faults;
  return fault ? { isValid: false, fault } : { isValid: true, request };
}

export function chosenStyle(
  settings: Settings,
  model: ModelDocument,
  words: Words["settings"],
): StylePreset | null {
  const presets = stylePresets(model, words.style);
  return presets.find(({ id }) => id === settings.styleId) ?? null;
}

/** The number in `text`; null if it is empty. */
export function parseWithin(
  text: string,
  range: Range,
  isKind: (value: number) => boolean,
): number | null | "invalid" {
  if (!text.trim()) return null;
  const value = Number(text);
  const isValid = isKind(value) && value >= range.minimum && value <= range.maximum;
  return isValid ? value : "invalid";
}
