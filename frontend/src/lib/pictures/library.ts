/**
 * All pictures that this browser keeps.
 *
 * Records are in memory, newest first, so that a search or a filter reads no disk;
 * files stay on disk until one is shown. Where the browser keeps nothing (some private
 * windows) or has no room left, pictures last as long as the page, and `keeping` says so.
 */

import { create } from "zustand";
import { openDatabase, type PictureFile } from "@/lib/storage/database";
import type { Picture } from "./picture";

export type Keeping = "opening" | "kept" | "page_only" | "storage_full";

type Library = { keeping: Keeping; pictures: readonly Picture[] };

/** What is shown of it is subscribed to; it is changed by the functions below alone. */
export const useLibrary = create<Library>(() => ({
  keeping: "opening",
  pictures: [],
}));

const DAY_MS = 24 * 60 * 60 * 1000;
const TRASH_MS = 30 * DAY_MS;

// Pictures that could not be written: the page still shows them.
const unwritten = new Map<string, PictureFile>();

// Tells the other tabs of this browser that something has changed.
let siblings: BroadcastChannel | null = null;

/** Reads all records, empties what has been in the trash for 30 days. Once a page. */
export async function openLibrary(): Promise<void> {
  if (siblings) return;
  siblings = new BroadcastChannel("easel-library");
  siblings.onmessage = () => void readAll();
  await readAll();
  const old = useLibrary
    .getState()
    .pictures.filter((one) => one.trashedAt && one.trashedAt < Date.now() - TRASH_MS);
  if (old.length > 0) await deleteForGood(old.map(({ id }) => id));
}

async function readAll(): Promise<void> {
  try {
    const stored = await (await openDatabase()).getAll("pictures");
    const known = new Set(stored.map(({ id }) => id));
    const here = useLibrary
      .getState()
      .pictures.filter(({ id }) => unwritten.has(id) && !known.has(id));
    useLibrary.setState({ keeping: "kept", pictures: sorted([...stored, ...here]) });
  } catch {
    useLibrary.setState({ keeping: "page_only" });
  }
}

/** A picture that is here already stays as it is. */
export async function keepPicture(picture: Picture, file: PictureFile): Promise<void> {
  const { pictures } = useLibrary.getState();
  if (pictures.some(({ id }) => id === picture.id)) return;
  useLibrary.setState({ pictures: sorted([picture, ...pictures]) });
  try {
    const database = await openDatabase();
    const writing = database.transaction(["pictures", "files"], "readwrite");
    await Promise.all([
      writing.objectStore("pictures").put(picture),
      writing.objectStore("files").put(file),
      writing.done,
    ]);
    siblings?.postMessage(null);
    // The browser may otherwise clear it when the disk runs low.
    void navigator.storage?.persist?.();
  } catch (error) {
    unwritten.set(picture.id, file);
    useLibrary.setState({ keeping: isFull(error) ? "storage_full" : "page_only" });
  }
}

export function favour(ids: readonly string[], isFavourite: boolean): Promise<void> {
  return change(ids, { isFavourite });
}

/** To the trash, for 30 days. */
export function trash(ids: readonly string[]): Promise<void> {
  return change(ids, { trashedAt: Date.now() });
}

export function takeFromTrash(ids: readonly string[]): Promise<void> {
  return change(ids, { trashedAt: null });
}

export async function deleteForGood(ids: readonly string[]): Promise<void> {
  const gone = new Set(ids);
  useLibrary.setState(({ pictures }) => ({
    pictures: pictures.filter(({ id }) => !gone.has(id)),
  }));
  for (const id of ids) unwritten.delete(id);
  await write(async () => {
    const database = await openDatabase();
    const writing = database.transaction(["pictures", "files"], "readwrite");
    for (const id of ids) {
      void writing.objectStore("pictures").delete(id);
      void writing.objectStore("files").delete(id);
    }
    await writing.done;
  });
}

/** Null where it is not, or no longer, kept here: `Picture.url` may still have it. */
export async function fileOf(id: string): Promise<PictureFile | null> {
  const here = unwritten.get(id);
  if (here) return here;
  try {
    return (await (await openDatabase()).get("files", id)) ?? null;
  } catch {
    return null;
  }
}

async function change(ids: readonly string[], part: Partial<Picture>): Promise<void> {
  const wanted = new Set(ids);
  const changed: Picture[] = [];
  const pictures = useLibrary.getState().pictures.map((one) => {
    if (!wanted.has(one.id)) return one;
    const next = { ...one, ...part };
    changed.push(next);
    return next;
  });
  useLibrary.setState({ pictures });
  await write(async () => {
    const writing = (await openDatabase()).transaction("pictures", "readwrite");
    for (const one of changed) {
      if (!unwritten.has(one.id)) void writing.store.put(one);
    }
    await writing.done;
  });
}

async function write(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    siblings?.postMessage(null);
  } catch (error) {
    useLibrary.setState({ keeping: isFull(error) ? "storage_full" : "page_only" });
  }
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function sorted(pictures: readonly Picture[]): Picture[] {
  return pictures.toSorted(
    (a, b) => b.createdAt - a.createdAt || a.id.localeCompare(b.id),
  );
}
