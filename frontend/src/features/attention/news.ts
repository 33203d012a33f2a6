/** What the tab says of itself while somebody looks elsewhere. Pure. */

import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";

export type Outcome = "done" | "failed";

/** A generation that has ended. */
export type Ended = {
  /** Another for each generation. */
  key: string;
  outcome: Outcome;
  prompt: string;
};

type NewsWords = Words["preferences"]["news"];

/**
 * @param page the title without any news.
 * @param running how many generations have not ended.
 * @param progress 0 to 1; null if it is not known.
 */
export function titleOf(
  {
    page,
    running,
    progress,
    news,
  }: { page: string; running: number; progress: number | null; news: Outcome | null },
  words: NewsWords,
  language: string,
): string {
  if (news) return fill(words[news], { page });
  if (running === 0) return page;
  const share = progress === null ? "…" : percent(progress, language);
  return running === 1 ? `${share} – ${page}` : `(${running}) ${share} – ${page}`;
}

// Longer ones are cut by the systems' own notifications, and at worse places.
const EXCERPT_CHARACTERS = 80;

/** @returns the beginning of a prompt on one line. */
export function excerpt(prompt: string): string {
  const line = [...prompt.trim().replace(/\s+/g, " ")];
  if (line.length <= EXCERPT_CHARACTERS) return line.join("");
  return `${line.slice(0, EXCERPT_CHARACTERS - 1).join("")}…`;
}

function percent(share: number, language: string): string {
  // Never 100 % before it is done.
  const unfinished = Math.min(0.99, Math.max(0, share));
  return unfinished.toLocaleString(language, { style: "percent" });
}
