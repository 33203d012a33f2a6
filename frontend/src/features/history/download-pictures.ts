/** Several pictures as one file. */

import { saveFile } from "@/lib/files/save-file";
import { distinctFileNames } from "@/lib/pictures/file-names";
import { fetchFromGateway } from "@/lib/pictures/keep-generation";
import { fileOf } from "@/lib/pictures/library";
import type { Picture } from "@/lib/pictures/picture";

const ARCHIVE_NAME = "easel-pictures.zip";

/** @returns how many are missing, because neither browser nor server has their files. */
export async function downloadPictures(pictures: readonly Picture[]): Promise<number> {
  const { archive, missed } = await zipPictures(pictures);
  if (missed < pictures.length) saveFile(archive, ARCHIVE_NAME);
  return missed;
}

/** Files are read one after another: a thousand of them never lie in memory at once. */
export async function zipPictures(
  pictures: readonly Picture[],
): Promise<{ archive: Blob; missed: number }> {
  const { downloadZip } = await import("client-zip");
  const names = distinctFileNames(pictures);
  let missed = 0;
  async function* files() {
    for (const [index, picture] of pictures.entries()) {
      const input = await imageOf(picture);
      if (input) {
        const lastModified = new Date(picture.createdAt);
        yield {
          name: names[index],
          input: input.stream(),
          lastModified,
          size: input.size,
        };
      } else missed += 1;
    }
  }
  const archive = await downloadZip(files()).blob();
  return { archive, missed };
}

async function imageOf({ id, url }: Picture): Promise<Blob | null> {
  const kept = await fileOf(id);
  if (kept) return kept.file;
  try {
    return await fetchFromGateway(url);
  } catch {
    return null;
  }
}
