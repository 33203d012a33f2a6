/** What a key does to the picture in sight. */

import type { KeyboardEvent } from "react";
import type { Point } from "./geometry";
import type { RecipePart } from "./parameters";

export type ViewCommand =
  | { kind: "zoom"; direction: -1 | 1 }
  | { kind: "fit" }
  | { kind: "actual_size" }
  /** How far the picture moves, in CSS pixels. */
  | { kind: "pan"; by: Point };

export const PAN_PX = 80;

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: PAN_PX, y: 0 },
  ArrowRight: { x: -PAN_PX, y: 0 },
  ArrowUp: { x: 0, y: PAN_PX },
  ArrowDown: { x: 0, y: -PAN_PX },
};

/** An arrow shows what lies in its direction, so the picture moves the other way. */
export function viewCommand(key: string, isCropped: boolean): ViewCommand | null {
  const by = ARROWS[key];
  if (by) return isCropped ? { kind: "pan", by } : null;
  switch (key) {
    case "+":
    case "=": // the same key without Shift on many keyboards
      return { kind: "zoom", direction: 1 };
    case "-":
      return { kind: "zoom", direction: -1 };
    case "0":
      return { kind: "fit" };
    case "1":
      return { kind: "actual_size" };
    default:
      return null;
  }
}

/** `Home` and `End` lead to infinity, which the caller bounds. */
export function stepsOfKey(key: string): number | null {
  switch (key) {
    case "ArrowLeft":
      return -1;
    case "ArrowRight":
      return 1;
    case "Home":
      return Number.NEGATIVE_INFINITY;
    case "End":
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

/** What of a picture's recipe they take over. */
export const PART_KEYS = { all: "A", prompt: "P", seed: "S" } as const satisfies Record<
  RecipePart,
  string
>;

export function partOfKey(key: string): RecipePart | null {
  switch (key.toUpperCase()) {
    case PART_KEYS.all:
      return "all";
    case PART_KEYS.prompt:
      return "prompt";
    case PART_KEYS.seed:
      return "seed";
    default:
      return null;
  }
}

/**
 * The key, unless it belongs to the browser or to the control that has the focus.
 *
 * @param hasCharacterKeys false where a person has turned off keys that are a character
 *   (WCAG 2.1.4): speech input would press them by mistake.
 */
export function keyForViewer(
  event: KeyboardEvent,
  hasCharacterKeys: boolean,
): string | null {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
    return null;
  }
  if (key.length === 1 && !hasCharacterKeys) return null;
  return target instanceof HTMLElement && isKeyOfControl(target, key) ? null : key;
}

const MOVING_KEYS = /^(Arrow|Page|Home$|End$)/;

/** Whether the control that has the focus needs the key itself. */
export function isKeyOfControl(
  control: { tagName: string; type?: string; isContentEditable?: boolean },
  key: string,
): boolean {
  if (control.isContentEditable) return true;
  switch (control.tagName) {
    case "TEXTAREA":
    case "SELECT":
      return true;
    case "INPUT":
      if (control.type === "checkbox") return false;
      if (control.type === "range" || control.type === "radio") {
        return MOVING_KEYS.test(key);
      }
      return true;
    default:
      return false;
  }
}
