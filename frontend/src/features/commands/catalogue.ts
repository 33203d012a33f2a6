/** Every command that the studio has, with its group and its keys. Pure. */

import type { Words } from "@/lib/words/words";
import type { Command } from "./command";

export type CommandId = keyof Words["commands"]["titles"];

type Group = Exclude<keyof Words["commands"]["groups"], "recent">;

type Entry = { group: Group; keys?: string };

/**
 * In the order in which they are listed.
 *
 * Single keys act on the picture that is shown; what may be wanted in the middle of
 * writing goes with Ctrl or Command.
 */
export const CATALOGUE: Record<CommandId, Entry> = {
  generate: { group: "painting", keys: "mod+enter" },
  cancel: { group: "painting", keys: "mod+." },
  focusPrompt: { group: "painting", keys: "/" },
  clearPrompt: { group: "painting" },
  newSeed: { group: "painting", keys: "s" },
  lockSeed: { group: "painting", keys: "l" },
  restoreLast: { group: "painting", keys: "r" },
  vary: { group: "picture", keys: "v" },
  copyLink: { group: "picture", keys: "c" },
  download: { group: "picture", keys: "d" },
  favourite: { group: "picture", keys: "f" },
  compare: { group: "picture", keys: "b" },
  nextPicture: { group: "picture", keys: "j" },
  previousPicture: { group: "picture", keys: "k" },
  trash: { group: "picture", keys: "delete" },
  goToStudio: { group: "places", keys: "g s" },
  goToHistory: { group: "places", keys: "g h" },
  goToStatus: { group: "places", keys: "g t" },
  openPalette: { group: "studio", keys: "mod+k" },
  openShortcuts: { group: "studio", keys: "?" },
  openPreferences: { group: "studio", keys: "mod+," },
  changeTheme: { group: "studio", keys: "t" },
  inEnglish: { group: "studio" },
  inGerman: { group: "studio" },
  toggleNotifications: { group: "studio" },
  toggleSound: { group: "studio", keys: "m" },
};

/** What a command does here and now; null, or none, where it would do nothing. */
export type CommandActions = Partial<Record<CommandId, (() => void) | null>>;

/** The catalogue's commands with what the screen that is open does for them. */
export function commandsFor(
  actions: CommandActions,
  words: Words["commands"],
): Command[] {
  return COMMAND_IDS.flatMap((id) => {
    const run = actions[id];
    if (run === undefined) return [];
    const { group, keys } = CATALOGUE[id];
    return {
      id,
      title: words.titles[id],
      group: words.groups[group],
      ...(keys !== undefined && { keys }),
      run: run ?? doNothing,
      isAvailable: run !== null,
      keywords: words.keywords[id],
    };
  });
}

// The keys of a literal object are the type's own.
const COMMAND_IDS = Object.keys(CATALOGUE) as CommandId[];

function doNothing(): void {}
