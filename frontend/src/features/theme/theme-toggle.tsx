"use client";

import { useSyncExternalStore } from "react";
import { Icon, type IconName } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { applyTheme, currentTheme, nextTheme, type Theme } from "./theme";

const ICONS: Record<Theme, IconName> = {
  system: "monitor",
  light: "sun",
  dark: "moon",
};

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function choose(theme: Theme): void {
  applyTheme(theme);
  for (const listener of listeners) listener();
}

/** One button for three themes; its name says the present one and the next. */
export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, currentTheme, () => "system" as const);
  const next = nextTheme(theme);
  return (
    <IconButton
      label={`Theme: ${theme}. Change to ${next}.`}
      onClick={() => choose(next)}
    >
      <Icon name={ICONS[theme]} />
    </IconButton>
  );
}
