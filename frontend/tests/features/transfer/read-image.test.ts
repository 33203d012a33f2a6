import { expect, test } from "vitest";
import { MAX_FILE_MB, readImage } from "@/features/transfer/read-image";
import { png, tEXt } from "../../lib/image-metadata/files";

function file(bytes: Uint8Array): File {
  return new File([bytes.slice()], "picture");
}

test("an image with parameters says them", async () => {
  const text = "a cat\nSteps: 20, Seed: 7";
  expect(await readImage(file(png(tEXt("parameters", text))))).toMatchObject({
    kind: "found",
    found: { source: "automatic1111", recipe: { prompt: "a cat", seed: 7 } },
  });
});

test("an image without parameters is still an image", async () => {
  const silent = file(png());
  expect(await readImage(silent)).toEqual({ kind: "silent", file: silent });
});

test("other files are not looked into, and large ones not even read", async () => {
  const gif = file(new TextEncoder().encode("GIF89a"));
  expect(await readImage(gif)).toEqual({ kind: "unreadable" });
  const large = file(png());
  Object.defineProperty(large, "size", { value: MAX_FILE_MB * 2 ** 20 + 1 });
  expect(await readImage(large)).toEqual({ kind: "unreadable" });
});

test("a folder, which cannot be read, is no image", async () => {
  const folder = file(png());
  folder.arrayBuffer = () => Promise.reject(new DOMException("", "NotFoundError"));
  expect(await readImage(folder)).toEqual({ kind: "unreadable" });
});
