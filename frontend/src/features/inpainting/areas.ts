/** Areas that can be marked without drawing. Pure. */

import type { Area } from "./mask-history";

export const AREAS = {
  top: { x: 0, y: 0, width: 100, height: 50 },
  bottom: { x: 0, y: 50, width: 100, height: 50 },
  left: { x: 0, y: 0, width: 50, height: 100 },
  right: { x: 50, y: 0, width: 50, height: 100 },
  centre: { x: 25, y: 25, width: 50, height: 50 },
} as const satisfies Record<string, Area>;

export type AreaName = keyof typeof AREAS;

// Object.keys forgets which keys these are.
export const AREA_NAMES = Object.keys(AREAS) as AreaName[];

type Box = { x: number; y: number; width: number; height: number };

/** `area` in whole pixels of an image; what reaches beyond it is cut off. */
export function boxOf(area: Area, size: { width: number; height: number }): Box {
  const pixel = (percent: number, side: number) =>
    Math.round((Math.min(100, Math.max(0, percent)) / 100) * side);
  const x = pixel(area.x, size.width);
  const y = pixel(area.y, size.height);
  return {
    x,
    y,
    width: pixel(area.x + area.width, size.width) - x,
    height: pixel(area.y + area.height, size.height) - y,
  };
}
