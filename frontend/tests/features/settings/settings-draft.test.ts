import { expect, test } from "vitest";
import { INITIAL_SETTINGS, type Settings } from "@/features/settings/settings";
import { readDraft, writtenDraft } from "@/features/settings/settings-draft";

const SETTINGS: Settings = {
  prompt: "a red bicycle\n🚲",
  styleId: "oil",
  negativePrompt: "blur",
  modelId: "m",
  width: "640",
  height: "384",
  numInferenceSteps: "30",
  guidanceScale: "0.",
  sampler: "heun",
  loras: [{ id: "moss", scale: "0.5" }],
  seed: "7",
  numImages: 3,
  strength: "0.4",
  isExact: true,
};

test("a draft is read as it was written, half-typed numbers included", () => {
  expect(readDraft(writtenDraft(SETTINGS))).toEqual(SETTINGS);
});

test.each([null, "", "{", "null", "7", "[]", '"x"'])(
  "%j is as if there were no draft",
  (text) => {
    expect(readDraft(text)).toEqual(INITIAL_SETTINGS);
  },
);

test("only what is not as it should be is left out", () => {
  const odd = {
    prompt: "kept",
    seed: 7,
    numImages: -1,
    loras: [{ id: 1 }],
    more: true,
  };
  expect(readDraft(JSON.stringify(odd))).toEqual({
    ...INITIAL_SETTINGS,
    prompt: "kept",
  });
});
