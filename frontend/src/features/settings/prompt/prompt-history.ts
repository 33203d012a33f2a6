/** The prompts that were painted, newest first, and walking through them. */

const STORAGE_KEY = "easel-prompts";
const KEPT = 50;

// Where the browser keeps nothing, they last as long as the page.
let prompts: readonly string[] | null = null;

export function earlierPrompts(): readonly string[] {
  prompts ??= readPrompts();
  return prompts;
}

/** To be called with each prompt that is painted, as it was typed. */
export function rememberPrompt(prompt: string): void {
  // Another tab may have added to them.
  prompts = withNewest(readPrompts(), prompt);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(prompts));
  } catch {
    // Some private windows keep nothing.
  }
}

function readPrompts(): readonly string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]");
    if (!Array.isArray(found)) return [];
    return found.filter((one): one is string => typeof one === "string").slice(0, KEPT);
  } catch {
    return prompts ?? [];
  }
}

/** Pure. The same prompt moves to the front instead of standing there twice. */
export function withNewest(before: readonly string[], prompt: string): string[] {
  const typed = prompt.trim();
  if (!typed) return [...before];
  return [typed, ...before.filter((one) => one !== typed)].slice(0, KEPT);
}

/** Where a walk through earlier prompts is. */
export type Walk = {
  /** 0 is the draft, 1 the newest of the earlier prompts. */
  place: number;
  draft: string;
};

export type Step = Walk & { prompt: string };

/**
 * One step back in time (`by` 1) or forth (-1); null where there is nothing further.
 * Pure.
 *
 * @param shown the text in the field: once it was changed it is the draft.
 */
export function stepThrough(
  earlier: readonly string[],
  walk: Walk,
  shown: string,
  by: 1 | -1,
): Step | null {
  const isOnWalk = walk.place > 0 && earlier[walk.place - 1] === shown;
  const { place, draft } = isOnWalk ? walk : { place: 0, draft: shown };
  const next = place + by;
  if (next < 0) return null;
  if (next === 0) return { place: 0, draft, prompt: draft };
  const prompt = earlier[next - 1];
  return prompt === undefined ? null : { place: next, draft, prompt };
}
