"use client";

import { Icon, type IconName } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import type { Theme } from "@/lib/preferences/preference-record";
import { changePreferences, usePreferences } from "@/lib/preferences/preferences";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import { nextTheme } from "./theme";

const ICONS: Record<Theme, IconName> = {
  system: "monitor",
  light: "sun",
  dark: "moon",
};

/** One button for three themes; its name says the present one and the next. */
export function ThemeToggle() {
  const { theme: words } = useWords();
  const theme = usePreferences((preferences) => preferences.theme);
  const next = nextTheme(theme);
  return (
    <IconButton
      label={fill(words.toggle, {
        current: words.names[theme],
        next: words.names[next],
      })}
      onClick={() => changePreferences({ theme: next })}
    >
      <Icon name={ICONS[theme]} />
    </IconButton>
  );
}
