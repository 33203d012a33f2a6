/** Pictures for tests: all alike but for what a test says of them. */

import type { Picture } from "@/lib/pictures/picture";
import { EMPTY_RECIPE, type Recipe } from "@/lib/recipe/recipe";
import type { PictureFile } from "@/lib/storage/database";

export function pictureOf(
  id: string,
  part: Partial<Omit<Picture, "recipe">> & { recipe?: Partial<Recipe> } = {},
): Picture {
  return {
    generationId: id,
    index: 0,
    createdAt: Date.UTC(2026, 10, 23, 12),
    width: 512,
    height: 512,
    mediaType: "image/png",
    url: `/generations/${id}/images/0`,
    warnings: [],
    tookS: 2,
    isFavourite: false,
    trashedAt: null,
    ...part,
    id,
    recipe: { ...EMPTY_RECIPE, prompt: "a red bicycle", seed: 7, ...part.recipe },
  };
}

export function pictureFileOf(id: string): PictureFile {
  return { id, file: new Blob([id]), thumbnail: new Blob(["small"]) };
}
