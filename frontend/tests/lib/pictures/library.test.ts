import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Picture } from "@/lib/pictures/picture";
import { pictureFileOf, pictureOf } from "./pictures";

type Tab = typeof import("@/lib/pictures/library");

const DAY_MS = 24 * 60 * 60 * 1000;

/** A page of its own on the same browser: modules are loaded anew, the disk is shared. */
async function newTab(): Promise<Tab> {
  vi.resetModules();
  return import("@/lib/pictures/library");
}

async function openTab(): Promise<Tab> {
  const tab = await newTab();
  await tab.openLibrary();
  return tab;
}

function keep(tab: Tab, picture: Picture): Promise<void> {
  return tab.keepPicture(picture, pictureFileOf(picture.id));
}

function ids(tab: Tab): string[] {
  return tab.useLibrary.getState().pictures.map(({ id }) => id);
}

function find(tab: Tab, id: string): Picture | undefined {
  return tab.useLibrary.getState().pictures.find((one) => one.id === id);
}

function keeping(tab: Tab): string {
  return tab.useLibrary.getState().keeping;
}

const persist = vi.fn(async () => true);

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", { storage: { persist } });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  persist.mockClear();
});

test("pictures outlive the page, newest first", async () => {
  const before = await openTab();
  await keep(before, pictureOf("old", { createdAt: 1 }));
  await keep(before, pictureOf("new", { createdAt: 2 }));
  const after = await openTab();
  expect(ids(after)).toEqual(["new", "old"]);
  expect(keeping(after)).toBe("kept");
  expect(await (await after.fileOf("old"))?.file.text()).toBe("old");
});

test("a picture that is kept while the disk is read is not lost", async () => {
  const first = await openTab();
  await keep(first, pictureOf("stored", { createdAt: 1 }));
  const tab = await newTab();
  const opening = tab.openLibrary();
  await keep(tab, pictureOf("fresh", { createdAt: 2 }));
  await opening;
  expect(ids(tab)).toEqual(["fresh", "stored"]);
});

test("opening twice waits for the same reading", async () => {
  await keep(await openTab(), pictureOf("a"));
  const tab = await newTab();
  void tab.openLibrary();
  await tab.openLibrary();
  expect(ids(tab)).toEqual(["a"]);
});

test("stars and the trash outlive the page", async () => {
  const before = await openTab();
  await keep(before, pictureOf("a"));
  await keep(before, pictureOf("b"));
  await before.favour(["a"], true);
  await before.trash(["b"]);
  const after = await openTab();
  expect(find(after, "a")?.isFavourite).toBe(true);
  expect(find(after, "b")?.trashedAt).not.toBeNull();
  await after.takeFromTrash(["b"]);
  expect(find(await openTab(), "b")?.trashedAt).toBeNull();
});

test("the trash keeps a picture for 30 days and no longer", async () => {
  const before = await openTab();
  const now = Date.now();
  await keep(before, pictureOf("31 days", { trashedAt: now - 31 * DAY_MS }));
  await keep(before, pictureOf("29 days", { trashedAt: now - 29 * DAY_MS }));
  await keep(before, pictureOf("never", { createdAt: now - 400 * DAY_MS }));
  const after = await openTab();
  expect(ids(after).sort()).toEqual(["29 days", "never"]);
  expect(await after.fileOf("31 days")).toBeNull();
});

test("another tab sees what happens in this one", async () => {
  const here = await openTab();
  const there = await openTab();
  await keep(here, pictureOf("a"));
  await vi.waitFor(() => expect(ids(there)).toEqual(["a"]));
  await there.deleteForGood(["a"]);
  await vi.waitFor(() => expect(ids(here)).toEqual([]));
});

test("two tabs that change the same picture do not undo each other", async () => {
  const here = await openTab();
  await keep(here, pictureOf("a"));
  const there = await openTab();
  await Promise.all([here.favour(["a"], true), there.trash(["a"])]);
  const later = await openTab();
  expect(find(later, "a")).toMatchObject({ isFavourite: true });
  expect(find(later, "a")?.trashedAt).not.toBeNull();
});

test("a picture that another tab has deleted does not come back as a ghost", async () => {
  const here = await openTab();
  await keep(here, pictureOf("a"));
  const there = await openTab();
  await Promise.all([there.deleteForGood(["a"]), here.favour(["a"], true)]);
  expect(ids(await openTab())).toEqual([]);
});

test("a picture that is stored already keeps its star", async () => {
  const here = await openTab();
  await keep(here, pictureOf("a"));
  await here.favour(["a"], true);
  // As a reload does that finds the same generation completed.
  const reloaded = await newTab();
  await keep(reloaded, pictureOf("a"));
  await reloaded.openLibrary();
  expect(find(reloaded, "a")?.isFavourite).toBe(true);
});

test("without a disk pictures last as long as the page, which says so", async () => {
  vi.stubGlobal("indexedDB", undefined);
  const tab = await openTab();
  expect(keeping(tab)).toBe("page_only");
  await keep(tab, pictureOf("a"));
  await tab.favour(["a"], true);
  expect(find(tab, "a")?.isFavourite).toBe(true);
  expect(await (await tab.fileOf("a"))?.file.text()).toBe("a");
  expect(keeping(tab)).toBe("page_only");
  await tab.deleteForGood(["a"]);
  expect(ids(tab)).toEqual([]);
});

/** A disk with room for so many pictures and not one more. */
function limitDisk(room: number): void {
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
    this: IDBObjectStore,
    ...written
  ) {
    if (this.name === "files" && room-- <= 0) {
      throw new DOMException("no room", "QuotaExceededError");
    }
    return put.apply(this, written);
  });
}

test("a full disk keeps the picture on the page and says so", async () => {
  const tab = await openTab();
  limitDisk(0);
  await keep(tab, pictureOf("a"));
  expect(keeping(tab)).toBe("storage_full");
  expect(ids(tab)).toEqual(["a"]);
  expect(await (await tab.fileOf("a"))?.file.text()).toBe("a");
  expect(ids(await openTab())).toEqual([]);
});

test("news from another tab do not hide that a picture is unwritten", async () => {
  const here = await openTab();
  const there = await openTab();
  limitDisk(0);
  await keep(here, pictureOf("unwritten"));
  vi.restoreAllMocks();
  await keep(there, pictureOf("written"));
  await vi.waitFor(() => expect(ids(here)).toContain("written"));
  expect(ids(here)).toContain("unwritten");
  expect(keeping(here)).toBe("storage_full");
});

test("once there is room again, what was left out is written as it is now", async () => {
  const tab = await openTab();
  await keep(tab, pictureOf("large"));
  limitDisk(0);
  await keep(tab, pictureOf("a"));
  await tab.favour(["a"], true);
  vi.restoreAllMocks();
  await tab.deleteForGood(["large"]);
  expect(keeping(tab)).toBe("kept");
  const after = await openTab();
  expect(ids(after)).toEqual(["a"]);
  expect(find(after, "a")?.isFavourite).toBe(true);
});

test("the browser is asked once to keep its promise", async () => {
  const tab = await openTab();
  expect(persist).not.toHaveBeenCalled();
  await keep(tab, pictureOf("a"));
  await keep(tab, pictureOf("b"));
  expect(persist).toHaveBeenCalledTimes(1);
});
