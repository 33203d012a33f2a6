/** What made a picture, in words, and what differs between two. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import type { Picture } from "@/lib/pictures/picture";
import type { Recipe } from "@/lib/recipe/recipe";
import { samplerName } from "@/lib/recipe/sampler-name";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";

/** What decides the pixels. */
export type ParameterName =
  | "prompt"
  | "negativePrompt"
  | "seed"
  | "size"
  | "steps"
  | "guidance"
  | "sampler"
  | "model"
  | "strength"
  | "loras";

export type ParameterRow = {
  name: ParameterName | "createdAt" | "took";
  label: string;
  /** As the person's language writes it. */
  value: string;
  /** As a program understands it, for the clipboard. */
  plain: string;
};

/** Which parts of a recipe a person can take over. */
export type RecipePart = "all" | "prompt" | "seed";

type ModelNames = Pick<ModelDocument, "id" | "display_name">;

type Made = Pick<Picture, "recipe" | "width" | "height">;

const NAMES: readonly ParameterName[] = [
  "prompt",
  "negativePrompt",
  "seed",
  "size",
  "steps",
  "guidance",
  "sampler",
  "model",
  "strength",
  "loras",
];

/**
 * All that is known; what the picture has not, such as LoRAs, has no row.
 *
 * @param models whose names are known; any other is called by its id.
 */
export function parameterRows(
  picture: Made & Pick<Picture, "createdAt" | "tookS">,
  words: Words,
  models: readonly ModelNames[] = [],
): ParameterRow[] {
  const { language, viewer } = words;
  const made = new Date(picture.createdAt);
  return [
    ...NAMES.flatMap((name) => {
      const plain = plainValue(name, picture);
      if (plain === null) return [];
      const value = shownValue(name, picture, words, models) ?? plain;
      return [{ name, label: viewer.parameters[name], value, plain }];
    }),
    {
      name: "createdAt",
      label: viewer.parameters.createdAt,
      value: made.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }),
      plain: made.toISOString(),
    },
    {
      name: "took",
      label: viewer.parameters.took,
      value: durationWords(picture.tookS, words),
      plain: `${picture.tookS.toFixed(1)} s`,
    },
  ];
}

/** As the person's language writes it; null for what the picture does not have. */
export function shownValue(
  name: ParameterName,
  picture: Made,
  { language, viewer }: Words,
  models: readonly ModelNames[] = [],
): string | null {
  const { recipe, width, height } = picture;
  switch (name) {
    case "size":
      return fill(viewer.size, { width, height });
    case "guidance":
      return localNumber(recipe.guidanceScale, language);
    case "strength":
      return localNumber(recipe.strength, language);
    case "loras":
      if (recipe.loras.length === 0) return null;
      return recipe.loras
        .map(({ id, scale = 1 }) => `${id} (${localNumber(scale, language)})`)
        .join(", ");
    case "model":
      return models.find(({ id }) => id === recipe.model)?.display_name ?? recipe.model;
    default:
      return plainValue(name, picture);
  }
}

/** The parameters whose values are not the same, in the order of the rows. */
export function differingParameters(a: Made, b: Made): ParameterName[] {
  return NAMES.filter((name) => plainValue(name, a) !== plainValue(name, b));
}

function plainValue(
  name: ParameterName,
  { recipe, width, height }: Made,
): string | null {
  switch (name) {
    case "prompt":
      return recipe.prompt;
    case "negativePrompt":
      return recipe.negativePrompt || null;
    case "seed":
      return plainNumber(recipe.seed);
    case "size":
      return `${width}x${height}`;
    case "steps":
      return plainNumber(recipe.numInferenceSteps);
    case "guidance":
      return plainNumber(recipe.guidanceScale);
    case "sampler":
      return recipe.sampler && samplerName(recipe.sampler);
    case "model":
      return recipe.model;
    case "strength":
      return plainNumber(recipe.strength);
    case "loras":
      return plainLoras(recipe);
  }
}

/** Their order changes nothing, so it is no difference. */
function plainLoras({ loras }: Recipe): string | null {
  if (loras.length === 0) return null;
  return loras
    .map(({ id, scale = 1 }) => `${id}:${scale}`)
    .sort()
    .join(", ");
}

function plainNumber(value: number | null): string | null {
  return value === null ? null : String(value);
}

function localNumber(value: number | null, language: string): string | null {
  return value?.toLocaleString(language, { maximumFractionDigits: 6 }) ?? null;
}

function durationWords(seconds: number, { language, viewer }: Words): string {
  if (seconds < 10) {
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    return fill(viewer.seconds, { seconds: seconds.toLocaleString(language, digits) });
  }
  const whole = Math.round(seconds);
  if (whole < 60) return fill(viewer.seconds, { seconds: whole });
  return fill(viewer.minutes, {
    minutes: Math.floor(whole / 60),
    seconds: whole % 60,
  });
}
