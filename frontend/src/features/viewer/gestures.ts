/** What fingers or a mouse mean, told from their raw movements. Pure but for its memory. */

import type { Point } from "./geometry";

export type Gesture =
  | { kind: "pan"; by: Point }
  /** Two fingers: `factor` times larger around `at`, moved with them. */
  | { kind: "pinch"; factor: number; at: Point; by: Point }
  /** Quickly to the side and off; -1 is to the left. */
  | { kind: "swipe"; direction: -1 | 1 }
  | { kind: "double_tap"; at: Point };

const DOUBLE_TAP_MS = 350;
// A finger trembles.
const TAP_PX = 10;
const SWIPE_PX = 48;

type Finger = { start: Point; now: Point };
type Tap = { at: Point; timeMs: number };

/** Follows one gesture after the other; all points share one origin. */
export class GestureReader {
  readonly #fingers = new Map<number, Finger>();
  #hadTwo = false;
  #lastTap: Tap | null = null;

  down(id: number, at: Point): void {
    if (this.#fingers.size === 0) this.#hadTwo = false;
    this.#fingers.set(id, { start: at, now: at });
    if (this.#fingers.size > 1) this.#hadTwo = true;
  }

  move(id: number, to: Point): Gesture | null {
    const finger = this.#fingers.get(id);
    if (!finger) return null;
    const from = finger.now;
    const other = [...this.#fingers].find(([key]) => key !== id)?.[1];
    finger.now = to;
    if (!other) return { kind: "pan", by: difference(to, from) };
    const before = distance(from, other.now);
    const by = difference(to, from);
    return {
      kind: "pinch",
      factor: before > 0 ? distance(to, other.now) / before : 1,
      at: middle(to, other.now),
      by: { x: by.x / 2, y: by.y / 2 },
    };
  }

  up(id: number, timeMs: number): Gesture | null {
    const finger = this.#fingers.get(id);
    this.#fingers.delete(id);
    if (!finger || this.#hadTwo) return null;
    const way = difference(finger.now, finger.start);
    if (Math.hypot(way.x, way.y) <= TAP_PX) return this.#tap(finger.now, timeMs);
    this.#lastTap = null;
    const isSideways = Math.abs(way.x) > 2 * Math.abs(way.y);
    if (!isSideways || Math.abs(way.x) < SWIPE_PX) return null;
    return { kind: "swipe", direction: way.x < 0 ? -1 : 1 };
  }

  /** The browser has taken the finger over. */
  cancel(id: number): void {
    this.#fingers.delete(id);
    this.#lastTap = null;
  }

  #tap(at: Point, timeMs: number): Gesture | null {
    const last = this.#lastTap;
    const isSecond =
      last !== null &&
      timeMs - last.timeMs <= DOUBLE_TAP_MS &&
      distance(at, last.at) <= 2 * TAP_PX;
    this.#lastTap = isSecond ? null : { at, timeMs };
    return isSecond ? { kind: "double_tap", at } : null;
  }
}

function difference(a: Point, b: Point): Point {
  return { x: a.x - b.x, y: a.y - b.y };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
