/**
 * All pictures that this browser keeps.
 *
 * Records are in memory, newest first, so that a search or a filter reads no disk;
 * files stay on disk until one is shown. A change shows at once and is written behind.
 * Where the browser keeps nothing (some private windows) or has no room left, pictures
 * last as long as the page, and `keeping` says so.
 */

import { create } from "zustand";
import type { PictureFile } from "@/lib/storage/database";
import type { Picture } from "./picture";
import {
  addPicture,
  changePictures,
  deletePictures,
  type PictureChange,
  readPictureFile,
  readPictures,
} from "./stored-pictures";

export type Keeping = "opening" | "kept" | "page_only" | "storage_full";

type Library = { keeping: Keeping; pictures: readonly Picture[] };

/** What is shown of it is subscribed to; it is changed by the functions below alone. */
export const useLibrary = create<Library>(() => ({
  keeping: "opening",
  pictures: [],
}));

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long the trash keeps a picture. */
export const TRASH_DAYS = 30;

// Files of pictures that could not be written: the page still shows them.
const unwritten = new Map<string, PictureFile>();

// Counts what this page has changed: a reading that began before is out of date.
let changes = 0;

let opening: Promise<void> | null = null;
let lastTurn: Promise<unknown> = Promise.resolve();
let siblings: BroadcastChannel | null = null;
let hasAskedToPersist = false;

/** Reads all records, deletes what has been in the trash for 30 days. Once a page. */
export function openLibrary(): Promise<void> {
  opening ??= open();
  return opening;
}

async function open(): Promise<void> {
  otherTabs().onmessage = () => void readAll();
  await readAll();
  const now = Date.now();
  const old = useLibrary
    .getState()
    .pictures.filter((one) => one.trashedAt !== null && trashEnd(one.trashedAt) <= now);
  if (old.length > 0) await deleteForGood(old.map(({ id }) => id));
}

/** When a picture that went to the trash at `trashedAt` goes for good. */
export function trashEnd(trashedAt: number): number {
  return trashedAt + TRASH_DAYS * DAY_MS;
}

/** A picture that is here already stays as it is. */
export async function keepPicture(picture: Picture, file: PictureFile): Promise<void> {
  const { pictures } = useLibrary.getState();
  if (pictures.some(({ id }) => id === picture.id)) return;
  useLibrary.setState({ pictures: sorted([picture, ...pictures]) });
  unwritten.set(picture.id, file);
  await write(writeUnwritten);
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
  await write(() => deletePictures(ids));
}

/** Null where it is not, or no longer, kept here: `Picture.url` may still have it. */
export async function fileOf(id: string): Promise<PictureFile | null> {
  const here = unwritten.get(id);
  if (here) return here;
  try {
    return await readPictureFile(id);
  } catch {
    return null;
  }
}

async function change(ids: readonly string[], part: PictureChange): Promise<void> {
  const wanted = new Set(ids);
  useLibrary.setState(({ pictures }) => ({
    pictures: pictures.map((one) => (wanted.has(one.id) ? { ...one, ...part } : one)),
  }));
  await write(() => changePictures(ids, part));
}

/** Whatever was written may have made room for what could not be written before. */
async function write(work: () => Promise<void>): Promise<void> {
  changes += 1;
  try {
    await inTurn(work);
    otherTabs().postMessage(null);
    if (unwritten.size > 0) await inTurn(writeUnwritten);
    // Before all is read, it is not known yet.
    if (useLibrary.getState().keeping !== "opening") {
      useLibrary.setState({ keeping: "kept" });
    }
  } catch (error) {
    useLibrary.setState({ keeping: isFull(error) ? "storage_full" : "page_only" });
  }
}

async function writeUnwritten(): Promise<void> {
  for (const [id, file] of unwritten) {
    const picture = useLibrary.getState().pictures.find((one) => one.id === id);
    if (picture) await addPicture(picture, file);
    unwritten.delete(id);
    askToPersist();
  }
}

async function readAll(): Promise<void> {
  // What this page changes during a reading is written after it: read once more then.
  while (!(await inTurn(readOnce)));
}

/** @returns false if what was read is out of date. */
async function readOnce(): Promise<boolean> {
  const seen = changes;
  try {
    const stored = await readPictures();
    if (seen !== changes) return false;
    const known = new Set(stored.map(({ id }) => id));
    const { pictures, keeping } = useLibrary.getState();
    const here = pictures.filter(({ id }) => unwritten.has(id) && !known.has(id));
    useLibrary.setState({
      keeping: unwritten.size > 0 ? keeping : "kept",
      pictures: sorted([...stored, ...here]),
    });
  } catch {
    useLibrary.setState({ keeping: "page_only" });
  }
  return true;
}

/** Readings and writings one after another, in the order in which they were asked for. */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(work, work);
  lastTurn = turn;
  return turn;
}

/** Tells the other tabs of this browser that something has changed, and hears it. */
function otherTabs(): BroadcastChannel {
  siblings ??= new BroadcastChannel("easel-library");
  return siblings;
}

/** Otherwise the browser may clear it when the disk runs low. Some ask the person. */
function askToPersist(): void {
  if (hasAskedToPersist) return;
  hasAskedToPersist = true;
  navigator.storage?.persist?.().catch(() => {});
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function sorted(pictures: readonly Picture[]): Picture[] {
  return pictures.toSorted(
    (a, b) => b.createdAt - a.createdAt || a.id.localeCompare(b.id),
  );
}
