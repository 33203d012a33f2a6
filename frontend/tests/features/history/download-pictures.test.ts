import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pictureFileOf, pictureOf } from "../../lib/pictures/pictures";

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", {});
});

afterEach(() => vi.unstubAllGlobals());

async function load() {
  const { keepPicture } = await import("@/lib/pictures/library");
  const { zipPictures } = await import("@/features/history/download-pictures");
  return { keepPicture, zipPictures };
}

test("kept files come from the browser, others from the server, the rest are counted", async () => {
  const { keepPicture, zipPictures } = await load();
  const [kept, remote, gone] = ["kept", "remote", "gone"].map((id) =>
    pictureOf(id, { recipe: { prompt: id } }),
  );
  if (!kept || !remote || !gone) throw new Error("three pictures");
  await keepPicture(kept, pictureFileOf("kept"));
  vi.stubGlobal("fetch", async (url: string) =>
    url === "/api/generations/remote/images/0"
      ? new Response("from the server")
      : new Response("", { status: 404 }),
  );
  const { archive, missed } = await zipPictures([kept, gone, remote]);
  const text = new TextDecoder("latin1").decode(await archive.arrayBuffer());
  expect(missed).toBe(1);
  expect(text).toContain("kept-7.png");
  expect(text).toContain("remote-7.png");
  expect(text).toContain("from the server");
  expect(text).not.toContain("gone-7.png");
});
