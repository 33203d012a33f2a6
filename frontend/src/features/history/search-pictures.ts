/** Which pictures of thousands are meant; fast enough for each key that is pressed. Pure. */

import type { Picture } from "@/lib/pictures/picture";
import type { Recipe } from "@/lib/recipe/recipe";
import type { HistoryQuery, Period, Shape } from "./history-query";

const PERIOD_DAYS: Record<Period, number> = { today: 1, week: 7, month: 30 };

// How far the sides of a square may differ.
const SQUARE_TOLERANCE = 0.05;

/** In the order in which they come. @param now milliseconds since the epoch. */
export function searchPictures(
  pictures: readonly Picture[],
  query: HistoryQuery,
  now: number,
): Picture[] {
  const words = folded(query.words).split(/\s+/).filter(Boolean);
  const since = query.period && startOfPeriod(query.period, now);
  return pictures.filter(
    (picture) =>
      (picture.trashedAt !== null) === (query.view === "trash") &&
      (!query.isFavourite || picture.isFavourite) &&
      (query.model === null || picture.recipe.model === query.model) &&
      (query.shape === null || shapeOf(picture) === query.shape) &&
      (since === null || picture.createdAt >= since) &&
      words.every((word) => searchText(picture).includes(word)),
  );
}

/** Without cases and accents, so that "cafe" finds "Café" and "strasse" finds "Straße". */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase().toLowerCase();
}

export function shapeOf({ width, height }: Pick<Picture, "width" | "height">): Shape {
  if (Math.abs(width / height - 1) <= SQUARE_TOLERANCE) return "square";
  return width > height ? "wide" : "tall";
}

/** Makes the first search as fast as the others. */
export function prepareSearch(pictures: readonly Picture[]): void {
  pictures.forEach(searchText);
}

/** All models that have painted one of them, in order of their names. */
export function modelsOf(pictures: readonly Picture[]): string[] {
  const models = new Set(pictures.map(({ recipe }) => recipe.model));
  return [...models].filter((model) => model !== null).sort();
}

// Folding 2,000 prompts takes longer than searching them. A recipe never changes, and
// its text goes when it goes.
const searchTexts = new WeakMap<Recipe, string>();

function searchText({ recipe, width, height }: Picture): string {
  const known = searchTexts.get(recipe);
  if (known !== undefined) return known;
  const text = folded(
    [
      recipe.prompt,
      recipe.negativePrompt,
      recipe.model ?? "",
      String(recipe.seed ?? ""),
      `${width}x${height}`,
      // As sizes are written on the screen.
      `${width} × ${height}`,
    ].join("\n"),
  );
  searchTexts.set(recipe, text);
  return text;
}

function startOfPeriod(period: Period, now: number): number {
  const start = new Date(now);
  start.setHours(0, 0, 0, 0);
  start.setDate(start.getDate() - (PERIOD_DAYS[period] - 1));
  return start.getTime();
}
