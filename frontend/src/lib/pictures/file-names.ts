/** What a picture is called as a file. Pure. */

import type { Picture } from "./picture";

// Leaves room for seed and ending below the 255 bytes of most file systems, even where
// each character takes three.
const LONGEST_PROMPT = 60;

const ENDINGS: Record<Picture["mediaType"], string> = {
  "image/png": "png",
  "image/webp": "webp",
  "image/jpeg": "jpg",
};

/** The prompt's beginning and the seed, in characters that every file system takes. */
export function fileName({ recipe, id, mediaType }: Picture): string {
  const words = recipe.prompt
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-");
  const beginning = [...words].slice(0, LONGEST_PROMPT).join("");
  const prompt = beginning.replace(/^-+|-+$/g, "") || "picture";
  return `${prompt}-${recipe.seed ?? id}.${ENDINGS[mediaType]}`;
}

/** In the same order; where two would be equal, the later ones are numbered. */
export function distinctFileNames(pictures: readonly Picture[]): string[] {
  const taken = new Set<string>();
  return pictures.map((picture) => {
    const name = fileName(picture);
    const dot = name.lastIndexOf(".");
    let distinct = name;
    for (let number = 2; taken.has(distinct); number++) {
      distinct = `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
    }
    taken.add(distinct);
    return distinct;
  });
}
