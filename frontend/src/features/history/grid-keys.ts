/** What each key does while a picture of the grid has the focus. Pure. */

import { isMove, type Move } from "./grid-layout";

export type GridCommand =
  | { kind: "move"; move: Move; isSelecting: boolean }
  | {
      kind: "open" | "toggle" | "select_all" | "favour" | "restore" | "discard";
    };

type Key = {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
};

const COMMANDS = new Map<string, GridCommand>([
  ["Enter", { kind: "open" }],
  [" ", { kind: "toggle" }],
  ["Delete", { kind: "discard" }],
  ["Backspace", { kind: "discard" }],
  ["f", { kind: "favour" }],
  ["r", { kind: "restore" }],
]);

/** Null for keys that are the browser's. */
export function commandOf(pressed: Key): GridCommand | null {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = pressed;
  if (altKey) return null;
  if (ctrlKey || metaKey) return key === "a" ? { kind: "select_all" } : null;
  if (isMove(key)) return { kind: "move", move: key, isSelecting: shiftKey };
  return (shiftKey ? null : COMMANDS.get(key)) ?? null;
}
