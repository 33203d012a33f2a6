/** SwarmUI: its own names in JSON, numbers now and then as text. */

import { type FoundParameters, found } from "../found-parameters";
import { asObject, field, isNothing, readJsonObject } from "../json";
import { ourSampler } from "../samplers";
import { type Texts, USER_COMMENT } from "../texts";

/** Used below, or of no weight. */
const KNOWN = new Set([
  "prompt",
  "negativeprompt",
  "seed",
  "steps",
  "cfgscale",
  "width",
  "height",
  "sampler",
  "scheduler",
  "loras",
  "loraweights",
  "images",
  "initimagecreativity",
  "aspectratio",
  "automaticvae",
  "swarm_version",
]);

export function readSwarmUi(texts: Texts): FoundParameters | null {
  const text = texts.get("parameters") ?? texts.get(USER_COMMENT) ?? "";
  const document = readJsonObject(text);
  const parameters = document && asObject(field(document, "sui_image_params"));
  if (!parameters) return null;
  const value = (name: string) => field(parameters, name);
  const { sampler, hasSchedule } = ourSampler(value("sampler"), value("scheduler"));
  const unknown = Object.entries(parameters).filter(
    ([name, one]) => !KNOWN.has(name) && !isNothing(one),
  );
  if (!sampler && value("sampler")) unknown.push(["sampler", value("sampler")]);
  if (!hasSchedule && value("scheduler")) {
    unknown.push(["scheduler", value("scheduler")]);
  }
  return found(
    "swarmui",
    {
      prompt: value("prompt"),
      negativePrompt: value("negativeprompt"),
      width: value("width"),
      height: value("height"),
      numInferenceSteps: value("steps"),
      guidanceScale: value("cfgscale"),
      seed: value("seed"),
      sampler,
      loras: lorasOf(listed(value("loras")), listed(value("loraweights"))),
      strength: value("initimagecreativity"),
    },
    unknown,
  );
}

function lorasOf(names: unknown[], weights: unknown[]) {
  if (names.length === 0) return undefined;
  return names.map((id, index) => ({ id, scale: weights[index] ?? 1 }));
}

/** Lists come as JSON's, or as text between commas. */
function listed(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || value === "") return [];
  return value.split(",").map((part) => part.trim());
}
