/** How this browser's person wants pictures downloaded; remembered. */

import { create } from "zustand";
import { type FileFormat, MEDIA_TYPES } from "@/lib/image-metadata/file-format";

export type DownloadChoice = {
  format: FileFormat;
  /** Whether the file says how it was painted. */
  keepsParameters: boolean;
};

const STORAGE_KEY = "easel-download";

export const useDownloadChoice = create<DownloadChoice>(() => ({
  format: "png",
  keepsParameters: true,
}));

/** After the page has mounted: the server, which rendered it first, knows no choice. */
export function recallDownloadChoice(): void {
  try {
    useDownloadChoice.setState(readDownloadChoice(localStorage.getItem(STORAGE_KEY)));
  } catch {
    // Private windows may refuse.
  }
}

export function chooseDownload(part: Partial<DownloadChoice>): void {
  useDownloadChoice.setState(part);
  try {
    const text = JSON.stringify(useDownloadChoice.getState());
    localStorage.setItem(STORAGE_KEY, text);
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** What can be used of a stored text: another version of the studio may have left it. */
export function readDownloadChoice(text: string | null): Partial<DownloadChoice> {
  let stored: unknown = null;
  try {
    stored = JSON.parse(text ?? "null");
  } catch {
    return {};
  }
  if (typeof stored !== "object" || stored === null) return {};
  const { format, keepsParameters } = stored as Record<string, unknown>;
  return {
    ...(isFormat(format) && { format }),
    ...(typeof keepsParameters === "boolean" && { keepsParameters }),
  };
}

function isFormat(value: unknown): value is FileFormat {
  return typeof value === "string" && Object.hasOwn(MEDIA_TYPES, value);
}
