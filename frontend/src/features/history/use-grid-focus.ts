"use client";

import { useCallback, useEffect, useState } from "react";
import type { Picture } from "@/lib/pictures/picture";
import { tileId } from "./picture-tile";

/** Which picture Tab leads to, and ways to move the focus to another one. */
export function useGridFocus(visible: readonly Picture[]) {
  // `request` counts how often a tile was asked to take the focus.
  const [wanted, setWanted] = useState<{ id: string | null; request: number }>({
    id: null,
    request: 0,
  });
  const isThere = visible.some(({ id }) => id === wanted.id);
  const activeId = isThere ? wanted.id : (visible[0]?.id ?? null);

  useEffect(() => {
    if (wanted.request === 0 || wanted.id === null) return;
    document.getElementById(tileId(wanted.id))?.focus();
  }, [wanted]);

  /** Its tile has the focus now. */
  const activate = useCallback(
    (id: string) =>
      setWanted((before) => (before.id === id ? before : { ...before, id })),
    [],
  );

  const moveTo = useCallback(
    (id: string) => setWanted(({ request }) => ({ id, request: request + 1 })),
    [],
  );

  /** To whatever will stand where the focus is once these are gone, if anything will. */
  function leave(gone: ReadonlySet<string>) {
    const at = visible.findIndex(({ id }) => id === activeId);
    const isLeft = ({ id }: Picture) => !gone.has(id);
    const next = visible.slice(at).find(isLeft) ?? visible.findLast(isLeft);
    if (next) moveTo(next.id);
    return next !== undefined;
  }

  return { activeId, activate, moveTo, leave };
}
