/** InvokeAI 3 and later: flat JSON of what a picture was made with. */

import { type FoundParameters, found, type Unknown } from "../found-parameters";
import { asObject, field, isNothing, readJsonObject } from "../json";
import { ourSampler } from "../samplers";
import type { Texts } from "../texts";

/** Used below, or of no weight. */
const KNOWN = new Set([
  "positive_prompt",
  "negative_prompt",
  "seed",
  "steps",
  "cfg_scale",
  "width",
  "height",
  "scheduler",
  "strength",
  "loras",
  "model",
  "app_version",
  "generation_mode",
  "rand_device",
  "canvas_v2_metadata",
]);

export function readInvokeAi(texts: Texts): FoundParameters | null {
  const metadata = readJsonObject(texts.get("invokeai_metadata") ?? "");
  if (!metadata) return null;
  const value = (name: string) => field(metadata, name);
  const { sampler, hasSchedule } = ourSampler(value("scheduler"), "");
  const unknown: Unknown = Object.entries(metadata).filter(
    ([name, one]) => !KNOWN.has(name) && !isNothing(one),
  );
  if (value("scheduler") && !(sampler && hasSchedule)) {
    unknown.push(["scheduler", value("scheduler")]);
  }
  const model = modelName(value("model"));
  if (model) unknown.push(["model", model]);
  return found(
    "invokeai",
    {
      prompt: value("positive_prompt"),
      negativePrompt: value("negative_prompt"),
      width: value("width"),
      height: value("height"),
      numInferenceSteps: value("steps"),
      guidanceScale: value("cfg_scale"),
      seed: value("seed"),
      sampler,
      loras: lorasOf(value("loras")),
      strength: value("strength"),
    },
    unknown,
  );
}

/** `{"model": {"name": …}, "weight": …}`; `lora` and `model_name` before version 4. */
function lorasOf(value: unknown) {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map((one) => {
    const lora = asObject(one) ?? {};
    return {
      id: modelName(field(lora, "model") ?? field(lora, "lora")),
      scale: field(lora, "weight"),
    };
  });
}

function modelName(value: unknown): unknown {
  const model = asObject(value);
  return model ? (field(model, "name") ?? field(model, "model_name")) : value;
}
