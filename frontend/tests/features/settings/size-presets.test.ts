import { describe, expect, test } from "vitest";
import {
  nextSmaller,
  type SizePreset,
  sizeKey,
  sizePresets,
} from "@/features/settings/size-presets";
import { ENLARGING, model } from "../models";

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
