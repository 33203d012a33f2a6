/** The sizes worth a button, computed from what a model says of itself. Pure. */

import type { ModelDocument, NativeSize, SizeSupport } from "@/lib/api/generated";
import { isAccepted } from "@/lib/recipe/accepted-size";

export type Size = { width: number; height: number };

export type SizePreset = Size & {
  /** How this size relates to what the model was made for. */
  origin: "native" | "enlarged" | "other";
};

const MAX_PRESETS = 6;

// Above this an enlarged picture shows the model's blur and nothing more.
const LARGEST_ENLARGED_PX = 1024;

const SHAPES = [
  [3, 2],
  [2, 3],
  [16, 9],
  [9, 16],
] as const;

export function sizePresets(model: ModelDocument): SizePreset[] {
  const { sizes, defaults } = model;
  const native = sizes.native.map((size) => preset(size, "native"));
  if (sizes.only_native) return native;
  const candidates = [
    ...native,
    { width: defaults.width, height: defaults.height, origin: "other" as const },
    ...(sizes.enlarges ? enlarged(sizes) : alsoPossible(sizes)),
  ];
  return distinct(candidates)
    .filter((size) => isAccepted(size, sizes))
    .slice(0, Math.max(MAX_PRESETS, native.length));
}

/** Painted at the native size, then made larger: one more button a shape, or three. */
function enlarged({ native }: SizeSupport): SizePreset[] {
  const factors = native.length === 1 ? [2, 4, 8] : [4];
  return native.flatMap((size) =>
    factors
      .filter(
        (factor) => factor * Math.max(size.width, size.height) <= LARGEST_ENLARGED_PX,
      )
      .map((factor) =>
        preset(
          { width: size.width * factor, height: size.height * factor },
          "enlarged",
        ),
      ),
  );
}

/** A model that knows one shape usually paints others of the same area well. */
function alsoPossible(sizes: SizeSupport): SizePreset[] {
  const best = sizes.native[0];
  if (!best) return [];
  const larger = rounded(best.width * 1.5, best.height * 1.5, sizes.multiple_of);
  if (sizes.native.length > 1) return [larger];
  const area = best.width * best.height;
  const others = SHAPES.map(([across, down]) => {
    const unit = Math.sqrt(area / (across * down));
    return rounded(across * unit, down * unit, sizes.multiple_of);
  });
  return [...others, larger];
}

function rounded(width: number, height: number, multipleOf: number): SizePreset {
  const round = (side: number) => Math.round(side / multipleOf) * multipleOf;
  return { width: round(width), height: round(height), origin: "other" };
}

function preset(
  { width, height }: NativeSize,
  origin: SizePreset["origin"],
): SizePreset {
  return { width, height, origin };
}

function distinct(presets: SizePreset[]): SizePreset[] {
  const byKey = new Map<string, SizePreset>();
  for (const one of presets) {
    if (!byKey.has(sizeKey(one))) byKey.set(sizeKey(one), one);
  }
  return [...byKey.values()];
}

export function sizeKey({ width, height }: Size): string {
  return `${width}x${height}`;
}

export function defaultSize(model: ModelDocument): Size {
  return { width: model.defaults.width, height: model.defaults.height };
}

/** The largest preset with clearly fewer pixels than `size`, if there is one. */
export function nextSmaller(size: Size, presets: SizePreset[]): Size | null {
  const area = (one: Size) => one.width * one.height;
  const smaller = presets.filter((one) => area(one) < 0.9 * area(size));
  return smaller.sort((a, b) => area(b) - area(a))[0] ?? null;
}

/**
 * The size nearest in area to `size` that has the shape of `other`, or of a model that
 * takes no other the native one that comes nearest to that shape.
 */
export function sizeLike(other: Size, size: Size, sizes: SizeSupport): Size {
  if (sizes.only_native) return nearestShape(other, sizes.native) ?? size;
  const { minimum, maximum, multiple_of: multiple } = sizes;
  const unit = Math.sqrt((size.width * size.height) / (other.width * other.height));
  const side = (px: number) => {
    const nearest = Math.round((px * unit) / multiple) * multiple;
    const smallest = Math.ceil(minimum / multiple) * multiple;
    const largest = Math.floor(maximum / multiple) * multiple;
    return Math.min(largest, Math.max(smallest, nearest));
  };
  return { width: side(other.width), height: side(other.height) };
}

function nearestShape(shape: Size, sizes: readonly Size[]): Size | null {
  const [nearest] = [...sizes].sort(
    (a, b) => unlikeness(a, shape) - unlikeness(b, shape),
  );
  return nearest ?? null;
}

/** Whether two sizes look alike, but for the rounding to a model's multiple. */
export function isSameShape(a: Size, b: Size): boolean {
  return unlikeness(a, b) < 0.05;
}

/** Of the shapes of two sizes: the ratio of their ratios, as a positive logarithm. */
function unlikeness(a: Size, b: Size): number {
  return Math.abs(Math.log((a.width * b.height) / (a.height * b.width)));
}

/** Whether it would be painted smaller than asked. */
export function isEnlarged({ width, height }: Size, sizes: SizeSupport): boolean {
  const largest = Math.max(...sizes.native.map((one) => one.width * one.height));
  return sizes.enlarges && width * height > largest;
}
