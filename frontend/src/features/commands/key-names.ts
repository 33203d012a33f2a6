/** What is printed on the keys. Pure. */

import type { Words } from "@/lib/words/words";
import { chordsOf } from "./keys";

const APPLE_SYMBOLS = { mod: "⌘", shift: "⇧", enter: "↩", delete: "⌫" };

/** "g h" is [["G"], ["H"]], "mod+k" is [["Ctrl", "K"]] or [["⌘", "K"]]. */
export function keyNames(
  keys: string,
  isApple: boolean,
  words: Words["commands"]["keyNames"],
): string[][] {
  const names: Record<string, string> = isApple
    ? APPLE_SYMBOLS
    : { ...words, mod: words.ctrl };
  return chordsOf(keys).map(({ key, mod, shift }) => [
    ...(mod ? [names.mod ?? ""] : []),
    ...(shift ? [names.shift ?? ""] : []),
    names[key] ?? key.toUpperCase(),
  ]);
}
