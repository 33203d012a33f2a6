/**
 * The image to start from.
 *
 * It lasts as long as the page: an image is too large for where the draft is kept, and
 * nobody expects a file they once dropped to come back by itself.
 */

import { create } from "zustand";
import { NO_SOURCE, type Source } from "./source";

type SourceState = Source & {
  status: "settled" | "preparing" | "unreadable" | "too_large";
};

export const useSource = create<SourceState>(() => ({
  ...NO_SOURCE,
  status: "settled",
}));

let attempts = 0;

/**
 * Takes the place of the image before, without its mask.
 *
 * @returns whether it can be used; if not, the one before stays and the field says why.
 */
export async function setSourceImage(file: Blob): Promise<boolean> {
  attempts += 1;
  const attempt = attempts;
  useSource.setState({ status: "preparing" });
  const { prepareImage } = await import("./prepare-image");
  const prepared = await prepareImage(file);
  // Another one was chosen, or this one removed, meanwhile.
  if (attempt !== attempts) return false;
  if (prepared.kind !== "prepared") {
    useSource.setState({ status: prepared.kind });
    return false;
  }
  useSource.setState({ image: prepared.image, mask: null, status: "settled" });
  return true;
}

export function removeSourceImage(): void {
  attempts += 1;
  useSource.setState({ ...NO_SOURCE, status: "settled" });
}

/** @param mask as `Source.mask`. */
export function setMask(mask: string | null): void {
  useSource.setState({ mask });
}
