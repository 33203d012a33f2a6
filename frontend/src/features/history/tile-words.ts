/** What is said of one picture in the grid. Pure. */

import { trashEnd } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import { counted, fill } from "@/lib/words/format";
import { shortened } from "@/lib/words/shortened";
import type { Words } from "@/lib/words/words";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long the trash still keeps it; null if it is not there. */
export function timeLeft(
  { trashedAt }: Picture,
  now: number,
  { tile }: Words["history"],
  language: string,
): string | null {
  if (trashedAt === null) return null;
  const days = (trashEnd(trashedAt) - now) / DAY_MS;
  return days < 1 ? tile.lastDay : counted(tile.daysLeft, Math.round(days), language);
}

export function tileLabel(
  picture: Picture,
  now: number,
  words: Words["history"],
  language: string,
): string {
  const { tile } = words;
  const prompt = shortened(picture.recipe.prompt.trim()) || tile.noPrompt;
  const left = timeLeft(picture, now, words, language);
  if (left) return fill(tile.goes, { prompt, left });
  return picture.isFavourite ? fill(tile.favourite, { prompt }) : prompt;
}
