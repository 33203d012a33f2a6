import { describe, expect, test } from "vitest";
import { checkSettings } from "@/features/settings/check-settings";
import {
  INITIAL_SETTINGS,
  randomSeed,
  type Settings,
} from "@/features/settings/settings";
import type { Source } from "@/features/settings/source-image/source";
import { en } from "@/lib/words/en";
import { FIXED_SIZES, model } from "../models";

const WORDS = en.settings;
const WITH_PROMPT: Settings = { ...INITIAL_SETTINGS, prompt: " a red bicycle " };
const SOURCE: Source = {
  image: { dataUrl: "data:image/png;base64,AA", width: 64, height: 64 },
  mask: "data:image/png;base64,BB",
};

function able(part: Parameters<typeof model>[0] = {}) {
  const { features } = model();
  return model({
    samplers: ["euler", "heun"],
    loras: ["moss", "frost"],
    ...part,
    features: {
      ...features,
      image_to_image: true,
      inpainting: true,
      loras: true,
      exact: true,
      ...part?.features,
    },
  });
}

function request(part: Partial<Settings>, of = able(), source?: Source) {
  const checked = checkSettings({ ...WITH_PROMPT, ...part }, of, WORDS, source);
  if (!checked.isValid) throw new Error(checked.fault.message);
  return checked.request;
}

test("what is left empty is sent as the model's default, the seed not at all", () => {
  expect(checkSettings(WITH_PROMPT, model(), WORDS)).toEqual({
    isValid: true,
    request: {
      model: "m",
      prompt: "a red bicycle",
      width: 512,
      height: 512,
      num_inference_steps: 16,
      guidance_scale: 4,
      num_images: 1,
    },
  });
});

test("a feature that the model lacks is never sent", () => {
  const features = { negative_prompt: false, guidance_scale: false, previews: true };
  const settings: Settings = {
    ...WITH_PROMPT,
    negativePrompt: "blur",
    guidanceScale: "3",
    sampler: "heun",
    loras: [{ id: "moss", scale: "1" }],
    isExact: true,
  };
  const checked = checkSettings(settings, model({ features }), WORDS, SOURCE);
  expect(checked).toEqual({
    isValid: true,
    request: {
      model: "m",
      prompt: "a red bicycle",
      width: 512,
      height: 512,
      num_inference_steps: 16,
      num_images: 1,
    },
  });
});

test("a model that chooses its own seed is sent none", () => {
  expect(request({ seed: "7" }, FIXED_SIZES)).not.toHaveProperty("seed");
});

test("a model that takes its own sizes only gets one of them or nothing", () => {
  const wide = { width: "1536", height: "1024" };
  expect(request(wide, FIXED_SIZES)).toMatchObject({ width: 1536, height: 1024 });
  const settings = { ...WITH_PROMPT, width: "1280", height: "1024" };
  expect(checkSettings(settings, FIXED_SIZES, WORDS)).toEqual({
    isValid: false,
    fault: { field: "width", message: WORDS.faults.onlyNative },
  });
});

test("without a model only prompt, count and seed are sent", () => {
  expect(checkSettings({ ...WITH_PROMPT, seed: "7" }, null, WORDS)).toEqual({
    isValid: true,
    request: { prompt: "a red bicycle", num_images: 1, seed: 7 },
  });
});

test("what the model has besides is sent once it is chosen", () => {
  const sent = request({
    width: "640",
    height: "384",
    sampler: "heun",
    loras: [
      { id: "moss", scale: "0.6" },
      { id: "frost", scale: "" },
    ],
    isExact: true,
  });
  expect(sent).toMatchObject({
    width: 640,
    height: 384,
    sampler: "heun",
    loras: [
      { id: "moss", scale: 0.6 },
      { id: "frost", scale: 1 },
    ],
    determinism: "exact",
  });
  expect(request({ sampler: "euler" })).not.toHaveProperty("sampler");
});

test("a style is part of the prompt that is sent", () => {
  expect(request({ styleId: "oil" }).prompt).toMatch(
    /^an oil painting of a red bicycle,/,
  );
  const styles = [{ name: "Foggy", prompt: "{prompt} in fog", negative_prompt: "sun" }];
  const foggy = { ...able(), styles };
  expect(request({ styleId: "Foggy", negativePrompt: "people" }, foggy)).toMatchObject({
    prompt: "a red bicycle in fog",
    negative_prompt: "people, sun",
  });
});

describe("an image to start from", () => {
  test("is sent with its mask and a strength", () => {
    expect(request({}, able(), SOURCE)).toMatchObject({
      image: SOURCE.image?.dataUrl,
      mask: SOURCE.mask,
      strength: 0.8,
    });
    expect(request({ strength: "0.35" }, able(), SOURCE).strength).toBe(0.35);
  });

  test("goes without its mask to a model that repaints no parts", () => {
    const whole = able({ features: { ...able().features, inpainting: false } });
    expect(request({}, whole, SOURCE)).not.toHaveProperty("mask");
  });

  test("is what a strength needs", () => {
    expect(request({ strength: "0.35" })).not.toHaveProperty("strength");
  });
});

test.each([
  ["prompt", { prompt: "  \n" }],
  ["prompt", { prompt: "x".repeat(3990), styleId: "oil" }],
  ["seed", { seed: "-1" }],
  ["seed", { seed: "4294967296" }],
  ["seed", { seed: "seven" }],
  ["num_inference_steps", { numInferenceSteps: "0" }],
  ["num_inference_steps", { numInferenceSteps: "2.5" }],
  ["guidance_scale", { guidanceScale: "31" }],
  ["width", { width: "516" }],
  ["height", { height: "2056" }],
  ["strength", { strength: "0" }],
  ["loras", { loras: [{ id: "moss", scale: "9" }] }],
  // The first of the form comes first.
  ["width", { width: "1", seed: "x" }],
] as [string, Partial<Settings>][])("%s is at fault", (field, part) => {
  const checked = checkSettings({ ...WITH_PROMPT, ...part }, able(), WORDS, SOURCE);
  expect(checked).toMatchObject({ isValid: false, fault: { field } });
});

test("a fault names the limit", () => {
  const checked = checkSettings({ ...WITH_PROMPT, width: "2050" }, able(), WORDS);
  expect(checked).toMatchObject({
    fault: { message: "From 64 to 2048 pixels, in steps of 8." },
  });
});

test("seed 0, the largest and a random one are seeds", () => {
  for (const seed of ["0", "4294967295", randomSeed()]) {
    expect(request({ seed }).seed).toBe(Number(seed));
  }
});
