/** What was done to a mask, in order, with undo and redo. Pure. */

export type Tool = "brush" | "eraser";

/** In pixels of the image, from its top left corner. */
export type Point = { x: number; y: number };

export type Stroke = {
  kind: "stroke";
  tool: Tool;
  /** Pixels of the image. */
  width: number;
  points: readonly Point[];
};

/** In percent of the image, from its top left corner. */
export type Area = { x: number; y: number; width: number; height: number };

export type Operation =
  | Stroke
  | { kind: "area"; tool: Tool; area: Area }
  | { kind: "fill" }
  | { kind: "clear" }
  | { kind: "invert" };

export type MaskHistory = {
  done: readonly Operation[];
  /** The last undone is the first to come back. */
  undone: readonly Operation[];
};

export const NOTHING_DONE: MaskHistory = { done: [], undone: [] };

/** Something new ends the way back to what was undone. */
export function withOperation({ done }: MaskHistory, next: Operation): MaskHistory {
  return { done: [...done, next], undone: [] };
}

export function undo(history: MaskHistory): MaskHistory {
  const last = history.done.at(-1);
  if (!last) return history;
  return { done: history.done.slice(0, -1), undone: [...history.undone, last] };
}

export function redo(history: MaskHistory): MaskHistory {
  const next = history.undone.at(-1);
  if (!next) return history;
  return { done: [...history.done, next], undone: history.undone.slice(0, -1) };
}
