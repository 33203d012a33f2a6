import type { SizeSupport } from "@/lib/api/generated";

type Size = { width: number; height: number };

/** Whether a model with these `sizes` paints it. */
export function isAccepted({ width, height }: Size, sizes: SizeSupport): boolean {
  if (sizes.only_native) {
    return sizes.native.some((one) => one.width === width && one.height === height);
  }
  return [width, height].every(
    (side) =>
      side >= sizes.minimum && side <= sizes.maximum && side % sizes.multiple_of === 0,
  );
}
