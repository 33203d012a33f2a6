/** One finished image with everything that is known of it. Pure. */

import type { CompletedGeneration, GeneratedImage } from "@/lib/api/generated";
import { type Recipe, recipeOfImage } from "@/lib/recipe/recipe";

export type Picture = {
  /** `<generation id>.<index>`. */
  id: string;
  generationId: string;
  index: number;
  /** Milliseconds since the epoch. */
  createdAt: number;
  recipe: Recipe;
  width: number;
  height: number;
  mediaType: GeneratedImage["media_type"];
  /** At the gateway, for as long as the server keeps it. */
  url: string;
  warnings: readonly string[];
  /** Seconds from the request to the image. */
  tookS: number;
  isFavourite: boolean;
  /** Milliseconds since the epoch; null if it is not in the trash. */
  trashedAt: number | null;
};

export function picturesOf(generation: CompletedGeneration): Picture[] {
  return generation.images.map((image) => ({
    id: `${generation.id}.${image.index}`,
    generationId: generation.id,
    index: image.index,
    createdAt: Date.parse(generation.created_at),
    recipe: recipeOfImage(generation, image.seed),
    width: image.width,
    height: image.height,
    mediaType: image.media_type,
    url: image.url,
    warnings: generation.warnings ?? [],
    tookS: generation.timings.total_s,
    isFavourite: false,
    trashedAt: null,
  }));
}
