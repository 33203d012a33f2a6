/** Finds commands by what somebody types. Pure. */

import type { Command } from "./command";

/** The best first; all of them in their own order for an empty query. */
export function searchCommands(
  commands: readonly Command[],
  query: string,
): readonly Command[] {
  const words = wordsOf(query);
  return (
    commands
      .map((command) => ({ command, rank: rankOf(command, words) }))
      .filter(({ rank }) => rank < NOT_FOUND)
      // Stable: equals keep their order.
      .sort((a, b) => a.rank - b.rank)
      .map(({ command }) => command)
  );
}

const NOT_FOUND = Number.POSITIVE_INFINITY;

/** Every word has to occur; the sum of how well each does. */
function rankOf({ title, keywords = "" }: Command, words: readonly string[]): number {
  const within = folded(title);
  const besides = folded(keywords);
  return words.reduce((sum, word) => sum + rankOfWord(word, within, besides), 0);
}

function rankOfWord(word: string, title: string, keywords: string): number {
  if (title.startsWith(word)) return 0;
  if (beginsWord(word, title)) return 1;
  if (title.includes(word)) return 2;
  if (beginsWord(word, keywords)) return 3;
  return NOT_FOUND;
}

function beginsWord(start: string, text: string): boolean {
  return wordsOf(text).some((word) => word.startsWith(start));
}

function wordsOf(text: string): string[] {
  return folded(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Without case and accents: "Ubernehmen" finds "übernehmen". */
function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}
