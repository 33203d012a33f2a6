"use client";

import { type KeyboardEvent, useRef, useState } from "react";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { changeSettings } from "../settings-store";
import { caretLine } from "./caret-line";
import { earlierPrompts, stepThrough, type Walk } from "./prompt-history";

/**
 * Up and Down bring earlier prompts into the field and the draft back, as in a shell.
 *
 * `heard` says which one is there, for a live region.
 */
export function usePromptWalk() {
  const { settings: words } = useWords();
  const walk = useRef<Walk>({ place: 0, draft: "" });
  const [heard, setHeard] = useState("");

  function walkOnArrow(event: KeyboardEvent<HTMLTextAreaElement>): void {
    const { key, currentTarget: area } = event;
    if (key !== "ArrowUp" && key !== "ArrowDown") return;
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.nativeEvent.isComposing) return;
    if (area.selectionStart !== area.selectionEnd) return;
    const isBack = key === "ArrowUp";
    const { isFirst, isLast } = caretLine(area);
    if (isBack ? !isFirst : !isLast) return;
    const earlier = earlierPrompts();
    const step = stepThrough(earlier, walk.current, area.value, isBack ? 1 : -1);
    if (!step) return;
    event.preventDefault();
    walk.current = step;
    changeSettings({ prompt: step.prompt });
    setHeard(
      step.place === 0
        ? words.prompt.draft
        : fill(words.prompt.recalled, { place: step.place, count: earlier.length }),
    );
    // Where the same key goes on, once React has put the text there.
    requestAnimationFrame(() => {
      const caret = isBack ? 0 : area.value.length;
      area.setSelectionRange(caret, caret);
    });
  }

  return { heard, walkOnArrow };
}
