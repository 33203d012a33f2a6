/** AUTOMATIC1111, Forge and whoever writes as they do; our own WebP and JPEG too. */

import type { LooseRecipe } from "@/lib/recipe/sieve-recipe";
import { type FoundParameters, found, type Unknown } from "../found-parameters";
import { readInfotext } from "../infotext";
import { ourSampler } from "../samplers";
import { type Texts, USER_COMMENT } from "../texts";

const MAX_TAGS = 100;
const LORA_TAG = / ?<lora:([^:<>]{1,200}):([^:<>]{1,20})(?::[^<>]{0,100})?>/g;

/** They say where a file comes from, not how it was painted. */
const SAYS_NOTHING = [
  "Version",
  "User",
  "Model hash",
  "VAE hash",
  "Lora hashes",
  "TI hashes",
  "Hashes",
  "Civitai resources",
  "Civitai metadata",
];

export function readAutomatic1111(texts: Texts): FoundParameters | null {
  const text = texts.get("parameters") ?? texts.get(USER_COMMENT);
  const read = text === undefined ? null : readInfotext(text);
  if (!read) return null;
  const settings = new Map(read.settings);
  const take = (name: string) => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  const isOurs = take("Version")?.startsWith("Easel") ?? false;
  const unknown: Unknown = [];

  const samplerName = take("Sampler");
  const schedule = take("Schedule type");
  const { sampler, hasSchedule } = ourSampler(samplerName, schedule);
  // Ours without a name of theirs stand as they are.
  const ownName = sampler ?? (isOurs ? samplerName : undefined);
  if (!ownName && samplerName) unknown.push(["Sampler", samplerName]);
  if (schedule && !hasSchedule && !isOurs) unknown.push(["Schedule type", schedule]);

  const model = take("Model");
  if (model && !isOurs) unknown.push(["Model", model]);

  // With a second, larger pass it is that one's and no image began the first.
  const hasSecondPass = [...settings.keys()].some((name) => name.startsWith("Hires"));
  const strength = hasSecondPass ? undefined : take("Denoising strength");

  const [width, height] = (take("Size") ?? "").split("x");
  const { prompt, loras } = withoutTags(read.prompt);
  const loose: LooseRecipe = {
    prompt,
    negativePrompt: read.negativePrompt,
    model: isOurs ? model : undefined,
    width,
    height,
    numInferenceSteps: take("Steps"),
    guidanceScale: take("CFG scale"),
    seed: take("Seed"),
    sampler: ownName,
    loras,
    strength,
  };
  for (const name of SAYS_NOTHING) settings.delete(name);
  unknown.push(...settings);
  return found(isOurs ? "easel" : "automatic1111", loose, unknown);
}

/** Adapters stand in the prompt, as `<lora:name:scale>`. */
function withoutTags(text: string) {
  const tags = [...text.matchAll(LORA_TAG)].slice(0, MAX_TAGS);
  if (tags.length === 0) return { prompt: text, loras: undefined };
  return {
    prompt: text.replace(LORA_TAG, "").trim(),
    loras: tags.map(([, id, scale]) => ({ id, scale })),
  };
}
