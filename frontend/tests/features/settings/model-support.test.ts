import { expect, test } from "vitest";
import { modelState, modelSupport } from "@/features/settings/model-support";
import { en } from "@/lib/words/en";
import { model } from "../models";

const WORDS = en.settings.model;

test("what a model can do is told, what it cannot is not", () => {
  expect(modelSupport(model(), WORDS)).toEqual([
    "Best at 512 × 512",
    "Previews",
    "Negative prompt",
  ]);
  const features = {
    negative_prompt: false,
    guidance_scale: false,
    previews: false,
    image_to_image: true,
    inpainting: true,
    loras: true,
  };
  expect(modelSupport(model({ features, loras: ["moss"] }), WORDS).slice(1)).toEqual([
    "Starts from an image",
    "Repaints parts",
    "LoRAs",
  ]);
  // It could, but there are none.
  expect(modelSupport(model({ features }), WORDS)).not.toContain("LoRAs");
});

test("how a model stands is told in words, with how much of it is there", () => {
  const loading = model({ state: "loading", load_progress: 0.42 });
  expect(modelState(loading, WORDS, "en")).toBe("Loading, 42%");
  expect(modelState(model({ state: "loading" }), WORDS, "en")).toBe("Loading");
  expect(modelState(model({ state: "ready" }), WORDS, "en")).toBe("Ready");
  expect(modelState(model(), WORDS, "en")).toBeNull();
});
