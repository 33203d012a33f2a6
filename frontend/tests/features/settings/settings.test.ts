import { describe, expect, test } from "vitest";
import {
  checkSettings,
  chosenModel,
  fieldOfParam,
  INITIAL_SETTINGS,
  randomSeed,
  type Settings,
  withModel,
} from "@/features/settings/settings";
import { model } from "../models";

const WITH_PROMPT: Settings = { ...INITIAL_SETTINGS, prompt: " a red bicycle " };

describe("checkSettings", () => {
  test("what is left empty is sent as the model's default, the seed not at all", () => {
    expect(checkSettings(WITH_PROMPT, model())).toEqual({
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
    const settings = { ...WITH_PROMPT, negativePrompt: "blur", guidanceScale: "3" };
    const checked = checkSettings(settings, model({ features }));
    expect(checked).toMatchObject({ isValid: true });
    expect(checked).not.toHaveProperty("request.negative_prompt");
    expect(checked).not.toHaveProperty("request.guidance_scale");
  });

  test("without a model only prompt, count and seed are sent", () => {
    expect(checkSettings({ ...WITH_PROMPT, seed: "7" }, null)).toEqual({
      isValid: true,
      request: { prompt: "a red bicycle", num_images: 1, seed: 7 },
    });
  });

  test.each([
    ["prompt", { prompt: "  \n" }],
    ["seed", { seed: "-1" }],
    ["seed", { seed: "4294967296" }],
    ["seed", { seed: "seven" }],
    ["num_inference_steps", { numInferenceSteps: "0" }],
    ["num_inference_steps", { numInferenceSteps: "2.5" }],
    ["guidance_scale", { guidanceScale: "31" }],
  ] as const)("%s is at fault in %j", (field, part) => {
    const checked = checkSettings({ ...WITH_PROMPT, ...part }, model());
    expect(checked).toMatchObject({ isValid: false, fault: { field } });
  });

  test("seed 0 and the largest seed are seeds", () => {
    for (const seed of ["0", "4294967295"]) {
      expect(checkSettings({ ...WITH_PROMPT, seed }, model())).toMatchObject({
        request: { seed: Number(seed) },
      });
    }
  });
});

test("another model keeps the words and the seed, and forgets the numbers", () => {
  const before = { ...WITH_PROMPT, seed: "7", numInferenceSteps: "30", numImages: 4 };
  expect(withModel(before, "other")).toEqual({
    ...INITIAL_SETTINGS,
    prompt: WITH_PROMPT.prompt,
    seed: "7",
    modelId: "other",
  });
});

test("the first model is chosen until a person chooses, or when theirs is gone", () => {
  const models = [model(), model({ id: "n" })];
  expect(chosenModel(models, INITIAL_SETTINGS)?.id).toBe("m");
  expect(chosenModel(models, { ...INITIAL_SETTINGS, modelId: "n" })?.id).toBe("n");
  expect(chosenModel(models, { ...INITIAL_SETTINGS, modelId: "gone" })?.id).toBe("m");
  expect(chosenModel(null, INITIAL_SETTINGS)).toBeNull();
});

test("the server's parameters lead to the form's fields", () => {
  expect(fieldOfParam("height")).toBe("size");
  expect(fieldOfParam("seed")).toBe("seed");
  expect(fieldOfParam("loras")).toBeNull();
  expect(fieldOfParam(null)).toBeNull();
});

test("a random seed is a seed", () => {
  expect(checkSettings({ ...WITH_PROMPT, seed: randomSeed() }, model()).isValid).toBe(
    true,
  );
});
