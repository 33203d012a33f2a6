"use client";

import { useState } from "react";
import { showToast } from "@/components/toasts";
import { saveFile } from "@/lib/files/save-file";
import type { FileFormat } from "@/lib/image-metadata/file-format";
import type { Picture } from "@/lib/pictures/picture";
import { fileName } from "@/lib/recipe/file-name";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { Words } from "@/lib/words/words";

export const FORMAT_NAMES = {
  png: "PNG",
  webp: "WebP",
  jpeg: "JPEG",
} as const satisfies Record<FileFormat, string>;

export type DownloadChoice = {
  format: FileFormat;
  /** Whether the file says how it was painted. */
  keepsParameters: boolean;
};

/** @param loadFile the picture's own file; rejects where it cannot be had. */
export function useDownload(picture: Picture, loadFile: () => Promise<Blob>) {
  const words = useWords();
  const [isBusy, setIsBusy] = useState(false);

  async function download(choice: DownloadChoice) {
    if (isBusy) return;
    setIsBusy(true);
    await downloadPicture(picture, loadFile, choice, words);
    setIsBusy(false);
  }

  return { isBusy, download };
}

/** Says why where it cannot be; never rejects. */
export async function downloadPicture(
  picture: Picture,
  loadFile: () => Promise<Blob>,
  { format, keepsParameters }: DownloadChoice,
  { transfer: { download: words } }: Words,
): Promise<void> {
  // Reading and writing files is loaded when there is one.
  const { CannotEncode, convert } = await import("@/lib/image-metadata/convert");
  try {
    const file = await convert(await loadFile(), format, { keepsParameters });
    saveFile(file, fileName(picture.recipe, format));
  } catch (error) {
    showToast(
      error instanceof CannotEncode
        ? fill(words.cannotEncode, { format: FORMAT_NAMES[format] })
        : words.failed,
    );
  }
}
