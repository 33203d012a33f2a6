"use client";

import { useState } from "react";
import { showToast } from "@/components/toasts";
import type { FileFormat } from "@/lib/image-metadata/file-format";
import type { Picture } from "@/lib/pictures/picture";
import { fileName } from "@/lib/recipe/file-name";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { DownloadChoice } from "./download-choice";
import { saveFile } from "./save-file";

export const FORMAT_NAMES = {
  png: "PNG",
  webp: "WebP",
  jpeg: "JPEG",
} as const satisfies Record<FileFormat, string>;

/** @param loadFile the picture's own file; rejects where it cannot be had. */
export function useDownload(picture: Picture, loadFile: () => Promise<Blob>) {
  const { transfer } = useWords();
  const [isBusy, setIsBusy] = useState(false);

  async function download({ format, keepsParameters }: DownloadChoice) {
    if (isBusy) return;
    setIsBusy(true);
    const message = await savedOrWhyNot();
    if (message) showToast(message);
    setIsBusy(false);

    async function savedOrWhyNot(): Promise<string | null> {
      // Reading and writing files is loaded when there is one.
      const { CannotEncode, convert } = await import("@/lib/image-metadata/convert");
      try {
        const file = await convert(await loadFile(), format, { keepsParameters });
        saveFile(file, fileName(picture.recipe, format));
        return null;
      } catch (error) {
        if (!(error instanceof CannotEncode)) return transfer.download.failed;
        return fill(transfer.download.cannotEncode, { format: FORMAT_NAMES[format] });
      }
    }
  }

  return { isBusy, download };
}
