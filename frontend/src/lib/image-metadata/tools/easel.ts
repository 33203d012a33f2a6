/** Our own PNG: one image as a request of the API, with the model beside it. */

import { type FoundParameters, found } from "../found-parameters";
import { asObject, field, readJsonObject } from "../json";
import type { Texts } from "../texts";

export function readEasel(texts: Texts): FoundParameters | null {
  const document = readJsonObject(texts.get("easel") ?? "");
  const parameters = document && asObject(field(document, "parameters"));
  if (!parameters) return null;
  const value = (name: string) => field(parameters, name);
  return found(
    "easel",
    {
      prompt: value("prompt"),
      negativePrompt: value("negative_prompt"),
      model: field(document, "model"),
      width: value("width"),
      height: value("height"),
      numInferenceSteps: value("num_inference_steps"),
      guidanceScale: value("guidance_scale"),
      seed: value("seed"),
      numImages: value("num_images"),
      sampler: value("sampler"),
      loras: value("loras"),
      strength: value("strength"),
    },
    [],
  );
}
