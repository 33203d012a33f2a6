/** What is typed and set survives a reload: how it is written down and read. Pure. */

import { type ChosenLora, INITIAL_SETTINGS, type Settings } from "./settings";

/** @param text what `writtenDraft` gave, perhaps in an older studio; null if nothing. */
export function readDraft(text: string | null): Settings {
  let found: unknown = null;
  try {
    found = JSON.parse(text ?? "null");
  } catch {
    // Not ours: as if there were nothing.
  }
  if (typeof found !== "object" || found === null) return INITIAL_SETTINGS;
  const written: Record<string, unknown> = { ...found };
  const textOr = <Other>(name: keyof Settings, other: Other) => {
    const value = written[name];
    return typeof value === "string" ? value : other;
  };
  const { numImages, loras } = written;
  return {
    prompt: textOr("prompt", ""),
    styleId: textOr("styleId", null),
    negativePrompt: textOr("negativePrompt", ""),
    modelId: textOr("modelId", null),
    width: textOr("width", ""),
    height: textOr("height", ""),
    numInferenceSteps: textOr("numInferenceSteps", ""),
    guidanceScale: textOr("guidanceScale", ""),
    sampler: textOr("sampler", null),
    loras: Array.isArray(loras) ? loras.filter(isChosenLora) : [],
    seed: textOr("seed", ""),
    numImages: typeof numImages === "number" && numImages >= 1 ? numImages : 1,
    strength: textOr("strength", ""),
    isExact: written.isExact === true,
  };
}

export function writtenDraft(settings: Settings): string {
  return JSON.stringify(settings);
}

function isChosenLora(value: unknown): value is ChosenLora {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "scale" in value &&
    typeof value.scale === "string"
  );
}
