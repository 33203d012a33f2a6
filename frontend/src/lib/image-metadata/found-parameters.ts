/** What a reader of one tool's format hands over. Pure. */

import type { Recipe } from "@/lib/recipe/recipe";
import {
  isEmpty,
  type LooseRecipe,
  type RecipeField,
  sieveRecipe,
} from "@/lib/recipe/sieve-recipe";

export type Tool = "easel" | "automatic1111" | "invokeai" | "comfyui" | "swarmui";

export type FoundParameters = {
  source: Tool;
  recipe: Recipe;
  /** Fields whose values are outside our limits; the recipe has defaults there. */
  refused: RecipeField[];
  /** `Clip skip: 2`: parameters that are in the file and mean nothing to us. */
  unknown: string[];
};

const MAX_UNKNOWN = 40;
const MAX_VALUE_CHARACTERS = 60;

/** Names and values, as the tool itself has them. */
export type Unknown = [name: string, value: unknown][];

/** Null if nothing at all could be used. */
export function found(
  source: Tool,
  loose: LooseRecipe,
  unknown: Unknown,
): FoundParameters | null {
  const { recipe, refused } = sieveRecipe(loose);
  if (isEmpty(recipe)) return null;
  const described = unknown.map(([name, value]) => description(name, value));
  const distinct = [...new Set(described)].slice(0, MAX_UNKNOWN);
  return { source, recipe, refused, unknown: distinct };
}

/** The name alone where the value would say nothing to a person. */
function description(name: string, value: unknown): string {
  const isShown =
    typeof value === "boolean" ||
    (typeof value === "string" && value.trim() !== "") ||
    typeof value === "number";
  const short = cut(name);
  return isShown ? `${short}: ${cut(String(value).trim())}` : short;
}

function cut(text: string): string {
  const line = text.slice(0, MAX_VALUE_CHARACTERS).replace(/\s+/g, " ");
  return text.length > MAX_VALUE_CHARACTERS ? `${line}…` : line;
}
