"use client";

import { useCallback, useState } from "react";
import type { Picture } from "@/lib/pictures/picture";
import type { GridFocus } from "./picture-grid";

/** Which picture Tab leads to, and ways to move the focus to another one. */
export function useGridFocus(visible: readonly Picture[]) {
  const [wanted, setWanted] = useState<GridFocus>({ id: null, request: 0 });
  const isThere = visible.some(({ id }) => id === wanted.id);
  const focus = isThere ? wanted : { ...wanted, id: visible[0]?.id ?? null };

  const activate = useCallback(
    (id: string) =>
      setWanted((before) => (before.id === id ? before : { ...before, id })),
    [],
  );

  const moveTo = useCallback(
    (id: string) => setWanted(({ request }) => ({ id, request: request + 1 })),
    [],
  );

  /** To whatever will stand where the focus is once these are gone. */
  function leave(gone: ReadonlySet<string>) {
    const at = visible.findIndex(({ id }) => id === focus.id);
    const after = visible.slice(at).find(({ id }) => !gone.has(id));
    const before = visible
      .slice(0, Math.max(0, at))
      .findLast(({ id }) => !gone.has(id));
    const next = after ?? before;
    if (next) moveTo(next.id);
  }

  return { focus, activate, moveTo, leave };
}
