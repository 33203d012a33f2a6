/** Settings become a request, or a field is at fault. Pure. */

import type {
  GenerationRequest,
  ModelDocument,
  SizeSupport,
} from "@/lib/api/generated";
import { isAccepted } from "@/lib/recipe/accepted-size";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";
import type { Fault, FieldName } from "./faults";
import {
  choosesSeed,
  DEFAULT_STRENGTH,
  lorasOf,
  type Settings,
  samplerOf,
  sizeOf,
} from "./settings";
import type { Size } from "./size-presets";
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
  const reader = new FieldReader(words.faults);
  const style = model && chosenStyle(settings, model, words);
  const request: GenerationRequest = {
    prompt: reader.prompt(promptWithStyle(settings.prompt, style)),
    num_images: Math.min(settings.numImages, model?.max_images ?? settings.numImages),
    ...(model && {
      model: model.id,
      ...sizePart(settings, model, reader),
      ...sourcePart(settings, model, reader, source),
      ...negativePart(settings, model, style),
    }),
    ...((!model || choosesSeed(model)) && seedPart(settings, reader)),
    ...(model && samplingPart(settings, model, reader)),
  };
  const [fault] = reader.faults;
  return fault ? { isValid: false, fault } : { isValid: true, request };
}

type Part = Partial<GenerationRequest>;

function sizePart(settings: Settings, model: ModelDocument, reader: FieldReader): Part {
  const { width, height } = settings;
  const { sizes, defaults } = model;
  if (sizes.only_native) return reader.native(sizeOf(settings, model), sizes);
  return {
    width: reader.side("width", width, sizes) ?? defaults.width,
    height: reader.side("height", height, sizes) ?? defaults.height,
  };
}

function sourcePart(
  settings: Settings,
  { features }: ModelDocument,
  reader: FieldReader,
  { image, mask }: Source,
): Part {
  if (!image || !features.image_to_image) return {};
  const strength = reader.number("strength", settings.strength, STRENGTH_RANGE);
  return {
    image: image.dataUrl,
    strength: strength ?? DEFAULT_STRENGTH,
    ...(mask && features.inpainting && { mask }),
  };
}

function negativePart(
  settings: Settings,
  { features }: ModelDocument,
  style: StylePreset | null,
): Part {
  const prompt = negativePromptWithStyle(settings.negativePrompt, style);
  return features.negative_prompt && prompt ? { negative_prompt: prompt } : {};
}

function seedPart(settings: Settings, reader: FieldReader): Part {
  const seed = reader.seed(settings.seed);
  return seed === null ? {} : { seed };
}

function samplingPart(
  settings: Settings,
  model: ModelDocument,
  reader: FieldReader,
): Part {
  const { defaults, features } = model;
  const steps = reader.whole(
    "num_inference_steps",
    settings.numInferenceSteps,
    model.num_inference_steps,
  );
  const guidance =
    features.guidance_scale &&
    (reader.number("guidance_scale", settings.guidanceScale, model.guidance_scale) ??
      defaults.guidance_scale);
  const sampler = samplerOf(settings, model);
  const loras = lorasOf(settings, model).map(({ id, scale }) => ({
    id,
    scale: reader.number("loras", scale, LORA_SCALE_RANGE) ?? 1,
  }));
  return {
    num_inference_steps: steps ?? defaults.num_inference_steps,
    ...(guidance !== false && { guidance_scale: guidance }),
    ...(sampler !== model.sampler && { sampler }),
    ...(loras.length > 0 && { loras }),
    ...(settings.isExact && features.exact && { determinism: "exact" as const }),
  };
}

/** Reads what is typed and keeps what is wrong with it, in the order of reading. */
class FieldReader {
  readonly faults: Fault[] = [];

  constructor(private readonly words: Words["settings"]["faults"]) {}

  prompt(text: string): string {
    const maximum = MAX_PROMPT_CHARACTERS;
    if (!text) this.#blame("prompt", this.words.promptMissing);
    if (text.length > maximum) {
      this.#blame("prompt", fill(this.words.promptTooLong, { maximum }));
    }
    return text;
  }

  /** Like the others: null where it is left to the default, or where it is at fault. */
  number(field: FieldName, text: string, range: Range): number | null {
    const value = parseWithin(text, range, Number.isFinite);
    return this.#unless(value, field, fill(this.words.number, range));
  }

  whole(field: FieldName, text: string, range: Range): number | null {
    const value = parseWithin(text, range, Number.isInteger);
    return this.#unless(value, field, fill(this.words.whole, range));
  }

  seed(text: string): number | null {
    const range = { minimum: 0, maximum: MAX_SEED };
    const value = parseWithin(text, range, Number.isInteger);
    return this.#unless(value, "seed", fill(this.words.seed, range));
  }

  side(field: "width" | "height", text: string, sizes: SizeSupport): number | null {
    const { minimum, maximum, multiple_of: multiple } = sizes;
    const value = parseWithin(text, sizes, (px) => px % multiple === 0);
    const message = fill(this.words.side, { minimum, maximum, multiple });
    return this.#unless(value, field, message);
  }

  native(size: Size, sizes: SizeSupport): Size {
    if (!isAccepted(size, sizes)) this.#blame("width", this.words.onlyNative);
    return size;
  }

  #unless(
    value: number | null | "invalid",
    field: FieldName,
    message: string,
  ): number | null {
    if (value !== "invalid") return value;
    this.#blame(field, message);
    return null;
  }

  #blame(field: FieldName, message: string): void {
    this.faults.push({ field, message });
  }
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
