/** What a downloaded picture is called. Pure. */

import type { Recipe } from "./recipe";

// Together with seed and ending below the 255 bytes that file systems allow.
const MAX_PROMPT_CHARACTERS = 50;

/** `a-red-fox-7.png`: the prompt's beginning in any script, and the seed. */
export function fileName(
  { prompt, seed }: Pick<Recipe, "prompt" | "seed">,
  ending: string,
): string {
  const words = prompt
    .slice(0, 4 * MAX_PROMPT_CHARACTERS)
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}]+/gu, "-");
  const short = [...words].slice(0, MAX_PROMPT_CHARACTERS).join("");
  const stem = short.replace(/^-|-$/g, "") || "easel";
  // With something behind it the stem is none of Windows' devices (`con`, `nul`).
  return `${stem}-${seed ?? "picture"}.${ending}`;
}
