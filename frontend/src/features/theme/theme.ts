/** Light, dark, or as the system says: one attribute on the root element. */

export type Theme = "system" | "light" | "dark";

const STORAGE_KEY = "easel-theme";

/**
 * Runs before the first paint, so that a chosen theme never flashes the other one.
 * It is inlined as text: it can use nothing of this module.
 */
export const NO_FLASH_SCRIPT = `try{const t=localStorage.getItem("${STORAGE_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

export function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Private windows may refuse: the choice then lasts as long as the page.
  }
}

export function nextTheme(theme: Theme): Theme {
  switch (theme) {
    case "system":
      return "light";
    case "light":
      return "dark";
    case "dark":
      return "system";
  }
}
