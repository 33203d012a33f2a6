"use client";

import { useEffect, useEffectEvent } from "react";

/** Escape, unless a dialog is open or a field has its own use for it. */
export function useEscape(isOn: boolean, run: () => void): void {
  const onEscape = useEffectEvent(run);
  useEffect(() => {
    if (!isOn) return;
    const onKeyDown = ({ key, target, defaultPrevented }: KeyboardEvent) => {
      if (key !== "Escape" || defaultPrevented) return;
      if (target instanceof HTMLInputElement && target.value) return;
      if (!document.querySelector("dialog[open]")) onEscape();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [isOn]);
}
