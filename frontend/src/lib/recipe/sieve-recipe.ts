/** From values of unknown origin to a recipe that the API would take. Pure. */

import type { Lora } from "@/lib/api/generated";
import { EMPTY_RECIPE, type Recipe } from "./recipe";

export type RecipeField = keyof Recipe;

/** Values as a link or a file has them: of any type, numbers also as text. */
export type LooseRecipe = { readonly [Field in RecipeField]?: unknown };

/** The API's own, both ends included; a strength is more than 0. */
export const RECIPE_LIMITS = {
  promptCharacters: 4_000,
  modelCharacters: 200,
  samplerCharacters: 64,
  loras: 8,
  loraScale: { minimum: -4, maximum: 4 },
  sidePx: { minimum: 32, maximum: 4_096 },
  numInferenceSteps: { minimum: 1, maximum: 200 },
  guidanceScale: { minimum: 0, maximum: 30 },
  seed: { minimum: 0, maximum: 2 ** 32 - 1 },
  numImages: { minimum: 1, maximum: 4 },
  strength: { minimum: Number.MIN_VALUE, maximum: 1 },
} as const;

type Range = { readonly minimum: number; readonly maximum: number };

const MAX_NUMBER_CHARACTERS = 40;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/**
 * What can be used, and the names of the fields that hold something else.
 *
 * A prompt that is too long is cut, and counts as refused.
 */
export function sieveRecipe(loose: LooseRecipe): {
  recipe: Recipe;
  refused: RecipeField[];
} {
  const refused: RecipeField[] = [];
  const taken = <Value>(field: RecipeField, take: (value: unknown) => Value | null) => {
    const value = loose[field];
    if (value === undefined || value === null || value === "") return null;
    const found = take(value);
    if (found === null) refused.push(field);
    return found;
  };
  const numberIn = (field: RecipeField, range: Range) =>
    taken(field, (value) => within(readNumber(value), range));
  const wholeIn = (field: RecipeField, range: Range) =>
    taken(field, (value) => {
      const found = within(readNumber(value), range);
      return Number.isInteger(found) ? found : null;
    });
  const promptIn = (field: RecipeField) => {
    const whole = taken(field, (value) => (typeof value === "string" ? value : null));
    const cut = firstCharacters(whole ?? "", RECIPE_LIMITS.promptCharacters);
    if (whole !== null && cut !== whole) refused.push(field);
    return cut;
  };
  const nameIn = (field: RecipeField, maximum: number) =>
    taken(field, (value) =>
      typeof value === "string" && value.length <= maximum ? value : null,
    );

  const recipe: Recipe = {
    prompt: promptIn("prompt"),
    negativePrompt: promptIn("negativePrompt"),
    model: nameIn("model", RECIPE_LIMITS.modelCharacters),
    width: wholeIn("width", RECIPE_LIMITS.sidePx),
    height: wholeIn("height", RECIPE_LIMITS.sidePx),
    numInferenceSteps: wholeIn("numInferenceSteps", RECIPE_LIMITS.numInferenceSteps),
    guidanceScale: numberIn("guidanceScale", RECIPE_LIMITS.guidanceScale),
    seed: wholeIn("seed", RECIPE_LIMITS.seed),
    numImages: wholeIn("numImages", RECIPE_LIMITS.numImages) ?? EMPTY_RECIPE.numImages,
    sampler: nameIn("sampler", RECIPE_LIMITS.samplerCharacters),
    loras: taken("loras", readLoras) ?? [],
    strength: numberIn("strength", RECIPE_LIMITS.strength),
  };
  return withWholeSize(recipe, refused);
}

/** Whether a recipe says nothing at all. */
export function isEmpty(recipe: Recipe): boolean {
  return Object.entries(EMPTY_RECIPE).every(([field, empty]) => {
    // The entries are those of a recipe.
    const value = recipe[field as RecipeField];
    return Array.isArray(value) ? value.length === 0 : value === empty;
  });
}

/** Half a size says nothing: the other side's default belongs to another shape. */
function withWholeSize(recipe: Recipe, refused: RecipeField[]) {
  if ((recipe.width === null) === (recipe.height === null)) return { recipe, refused };
  const half: RecipeField = recipe.width === null ? "height" : "width";
  return {
    recipe: { ...recipe, width: null, height: null },
    refused: [...refused, half],
  };
}

/** Null if it is no list, is too long, or has one that cannot be used. */
function readLoras(value: unknown): Lora[] | null {
  if (!Array.isArray(value) || value.length > RECIPE_LIMITS.loras) return null;
  const loras = value.map(readLora);
  return loras.every((lora) => lora !== null) ? loras : null;
}

function readLora(value: unknown): Lora | null {
  if (typeof value !== "object" || value === null) return null;
  const { id, scale = 1 } = value as { id?: unknown; scale?: unknown };
  const found = within(readNumber(scale), RECIPE_LIMITS.loraScale);
  const isNamed =
    typeof id === "string" && id !== "" && id.length <= RECIPE_LIMITS.modelCharacters;
  return isNamed && found !== null ? { id, scale: found } : null;
}

/** NaN for what is no number, and for what `Number` reads more generously. */
function readNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.length > MAX_NUMBER_CHARACTERS) return NaN;
  return NUMBER.test(value.trim()) ? Number(value) : NaN;
}

function within(value: number, { minimum, maximum }: Range): number | null {
  return value >= minimum && value <= maximum ? value : null;
}

/** Characters as the server counts them: an emoji is one. */
function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  // Two code units at most for each.
  return [...text.slice(0, 2 * count)].slice(0, count).join("");
}
