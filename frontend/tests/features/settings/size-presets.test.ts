import { describe, expect, test } from "vitest";
import {
  isEnlarged,
  isSameShape,
  nextSmaller,
  type SizePreset,
  sizeKey,
  sizeLike,
  sizePresets,
} from "@/features/settings/size-presets";
import { ENLARGING, FIXED_SIZES, model } from "../models";

function names(presets: SizePreset[]): string[] {
  return presets.map((preset) => `${sizeKey(preset)} ${preset.origin}`);
}

describe("sizePresets", () => {
  test("a model that enlarges offers multiples of its native size, and says so", () => {
    expect(names(sizePresets(ENLARGING))).toEqual([
      "128x128 native",
      "256x256 enlarged",
      "512x512 enlarged",
      "1024x1024 enlarged",
    ]);
  });

  test("one native size brings other shapes of the same area", () => {
    expect(names(sizePresets(model()))).toEqual([
      "512x512 native",
      "624x416 other",
      "416x624 other",
      "680x384 other",
      "384x680 other",
      "768x768 other",
    ]);
  });

  test("several native sizes come first, with one larger", () => {
    const native = [
      { width: 512, height: 512 },
      { width: 768, height: 512 },
    ];
    const several = model({ sizes: { ...model().sizes, native } });
    expect(names(sizePresets(several))).toEqual([
      "512x512 native",
      "768x512 native",
      "768x768 other",
    ]);
  });

  test("a model that refuses all other sizes offers just its own", () => {
    expect(names(sizePresets(FIXED_SIZES))).toEqual([
      "1024x1024 native",
      "1536x1024 native",
      "1024x1536 native",
    ]);
  });

  test("every preset is one that the model accepts", () => {
    const sizes = { ...model().sizes, minimum: 400, maximum: 700, multiple_of: 64 };
    for (const { width, height } of sizePresets(model({ sizes }))) {
      for (const side of [width, height]) {
        expect(side).toBeGreaterThanOrEqual(400);
        expect(side).toBeLessThanOrEqual(700);
        expect(side % 64).toBe(0);
      }
    }
  });

  test("the default is always among them", () => {
    const defaults = { ...model().defaults, width: 640, height: 640 };
    expect(names(sizePresets(model({ defaults })))).toContain("640x640 other");
  });
});

describe("nextSmaller", () => {
  test("is the largest of the clearly smaller", () => {
    const presets = sizePresets(ENLARGING);
    expect(nextSmaller({ width: 1024, height: 1024 }, presets)).toMatchObject({
      width: 512,
    });
    expect(nextSmaller({ width: 128, height: 128 }, presets)).toBeNull();
  });
});

describe("sizeLike", () => {
  test("has the other's shape, the same area and sides that the model takes", () => {
    const { sizes } = model();
    const photo = { width: 4000, height: 3000 };
    expect(sizeLike(photo, { width: 512, height: 512 }, sizes)).toEqual({
      width: 592,
      height: 440,
    });
    const banner = { width: 4000, height: 10 };
    expect(sizeLike(banner, { width: 512, height: 512 }, sizes)).toEqual({
      width: 2048,
      height: 64,
    });
  });

  test("is the nearest native shape where a model takes no other", () => {
    const { sizes, defaults } = FIXED_SIZES;
    const photo = { width: 300, height: 400 };
    expect(sizeLike(photo, defaults, sizes)).toEqual({ width: 1024, height: 1536 });
  });
});

test("shapes are the same but for the rounding to a multiple", () => {
  const photo = { width: 4000, height: 3000 };
  expect(isSameShape(photo, { width: 592, height: 440 })).toBe(true);
  expect(isSameShape(photo, { width: 440, height: 592 })).toBe(false);
  expect(isSameShape(photo, { width: 512, height: 512 })).toBe(false);
});

test("only what is larger than painted is enlarged, and only where the model does so", () => {
  expect(isEnlarged({ width: 256, height: 256 }, ENLARGING.sizes)).toBe(true);
  expect(isEnlarged({ width: 128, height: 128 }, ENLARGING.sizes)).toBe(false);
  expect(isEnlarged({ width: 1024, height: 1024 }, model().sizes)).toBe(false);
});
