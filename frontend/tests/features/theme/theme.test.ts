import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { NO_FLASH_SCRIPT, nextTheme } from "@/features/theme/theme";
import {
  DEFAULT_PREFERENCES,
  PREFERENCES_KEY,
  type Theme,
  writtenPreferences,
} from "@/lib/preferences/preference-record";

/** What the script makes of what a browser has kept. */
function themeShown(kept: string | null): string | undefined {
  const dataset: { theme?: string } = {};
  runInNewContext(NO_FLASH_SCRIPT, {
    localStorage: { getItem: (key: string) => (key === PREFERENCES_KEY ? kept : null) },
    document: { documentElement: { dataset } },
  });
  return dataset.theme;
}

test.each<[Theme, string | undefined]>([
  ["light", "light"],
  ["dark", "dark"],
  ["system", undefined],
])("before the first paint %s shows as %s", (theme, shown) => {
  expect(themeShown(writtenPreferences({ ...DEFAULT_PREFERENCES, theme }))).toBe(shown);
});

test.each([null, "no JSON", "null", '{"theme":"sepia"}'])(
  "before the first paint %s shows as the system does",
  (kept) => {
    expect(themeShown(kept)).toBeUndefined();
  },
);

test("three presses come back to where they began", () => {
  expect(nextTheme("system")).toBe("light");
  expect(nextTheme("light")).toBe("dark");
  expect(nextTheme("dark")).toBe("system");
});
