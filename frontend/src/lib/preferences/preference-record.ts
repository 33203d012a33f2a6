/** What a person prefers, and how it is written down. Pure. */

import { FILE_FORMATS, type FileFormat } from "@/lib/image-metadata/file-format";

export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

/** The language is not among them: the server must know it, so a cookie holds it. */
export type Preferences = {
  theme: Theme;
  /** Whether shortcuts without Ctrl or Command act (WCAG 2.1.4). */
  hasSingleKeys: boolean;
  /** Whether a notification tells of what ends while the tab is hidden. */
  notifies: boolean;
  /** Whether a tone does. */
  playsSound: boolean;
  /** Whether downloaded files carry the parameters of their picture. */
  keepsParameters: boolean;
  downloadFormat: FileFormat;
};

export const DEFAULT_PREFERENCES: Preferences = {
  theme: "system",
  hasSingleKeys: true,
  notifies: false,
  playsSound: false,
  keepsParameters: true,
  downloadFormat: "png",
};

/** In localStorage; the script that sets the theme before the first paint reads it, too. */
export const PREFERENCES_KEY = "easel-preferences";

const VERSION = 1;

export function writtenPreferences(preferences: Preferences): string {
  return JSON.stringify({ version: VERSION, ...preferences });
}

/**
 * Whatever cannot be understood is left at its default, one by one: a newer studio may
 * have written it, or somebody by hand.
 */
export function readPreferences(written: string | null): Preferences {
  const { theme, downloadFormat, ...switches } = DEFAULT_PREFERENCES;
  const record = recordIn(written);
  const known = Object.entries(switches).map(([name, usual]) => {
    const value = record[name];
    return [name, typeof value === "boolean" ? value : usual];
  });
  return {
    theme: THEMES.find((one) => one === record.theme) ?? theme,
    downloadFormat:
      FILE_FORMATS.find((one) => one === record.downloadFormat) ?? downloadFormat,
    // The same names as in `switches`, each with a boolean.
    ...(Object.fromEntries(known) as typeof switches),
  };
}

function recordIn(written: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(written ?? "{}");
    // An object of any shape: each value is looked at before it is used.
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
