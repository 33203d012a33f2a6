/** What a model can do and how it stands, in words. Pure. */

import type { ModelDocument } from "@/lib/api/generated";
import { fill } from "@/lib/words/format";
import type { Words } from "@/lib/words/words";

/** A few words each, the most telling first. */
export function modelSupport(
  { sizes, features, loras }: ModelDocument,
  words: Words["settings"]["model"],
): string[] {
  const [native] = sizes.native;
  const size = native && `${native.width} × ${native.height}`;
  return [
    size && fill(words.native, { size }),
    features.previews && words.previews,
    features.negative_prompt && words.negativePrompt,
    features.image_to_image && words.imageToImage,
    features.inpainting && words.inpainting,
    features.loras && loras?.length && words.loras,
  ].filter((one) => typeof one === "string");
}

/** Null where the model does not say. */
export function modelState(
  { state, load_progress: share }: ModelDocument,
  words: Words["settings"]["model"],
  language: string,
): string | null {
  switch (state) {
    case "unloaded":
      return words.unloaded;
    case "loading":
      if (share == null) return words.loading;
      return fill(words.loadingShare, {
        share: share.toLocaleString(language, { style: "percent" }),
      });
    case "ready":
      return words.ready;
    case "failed":
      return words.failed;
    case undefined:
      return null;
  }
}
