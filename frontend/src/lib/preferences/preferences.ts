"use client";

import { useEffect } from "react";
import { create } from "zustand";
import {
  DEFAULT_PREFERENCES,
  PREFERENCES_KEY,
  type Preferences,
  readPreferences,
  type Theme,
  writtenPreferences,
} from "./preference-record";

const useStore = create<Preferences>(() => DEFAULT_PREFERENCES);

let isOpen = false;

/**
 * `usePreferences((preferences) => preferences.theme)`.
 *
 * The defaults at first, as on the server; what this browser has kept right after.
 */
export function usePreferences<Part>(part: (preferences: Preferences) => Part): Part {
  useEffect(openPreferences, []);
  return useStore(part);
}

/** For code outside of components. */
export function currentPreferences(): Preferences {
  openPreferences();
  return useStore.getState();
}

export function changePreferences(part: Partial<Preferences>): void {
  openPreferences();
  useStore.setState(part);
  const preferences = useStore.getState();
  showTheme(preferences.theme);
  try {
    localStorage.setItem(PREFERENCES_KEY, writtenPreferences(preferences));
  } catch {
    // Private windows may refuse: the choice then lasts as long as the page.
  }
}

function openPreferences(): void {
  if (isOpen) return;
  isOpen = true;
  useStore.setState(keptPreferences());
  // Another tab of this browser has changed them; no key means that all was cleared.
  window.addEventListener("storage", ({ key }) => {
    if (key !== PREFERENCES_KEY && key !== null) return;
    const preferences = keptPreferences();
    useStore.setState(preferences);
    showTheme(preferences.theme);
  });
}

function keptPreferences(): Preferences {
  try {
    return readPreferences(localStorage.getItem(PREFERENCES_KEY));
  } catch {
    return DEFAULT_PREFERENCES;
  }
}

/** One attribute on the root element; without it the system decides. */
function showTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
