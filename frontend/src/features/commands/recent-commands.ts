/** The ids of the commands that were used last from the palette, newest first. */

const KEY = "easel-recent-commands";
const KEPT = 5;

export function recentCommands(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return kept.filter((id) => typeof id === "string").slice(0, KEPT);
  } catch {
    return [];
  }
}

export function rememberCommand(id: string): void {
  const others = recentCommands().filter((one) => one !== id);
  try {
    localStorage.setItem(KEY, JSON.stringify([id, ...others].slice(0, KEPT)));
  } catch {
    // Private windows may refuse: the palette then begins with its first group.
  }
}
