"use client";

import { type KeyboardEvent, useState } from "react";

/** Which of `count` options is the one that Enter takes, and how keys move it. */
export function usePaletteChoice(count: number) {
  const [wanted, choose] = useState(0);
  const last = count - 1;
  const index = Math.min(wanted, Math.max(0, last));

  function move(event: KeyboardEvent) {
    const target = targetOf(event.key, { index, last });
    if (target === null || event.nativeEvent.isComposing) return;
    event.preventDefault();
    choose(target);
  }

  return { index, choose, move };
}

/** Up and down go round; Home and End go to the ends. Null for any other key. */
export function targetOf(
  key: string,
  { index, last }: { index: number; last: number },
): number | null {
  switch (key) {
    case "ArrowDown":
      return index >= last ? 0 : index + 1;
    case "ArrowUp":
      return index <= 0 ? Math.max(0, last) : index - 1;
    case "Home":
      return 0;
    case "End":
      return Math.max(0, last);
    default:
      return null;
  }
}
