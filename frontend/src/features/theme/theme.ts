/** Light, dark, or as the system says: one attribute on the root element. Pure. */

import {
  PREFERENCES_KEY,
  THEMES,
  type Theme,
} from "@/lib/preferences/preference-record";

/**
 * Runs before the first paint, so that a chosen theme never flashes the other one.
 * It is inlined as text: it can use nothing of this module.
 */
export const NO_FLASH_SCRIPT = `try{const{theme:t}=JSON.parse(localStorage.getItem("${PREFERENCES_KEY}"));if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

/** What one press makes of it. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
}
