/** Styles: words around a prompt that lead the model to a manner of painting. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import type { Words } from "@/lib/words/words";

export type StylePreset = {
  id: string;
  name: string;
  /** `{prompt}` stands for what a person typed. */
  prompt: string;
  negativePrompt: string;
};

// For models that say nothing of styles. In English whatever the page speaks: it is the
// language that most models have read.
const GENERAL = {
  photograph: "a photograph of {prompt}, natural light, sharp focus, fine detail",
  cinematic: "cinematic still of {prompt}, dramatic lighting, shallow depth of field",
  watercolour: "a watercolour painting of {prompt}, soft washes, paper texture",
  oil: "an oil painting of {prompt}, visible brush strokes, rich colours",
  ink: "an ink wash painting of {prompt}, black ink, bold brushwork, white paper",
  pencil: "a pencil drawing of {prompt}, fine hatching, graphite on paper",
  lineArt: "line art of {prompt}, clean black lines, white background, no shading",
  anime: "anime illustration of {prompt}, cel shading, clean lines, vivid colours",
  render: "a 3D render of {prompt}, soft studio lighting, smooth materials",
  lowPoly: "low poly art of {prompt}, flat facets, simple geometry",
  pixelArt: "pixel art of {prompt}, 16-bit game sprite, limited palette",
} as const;

type GeneralId = keyof typeof GENERAL;

/** The model's own styles; the general ones if it says nothing, none if it has none. */
export function stylePresets(
  model: ModelDocument,
  words: Words["settings"]["style"],
): StylePreset[] {
  if (model.styles) {
    return model.styles.map(({ name, prompt, negative_prompt }) => ({
      id: name,
      name,
      prompt,
      negativePrompt: negative_prompt ?? "",
    }));
  }
  // Object.keys forgets which keys these are.
  const ids = Object.keys(GENERAL) as GeneralId[];
  return ids.map((id) => ({
    id,
    name: words[id],
    prompt: GENERAL[id],
    negativePrompt: "",
  }));
}

export function promptWithStyle(prompt: string, style: StylePreset | null): string {
  const typed = prompt.trim();
  if (!style || !typed) return typed;
  // A function: `$` in a prompt has no special meaning.
  if (style.prompt.includes("{prompt}")) {
    return style.prompt.replaceAll("{prompt}", () => typed);
  }
  return `${typed}, ${style.prompt}`;
}

export function negativePromptWithStyle(
  negativePrompt: string,
  style: StylePreset | null,
): string {
  return [negativePrompt.trim(), style?.negativePrompt ?? ""]
    .filter(Boolean)
    .join(", ");
}
