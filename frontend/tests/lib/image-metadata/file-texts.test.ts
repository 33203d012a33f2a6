import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { fileTexts } from "@/lib/image-metadata/file-texts";
import { MAX_TEXT_BYTES } from "@/lib/image-metadata/texts";
import {
  bytesOf,
  exif,
  exifSegment,
  iTXt,
  JFIF,
  jpeg,
  jpegSegment,
  LOSSY,
  latin1Text,
  png,
  pngChunk,
  tEXt,
  unicodeComment,
  webp,
  webpChunk,
  zTXt,
} from "./files";

const TEXT = "ein Bär, 熊 🦊\nSteps: 20";

async function texts(bytes: Uint8Array) {
  return Object.fromEntries(await fileTexts(bytes));
}

test.each([
  ["tEXt", tEXt("parameters", TEXT)],
  ["zTXt", zTXt("parameters", TEXT)],
  ["iTXt", iTXt("parameters", TEXT)],
  ["compressed iTXt", iTXt("parameters", TEXT, { isCompressed: true })],
])("a PNG's %s is read", async (_, chunk) => {
  expect(await texts(png(chunk))).toEqual({ parameters: TEXT });
});

test("text in Latin-1, as the standard says, is read too", async () => {
  expect(await texts(png(latin1Text("parameters", "Bär")))).toEqual({
    parameters: "Bär",
  });
});

test("the first of several texts counts, and only what tools write is read", async () => {
  const file = png(
    tEXt("Comment", "x"),
    tEXt("parameters", "first"),
    tEXt("parameters", "second"),
    tEXt("prompt", "{}"),
  );
  expect(await texts(file)).toEqual({ parameters: "first", prompt: "{}" });
});

test.each([
  ["big", "big"],
  ["little", "little"],
  ["big", "little"],
  ["little", "big"],
] as const)("an EXIF block in %s order, its comment in %s", async (block, comment) => {
  const tiff = exif({ comment: unicodeComment(TEXT, comment) }, block);
  expect(await texts(jpeg(JFIF, exifSegment(tiff)))).toEqual({ UserComment: TEXT });
});

test.each([
  ["ASCII", bytesOf("ASCII\0\0\0", "a cat\nSteps: 20")],
  ["no code", bytesOf("\0\0\0\0\0\0\0\0", "a cat\nSteps: 20\0")],
  ["nothing in front", bytesOf("a cat\nSteps: 20")],
])("a comment with %s is read", async (_, comment) => {
  expect(await texts(jpeg(exifSegment(exif({ comment }))))).toEqual({
    UserComment: "a cat\nSteps: 20",
  });
});

test("a WebP's EXIF is read, with JPEG's prefix too, and behind odd chunks", async () => {
  const tiff = exif({
    first: [[0x0110, bytesOf("prompt:{}\0")]],
    comment: unicodeComment(TEXT),
  });
  const expected = { Model: "prompt:{}", UserComment: TEXT };
  expect(await texts(webp(LOSSY, webpChunk("EXIF", tiff)))).toEqual(expected);
  const prefixed = webpChunk("EXIF", bytesOf("Exif\0\0", tiff));
  expect(await texts(webp(LOSSY, prefixed))).toEqual(expected);
});

test("XMP is passed over", async () => {
  const xmp = jpegSegment(0xe1, bytesOf("http://ns.adobe.com/xap/1.0/\0<x/>"));
  const comment = exifSegment(exif({ comment: unicodeComment("x") }));
  expect(await texts(jpeg(xmp, comment))).toEqual({ UserComment: "x" });
});

test("text that inflates beyond all bounds is left alone", async () => {
  const bomb = deflateSync(new Uint8Array(MAX_TEXT_BYTES + 1));
  const file = png(
    pngChunk("zTXt", bytesOf("parameters\0\0", bomb)),
    tEXt("easel", "x"),
  );
  expect(await texts(file)).toEqual({ easel: "x" });
});

test("what is not compressed as it says is left alone", async () => {
  const file = png(pngChunk("zTXt", bytesOf("parameters\0\0", "not zlib")));
  expect(await texts(file)).toEqual({});
});

const WHOLE = {
  png: png(tEXt("parameters", TEXT), zTXt("prompt", TEXT), iTXt("easel", TEXT)),
  jpeg: jpeg(JFIF, exifSegment(exif({ comment: unicodeComment(TEXT) }))),
  webp: webp(LOSSY, webpChunk("EXIF", exif({ comment: unicodeComment(TEXT) }))),
};

test.each(Object.entries(WHOLE))(
  "a %s cut off anywhere does no harm",
  async (_, file) => {
    for (let length = 0; length < file.length; length++) {
      await fileTexts(file.subarray(0, length));
    }
  },
);

test.each(Object.entries(WHOLE))(
  "a %s with any byte wrong does no harm",
  async (_, file) => {
    for (let at = 0; at < file.length; at++) {
      for (const wrong of [0, 0x7f, 0xff]) {
        const broken = file.slice();
        broken[at] = wrong;
        await fileTexts(broken);
      }
    }
  },
);

test("an EXIF block that points at itself ends", async () => {
  const tiff = exif({ comment: bytesOf("x") });
  // The second directory's place becomes the first's.
  new DataView(tiff.buffer).setUint32(18, 8);
  expect(await texts(jpeg(exifSegment(tiff)))).toEqual({});
});

test("other files say nothing", async () => {
  expect(await texts(bytesOf("GIF89a"))).toEqual({});
  expect(await texts(bytesOf())).toEqual({});
});
