"use client";

import { useCallback, useEffect, useRef } from "react";
import { showToast } from "@/components/toasts";
import { takeFromTrash, trash } from "@/lib/pictures/library";
import { counted } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";

/**
 * To the trash and back.
 *
 * @param onBack is told the first picture that an Undo has brought back.
 */
export function useTrashing(onBack: (id: string) => void) {
  const { history: words, language } = useWords();
  const latest = useRef<readonly string[]>([]);

  const restore = useCallback(
    (ids: readonly string[]) => {
      void takeFromTrash(ids);
      showToast(counted(words.restored, ids.length, language));
      latest.current = [];
    },
    [words, language],
  );

  const undo = useCallback(
    (ids: readonly string[]) => {
      restore(ids);
      if (ids[0]) onBack(ids[0]);
    },
    [restore, onBack],
  );

  const discard = useCallback(
    (ids: readonly string[]) => {
      void trash(ids);
      latest.current = ids;
      showToast(counted(words.trashed, ids.length, language), {
        label: words.undo,
        run: () => undo(ids),
      });
    },
    [words, language, undo],
  );

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z";
      if (!isUndo || event.defaultPrevented || isTextField(event.target)) return;
      if (latest.current.length === 0) return;
      event.preventDefault();
      undo(latest.current);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [undo]);

  return { discard, restore };
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea");
}
