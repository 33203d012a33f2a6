/**
 * What is set, for all screens: they subscribe to it and change it by the functions
 * below.
 */

import { create } from "zustand";
import type { ModelDocument } from "@/lib/api/generated";
import type { Recipe } from "@/lib/recipe/recipe";
import type { Words } from "@/lib/words/words";
import type { Fault } from "./faults";
import { focusField } from "./focus-field";
import { INITIAL_SETTINGS, type Settings, withModel } from "./settings";
import { readDraft, writtenDraft } from "./settings-draft";
import { type RecipePart, settingsOfRecipe } from "./settings-recipe";
import { removeSourceImage } from "./source-image/source-store";

type SettingsState = {
  settings: Settings;
  /** Of the last attempt to generate; gone with the next change. */
  fault: Fault | null;
};

export const useSettings = create<SettingsState>(() => ({
  settings: INITIAL_SETTINGS,
  fault: null,
}));

export function changeSettings(part: Partial<Settings>): void {
  const { settings } = useSettings.getState();
  useSettings.setState({ settings: { ...settings, ...part }, fault: null });
}

export function changeModel(modelId: string): void {
  const { settings } = useSettings.getState();
  useSettings.setState({ settings: withModel(settings, modelId), fault: null });
}

/** Marks a field and leads to it. */
export function refuse(fault: Fault): void {
  useSettings.setState({ fault });
  focusField(fault.field);
}

export function forgetFault(): void {
  useSettings.setState({ fault: null });
}

/** @returns what could not be taken over, each in a few words; see `settingsOfRecipe`. */
export function restoreRecipe(
  recipe: Recipe,
  models: ModelDocument[] | null,
  words: Words["settings"],
  part: RecipePart = "all",
): string[] {
  // Or the draft would be read later, over what is restored now.
  openDraft();
  const before = useSettings.getState().settings;
  const { settings, unrestored } = settingsOfRecipe(
    recipe,
    before,
    models,
    words,
    part,
  );
  useSettings.setState({ settings, fault: null });
  // It began with words alone, and so must whoever repeats it.
  if (part === "all" && recipe.strength === null) removeSourceImage();
  return unrestored;
}

const STORAGE_KEY = "easel-draft";
const QUIET_MS = 300;

let isDraftOpen = false;

/** Reads what was typed before a reload and keeps it from now on. Once a page. */
export function openDraft(): void {
  if (isDraftOpen) return;
  isDraftOpen = true;
  try {
    const settings = readDraft(localStorage.getItem(STORAGE_KEY));
    // What was typed before this script ran is newer.
    if (useSettings.getState().settings === INITIAL_SETTINGS) {
      useSettings.setState({ settings });
    }
  } catch {
    // Some private windows keep nothing: the draft lasts as long as the page.
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  useSettings.subscribe(({ settings }, before) => {
    if (settings === before.settings) return;
    clearTimeout(timer);
    timer = setTimeout(keepDraft, QUIET_MS);
  });
  addEventListener("pagehide", keepDraft);
}

function keepDraft(): void {
  try {
    localStorage.setItem(STORAGE_KEY, writtenDraft(useSettings.getState().settings));
  } catch {
    // As above, or full: nothing that a person could do about it here.
  }
}
