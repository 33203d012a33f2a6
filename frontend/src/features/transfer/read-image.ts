/** What a file that somebody brings says of itself. */

import { fileFormat } from "@/lib/image-metadata/file-format";
import {
  type FoundParameters,
  readParameters,
} from "@/lib/image-metadata/read-parameters";

export type ReadImage =
  | { kind: "unreadable" }
  | { kind: "silent"; file: File }
  | { kind: "found"; file: File; found: FoundParameters };

export const MAX_FILE_MB = 64;

export async function readImage(file: File): Promise<ReadImage> {
  if (file.size > MAX_FILE_MB * 2 ** 20) return { kind: "unreadable" };
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (!fileFormat(bytes)) return { kind: "unreadable" };
    const found = await readParameters(bytes);
    return found ? { kind: "found", file, found } : { kind: "silent", file };
  } catch {
    // Folders can be dropped, too, and read as nothing.
    return { kind: "unreadable" };
  }
}
