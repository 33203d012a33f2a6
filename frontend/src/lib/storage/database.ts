/** The studio's one IndexedDB database, and who keeps what in it. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Picture } from "@/lib/pictures/picture";
import type { LiveRecord } from "./live-records";

/** A picture's bytes apart from its record: listing thousands reads none of them. */
export type PictureFile = { id: string; file: Blob; thumbnail: Blob };

export interface StudioDatabase extends DBSchema {
  pictures: { key: string; value: Picture };
  files: { key: string; value: PictureFile };
  /** Generations that have not ended, so that a reload finds them again. */
  live: { key: string; value: LiveRecord };
}

const NAME = "easel";
const VERSION = 1;

let opened: Promise<IDBPDatabase<StudioDatabase>> | null = null;

/** @throws DOMException where the browser keeps nothing (some private windows). */
export function openDatabase(): Promise<IDBPDatabase<StudioDatabase>> {
  opened ??= openDB<StudioDatabase>(NAME, VERSION, {
    upgrade(database, oldVersion) {
      if (oldVersion < 1) {
        database.createObjectStore("pictures", { keyPath: "id" });
        database.createObjectStore("files", { keyPath: "id" });
        database.createObjectStore("live", { keyPath: "key" });
      }
    },
    // A newer studio in another tab wants to change the schema: give way.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opened = null;
    },
    terminated() {
      opened = null;
    },
  }).catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}
