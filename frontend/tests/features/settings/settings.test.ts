import { expect, test } from "vitest";
import { fieldOfParam } from "@/features/settings/faults";
import {
  chosenModel,
  INITIAL_SETTINGS,
  lorasOf,
  type Settings,
  samplerOf,
  sizeOf,
  withModel,
  withSize,
} from "@/features/settings/settings";
import { model } from "../models";

const WITH_PROMPT: Settings = { ...INITIAL_SETTINGS, prompt: " a red bicycle " };

test("another model keeps the words and the seed, and forgets the numbers", () => {
  const before: Settings = {
    ...WITH_PROMPT,
    seed: "7",
    styleId: "oil",
    numInferenceSteps: "30",
    sampler: "heun",
    loras: [{ id: "moss", scale: "1" }],
    width: "640",
    numImages: 4,
  };
  expect(withModel(before, "other")).toEqual({
    ...INITIAL_SETTINGS,
    prompt: WITH_PROMPT.prompt,
    styleId: "oil",
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

test("a size is what is typed, and the default where nothing useful is", () => {
  expect(sizeOf(INITIAL_SETTINGS, model())).toEqual({ width: 512, height: 512 });
  const size = { width: 640, height: 384 };
  expect(sizeOf({ ...INITIAL_SETTINGS, ...withSize(size) }, model())).toEqual(size);
  expect(
    sizeOf({ ...INITIAL_SETTINGS, width: "640", height: "wide" }, model()),
  ).toEqual({ width: 640, height: 512 });
});

test("samplers and LoRAs that the model does not have count for nothing", () => {
  const able = model({ samplers: ["euler", "heun"], loras: ["moss"] });
  const settings: Settings = {
    ...INITIAL_SETTINGS,
    sampler: "heun",
    loras: [
      { id: "moss", scale: "0.5" },
      { id: "gone", scale: "1" },
    ],
  };
  expect(samplerOf(settings, able)).toBe("heun");
  expect(samplerOf(settings, model())).toBe("euler");
  expect(lorasOf(settings, able)).toEqual([{ id: "moss", scale: "0.5" }]);
  expect(lorasOf(settings, model())).toEqual([]);
});

test("the server's parameters lead to the form's fields", () => {
  expect(fieldOfParam("height")).toBe("height");
  expect(fieldOfParam("seed")).toBe("seed");
  expect(fieldOfParam("loras.0.scale")).toBe("loras");
  expect(fieldOfParam("loras[1]")).toBe("loras");
  expect(fieldOfParam("priority")).toBeNull();
  expect(fieldOfParam(null)).toBeNull();
});
