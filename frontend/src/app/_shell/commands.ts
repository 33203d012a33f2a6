"use client";

import { usePathname, useRouter } from "next/navigation";
import { showToast } from "@/components/toasts";
import { type CommandActions, commandsFor } from "@/features/commands/catalogue";
import type { Command } from "@/features/commands/command";
import { isGenerating } from "@/features/generation/generation-view";
import { useLiveGenerations } from "@/features/generation/live-generations";
import { turnNotifications } from "@/features/preferences/notifications";
import { useLanguageChoice } from "@/features/preferences/use-language-choice";
import { focusField } from "@/features/settings/focus-field";
import { randomSeed } from "@/features/settings/settings";
import { changeSettings, useSettings } from "@/features/settings/settings-store";
import { nextTheme } from "@/features/theme/theme";
import { useLibrary } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";
import { changePreferences, currentPreferences } from "@/lib/preferences/preferences";
import { useWords } from "@/lib/words/use-words";
import { cancel, generate, restore, vary } from "../_studio/painting";
import { pictureOf, showPicture, useOnStage } from "../_studio/shown";
import { openDialog } from "./dialogs";
import {
  compare,
  copyLink,
  discard,
  download,
  toggleFavourite,
} from "./picture-commands";

/** Every command with what it does now; null where it would do nothing. */
export function useCommands(): Command[] {
  const words = useWords();
  const router = useRouter();
  const chooseLanguage = useLanguageChoice();
  const stage = useOnStage();
  // Elsewhere nobody sees which picture they would be about.
  const isInStudio = usePathname() === "/";
  const picture = isInStudio ? pictureOf(stage) : null;
  const newest = useLibrary(({ pictures }) =>
    pictures.find(({ trashedAt }) => trashedAt === null),
  );
  const isBusy = useLiveGenerations(({ generations }) =>
    generations.some(({ view }) => isGenerating(view)),
  );

  /** The form is on the first screen. */
  const inStudio = (act: () => void) => () => {
    if (!isInStudio) router.push("/");
    act();
  };
  const withPicture = (act: (picture: Picture) => void) =>
    picture ? () => act(picture) : null;

  const actions: CommandActions = {
    generate: inStudio(() => generate(words)),
    cancel: isBusy ? cancel : null,
    focusPrompt: inStudio(() => requestAnimationFrame(() => focusField("prompt"))),
    clearPrompt: inStudio(() => changeSettings({ prompt: "" })),
    newSeed: () => changeSettings({ seed: randomSeed() }),
    lockSeed: () => toggleSeed(picture),
    restoreLast: newest
      ? inStudio(() => restore((picture ?? newest).recipe, words))
      : null,
    vary: withPicture(({ recipe }) => vary(recipe, words)),
    copyLink: withPicture((one) => copyLink(one, words)),
    download: withPicture((one) => download(one, words)),
    favourite: withPicture(toggleFavourite),
    compare: withPicture(compare),
    nextPicture: neighbour(picture, 1),
    previousPicture: neighbour(picture, -1),
    trash: withPicture((one) => discard(one, words)),
    goToStudio: () => router.push("/"),
    goToHistory: () => router.push("/history"),
    goToStatus: () => router.push("/status"),
    openPalette: () => openDialog({ kind: "palette" }),
    openShortcuts: () => openDialog({ kind: "shortcuts" }),
    openPreferences: () => openDialog({ kind: "preferences" }),
    changeTheme: () =>
      changePreferences({ theme: nextTheme(currentPreferences().theme) }),
    inEnglish: words.language === "en" ? null : () => chooseLanguage("en"),
    inGerman: words.language === "de" ? null : () => chooseLanguage("de"),
    toggleNotifications: () => void toggleNotifications(words.preferences.attention),
    toggleSound: () =>
      changePreferences({ playsSound: !currentPreferences().playsSound }),
  };
  return commandsFor(actions, words.commands);
}

function toggleSeed(picture: Picture | null): void {
  const { seed } = useSettings.getState().settings;
  const last = picture?.recipe.seed?.toString() ?? randomSeed();
  changeSettings({ seed: seed === "" ? last : "" });
}

/** @param steps 1 leads to the one that was made before it. */
function neighbour(picture: Picture | null, steps: 1 | -1): (() => void) | null {
  const kept = useLibrary
    .getState()
    .pictures.filter(({ trashedAt }) => trashedAt === null);
  const at = picture ? kept.findIndex(({ id }) => id === picture.id) : -1;
  const next = picture ? kept[at + steps] : kept[0];
  return next ? () => showPicture(next.id) : null;
}

type Refusals = Record<"blocked" | "insecure" | "unsupported", string>;

async function toggleNotifications(words: Refusals): Promise<void> {
  const refusal = await turnNotifications(!currentPreferences().notifies);
  if (refusal && refusal in words) showToast(words[refusal as keyof Refusals]);
}
