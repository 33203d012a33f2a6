/** The pictures on disk: each function is one transaction. Knows no screen. */

import { openDatabase, type PictureFile } from "@/lib/storage/database";
import type { Picture } from "./picture";

/** What a person can change of a picture. */
export type PictureChange = Partial<Pick<Picture, "isFavourite" | "trashedAt">>;

/** In no order. */
export async function readPictures(): Promise<Picture[]> {
  return (await openDatabase()).getAll("pictures");
}

export async function readPictureFile(id: string): Promise<PictureFile | null> {
  return (await (await openDatabase()).get("files", id)) ?? null;
}

/** What is stored under this id already stays: another tab may have starred it. */
export async function addPicture(picture: Picture, file: PictureFile): Promise<void> {
  const database = await openDatabase();
  const adding = database.transaction(["pictures", "files"], "readwrite");
  const pictures = adding.objectStore("pictures");
  const isStored = (await pictures.getKey(picture.id)) !== undefined;
  await Promise.all([
    // The file first: a disk that refuses it at once must not keep a record alone.
    !isStored && adding.objectStore("files").put(file),
    !isStored && pictures.put(picture),
    adding.done,
  ]);
}

/**
 * Changes what the disk holds, not what this page believes it holds: another tab may
 * have changed something else of it, or deleted it.
 */
export async function changePictures(
  ids: readonly string[],
  change: PictureChange,
): Promise<void> {
  const changing = (await openDatabase()).transaction("pictures", "readwrite");
  const changeOne = async (id: string) => {
    const stored = await changing.store.get(id);
    if (stored) await changing.store.put({ ...stored, ...change });
  };
  await Promise.all([...ids.map(changeOne), changing.done]);
}

export async function deletePictures(ids: readonly string[]): Promise<void> {
  const database = await openDatabase();
  const deleting = database.transaction(["pictures", "files"], "readwrite");
  const pictures = deleting.objectStore("pictures");
  const files = deleting.objectStore("files");
  await Promise.all([
    ...ids.flatMap((id) => [pictures.delete(id), files.delete(id)]),
    deleting.done,
  ]);
}
