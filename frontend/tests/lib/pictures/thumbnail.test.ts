import { afterEach, expect, test, vi } from "vitest";
import { makeThumbnail, thumbnailSize } from "@/lib/pictures/thumbnail";

afterEach(() => vi.unstubAllGlobals());

const FILE = new Blob(["a file of some length"], { type: "image/png" });

/** A browser that decodes to this size and encodes to the given types alone. */
function stubBrowser(size: { width: number; height: number }, encodes: string[]) {
  const close = vi.fn();
  vi.stubGlobal("createImageBitmap", async () => ({ ...size, close }));
  class Canvas {
    constructor(
      readonly width: number,
      readonly height: number,
    ) {}
    getContext = () => ({ drawImage: () => {} });
    convertToBlob = async ({ type }: { type: string }) =>
      new Blob(["tiny"], { type: encodes.includes(type) ? type : "image/png" });
  }
  vi.stubGlobal("OffscreenCanvas", Canvas);
  return close;
}

test.each([
  [1024, 512, 320, 160],
  [512, 1024, 160, 320],
  [320, 320, 320, 320],
  [128, 64, 128, 64],
  [4000, 1, 320, 1],
])("%i × %i becomes %i × %i", (width, height, smallWidth, smallHeight) => {
  expect(thumbnailSize({ width, height })).toEqual({
    width: smallWidth,
    height: smallHeight,
  });
});

test("a large image becomes a WebP", async () => {
  const close = stubBrowser({ width: 1024, height: 1024 }, ["image/webp"]);
  expect((await makeThumbnail(FILE)).type).toBe("image/webp");
  expect(close).toHaveBeenCalledOnce();
});

test("a browser that cannot write WebP writes JPEG", async () => {
  stubBrowser({ width: 1024, height: 1024 }, ["image/jpeg"]);
  expect((await makeThumbnail(FILE)).type).toBe("image/jpeg");
});

test("a small image is its own thumbnail", async () => {
  const close = stubBrowser({ width: 128, height: 128 }, ["image/webp"]);
  expect(await makeThumbnail(FILE)).toBe(FILE);
  expect(close).toHaveBeenCalledOnce();
});

test("a browser without a canvas keeps the file itself", async () => {
  const close = stubBrowser({ width: 1024, height: 1024 }, []);
  vi.stubGlobal("OffscreenCanvas", undefined);
  expect(await makeThumbnail(FILE)).toBe(FILE);
  expect(close).toHaveBeenCalledOnce();
});

test("what is no image is kept as it is", async () => {
  vi.stubGlobal("createImageBitmap", async () => {
    throw new DOMException("no image", "InvalidStateError");
  });
  expect(await makeThumbnail(FILE)).toBe(FILE);
});
