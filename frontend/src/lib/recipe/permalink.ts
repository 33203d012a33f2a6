/**
 * A recipe as a link, and back. Pure.
 *
 * It stands in the fragment, `/#prompt=a+cat&seed=7&v=1`: browsers send that to no
 * server, so prompts stay out of access logs. The names are the API's.
 */

import { EMPTY_RECIPE, type Recipe } from "./recipe";
import {
  isEmpty,
  type LooseRecipe,
  type RecipeField,
  sieveRecipe,
} from "./sieve-recipe";

export const LINK_VERSION = 1;

/** Why a link may not say everything; null if it does. */
export type LinkNotice = null | "older" | "newer" | "partly";

export type ReadLink =
  | { kind: "none" }
  | {
      kind: "recipe";
      recipe: Recipe;
      notice: LinkNotice;
      /** Fields whose values were outside their limits; the recipe has defaults there. */
      refused: readonly RecipeField[];
    }
  | { kind: "unreadable" };

const VERSION_NAME = "v";
const LORA_NAME = "lora";

const NAMES = {
  prompt: "prompt",
  negativePrompt: "negative_prompt",
  model: "model",
  width: "width",
  height: "height",
  numInferenceSteps: "num_inference_steps",
  guidanceScale: "guidance_scale",
  seed: "seed",
  numImages: "num_images",
  sampler: "sampler",
  strength: "strength",
} as const satisfies Partial<Record<RecipeField, string>>;

/** Version 0 is a link without a version, such as people write by hand. */
const NAMES_BEFORE_1: Readonly<Record<string, string>> = {
  negative: NAMES.negativePrompt,
  steps: NAMES.numInferenceSteps,
  guidance: NAMES.guidanceScale,
  n: NAMES.numImages,
};

// Two prompts of the longest, each of their bytes as %XX, and room for the rest.
const MAX_CHARACTERS = 200_000;

/**
 * Of the studio at `origin`; only what differs from an empty recipe.
 *
 * The version comes last: chat programs take a full stop at the end of a link, such as
 * a prompt's, for their sentence's.
 */
export function recipeLink(recipe: Recipe, origin: string): string {
  const fields = new URLSearchParams();
  for (const [field, name] of namedFields()) {
    const value = recipe[field];
    if (value !== EMPTY_RECIPE[field]) fields.set(name, String(value));
  }
  for (const { id, scale = 1 } of recipe.loras) {
    fields.append(LORA_NAME, `${id}:${scale}`);
  }
  if (fields.size === 0) return `${origin}/`;
  fields.set(VERSION_NAME, String(LINK_VERSION));
  return `${origin}/#${fields}`;
}

/**
 * Never throws, whatever somebody has put into the link.
 *
 * @param fragment `location.hash`, with or without its `#`.
 */
export function readRecipeLink(fragment: string): ReadLink {
  if (fragment.length > MAX_CHARACTERS) return { kind: "unreadable" };
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const version = readVersion(fields.get(VERSION_NAME));
  const current = version === 0 ? withCurrentNames(fields) : fields;
  const loose = looseRecipe(current);
  const isOurs = fields.has(VERSION_NAME) || Object.keys(loose).length > 0;
  if (!isOurs) return { kind: "none" };

  const { recipe, refused } = sieveRecipe(loose);
  if (isEmpty(recipe)) return { kind: "unreadable" };
  return { kind: "recipe", recipe, refused, notice: notice(version, refused) };
}

function notice(version: number | null, refused: readonly RecipeField[]): LinkNotice {
  if (version !== null && version > LINK_VERSION) return "newer";
  if (version === null || refused.length > 0) return "partly";
  return version < LINK_VERSION ? "older" : null;
}

/** 0 where there is none, null where it is no version at all. */
function readVersion(text: string | null): number | null {
  if (text === null) return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function withCurrentNames(fields: URLSearchParams): URLSearchParams {
  const current = new URLSearchParams();
  for (const [name, value] of fields) {
    const renamed = Object.hasOwn(NAMES_BEFORE_1, name) ? NAMES_BEFORE_1[name] : name;
    current.append(renamed ?? name, value);
  }
  return current;
}

function looseRecipe(fields: URLSearchParams): LooseRecipe {
  const loose: { [Field in RecipeField]?: unknown } = {};
  for (const [field, name] of namedFields()) {
    if (fields.has(name)) loose[field] = fields.get(name);
  }
  if (fields.has(LORA_NAME)) loose.loras = fields.getAll(LORA_NAME).map(looseLora);
  return loose;
}

/** `id:scale`; an id may have colons of its own. */
function looseLora(text: string) {
  const colon = text.lastIndexOf(":");
  return colon < 0
    ? { id: text }
    : { id: text.slice(0, colon), scale: text.slice(colon + 1) };
}

function namedFields(): [keyof typeof NAMES, string][] {
  // The type of `Object.entries` forgets which keys there are.
  return Object.entries(NAMES) as [keyof typeof NAMES, string][];
}
