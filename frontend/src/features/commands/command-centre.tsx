"use client";

import dynamic from "next/dynamic";
import { changePreferences, usePreferences } from "@/lib/preferences/preferences";
import type { CommandId } from "./catalogue";
import type { Command } from "./command";
import { useShortcuts } from "./use-shortcuts";

// Rare: no part of the first load.
const CommandPalette = dynamic(
  async () => (await import("./command-palette")).CommandPalette,
);
const ShortcutsSheet = dynamic(
  async () => (await import("./shortcuts-sheet")).ShortcutsSheet,
);

const NONE: readonly Command[] = [];

type Props = {
  commands: readonly Command[];
  /** Which of its two dialogs is open. */
  opened: "palette" | "shortcuts" | null;
  onClose: () => void;
};

/** Once a page: what makes commands work by keys, by name and by their sheet. */
export function CommandCentre({ commands, opened, onClose }: Props) {
  const singleLetters = usePreferences(({ hasSingleKeys }) => hasSingleKeys);
  // From the press on, and not only once the dialog has been loaded.
  useShortcuts(opened === null ? commands : NONE, { singleLetters });
  switch (opened) {
    case "palette":
      return <CommandPalette commands={commands.filter(isOther)} onClose={onClose} />;
    case "shortcuts":
      return (
        <ShortcutsSheet
          commands={commands}
          singleLetters={singleLetters}
          onSingleLettersChange={(hasSingleKeys) =>
            changePreferences({ hasSingleKeys })
          }
          onClose={onClose}
        />
      );
    case null:
      return null;
  }
}

/** The palette does not list what would open it. */
function isOther({ id }: Command): boolean {
  return id !== ("openPalette" satisfies CommandId);
}
