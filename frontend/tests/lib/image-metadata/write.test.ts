import { expect, test } from "vitest";
import { fileTexts } from "@/lib/image-metadata/file-texts";
import { withParameters } from "@/lib/image-metadata/insert";
import { pngChunks } from "@/lib/image-metadata/png-chunks";
import { withoutMetadata } from "@/lib/image-metadata/strip";
import { webpChunks } from "@/lib/image-metadata/webp-chunks";
import {
  bytesOf,
  exif,
  exifSegment,
  iTXt,
  JFIF,
  jpeg,
  jpegSegment,
  LOSSY,
  png,
  pngChunk,
  tEXt,
  unicodeComment,
  webp,
  webpChunk,
  zTXt,
} from "./files";

const TEXT = "ein Bär, 熊 🦊\nSteps: 20, Seed: 7";

test("a PNG loses every word and keeps pixels and colours, byte by byte", () => {
  const colours = ["sRGB", "gAMA", "iCCP", "cICP"].map((type) =>
    pngChunk(type, bytesOf([1])),
  );
  const file = png(
    tEXt("parameters", "a secret"),
    ...colours,
    zTXt("prompt", "a secret"),
    iTXt("XML:com.adobe.xmp", "a secret"),
    pngChunk("eXIf", bytesOf("a secret")),
    pngChunk("tIME", bytesOf([7])),
    pngChunk("caBX", bytesOf("credentials")),
    pngChunk("prVt", bytesOf("a secret")),
  );
  expect(withoutMetadata(file)).toEqual(png(...colours));
});

test("a JPEG loses EXIF, XMP, comments and credentials", () => {
  const profile = jpegSegment(0xe2, bytesOf("ICC_PROFILE\0"));
  const tables = jpegSegment(0xdb, bytesOf([1, 2, 3]));
  const file = jpeg(
    JFIF,
    exifSegment(exif({ comment: unicodeComment(TEXT) })),
    jpegSegment(0xe1, bytesOf("http://ns.adobe.com/xap/1.0/\0a secret")),
    profile,
    jpegSegment(0xeb, bytesOf("credentials")),
    jpegSegment(0xfe, bytesOf("a secret")),
    tables,
  );
  expect(withoutMetadata(file)).toEqual(jpeg(JFIF, profile, tables));
});

/** As in the header of a WebP: flags, three bytes of nothing, width and height less 1. */
function extended(flags: number): Uint8Array {
  return webpChunk("VP8X", bytesOf([flags, 0, 0, 0, 63, 0, 0, 31, 0, 0]));
}

test("a WebP loses EXIF and XMP, and its header says so", () => {
  const profile = webpChunk("ICCP", bytesOf("p"));
  const file = webp(
    extended(0x20 | 0x08 | 0x04),
    profile,
    LOSSY,
    webpChunk("EXIF", bytesOf("a secret")),
    webpChunk("XMP ", bytesOf("a secret")),
  );
  expect(withoutMetadata(file)).toEqual(webp(extended(0x20), profile, LOSSY));
});

test("a WebP without an extended header gets one with its size", () => {
  const written = withParameters(webp(LOSSY), TEXT);
  const [header, picture, comment] = [...webpChunks(written ?? bytesOf())];
  expect(header?.content).toEqual(bytesOf([0x08, 0, 0, 0, 63, 0, 0, 31, 0, 0]));
  expect([picture?.type, comment?.type]).toEqual(["VP8 ", "EXIF"]);
});

test("a lossless WebP's size and transparency come from its own header", () => {
  // 14 bits of width less 1, 14 of height less 1, one for alpha: 300 by 200.
  const bits = 299 | (199 << 14) | (1 << 28);
  const frame = bytesOf([
    0x2f,
    ...[0, 8, 16, 24].map((shift) => (bits >>> shift) & 255),
    ...[0, 0, 0, 0, 0],
  ]);
  const written = withParameters(webp(webpChunk("VP8L", frame)), TEXT);
  const [header] = [...webpChunks(written ?? bytesOf())];
  expect(header?.content).toEqual(bytesOf([0x18, 0, 0, 0, 43, 1, 0, 199, 0, 0]));
});

test.each([
  ["PNG", png(), "parameters"],
  ["JPEG", jpeg(JFIF), "UserComment"],
  ["JPEG without JFIF", jpeg(), "UserComment"],
  ["WebP", webp(LOSSY), "UserComment"],
  ["WebP with a header", webp(extended(0), LOSSY), "UserComment"],
])(
  "parameters put into a %s are read again, and go again",
  async (_, file, keyword) => {
    const written = withParameters(file, TEXT) ?? bytesOf();
    expect(Object.fromEntries(await fileTexts(written))).toEqual({ [keyword]: TEXT });
    const stripped = withoutMetadata(written);
    expect((await fileTexts(stripped)).size).toBe(0);
  },
);

test("JFIF stays a JPEG's first segment", () => {
  const written = withParameters(jpeg(JFIF), TEXT) ?? bytesOf();
  expect(written.subarray(2, 2 + JFIF.length)).toEqual(JFIF);
});

test("a chunk that is put into a PNG has the checksum that decoders want", () => {
  // Of an empty IEND, as every PNG ends.
  const written = withParameters(png(), "") ?? bytesOf();
  const [, text] = [...pngChunks(written)];
  expect(text?.type).toBe("iTXt");
  // CRC-32 of `iTXtparameters` and five zero bytes, by another implementation.
  expect([...(text?.whole.subarray(-4) ?? [])]).toEqual(CHECKSUM);
});

const CHECKSUM = [70, 75, 178, 66];

test("what is too long for a JPEG is left out rather than broken", () => {
  expect(withParameters(jpeg(JFIF), "a".repeat(40_000))).toBeNull();
});

test("other files get nothing, and stay what they are", () => {
  const gif = bytesOf("GIF89a");
  expect(withParameters(gif, TEXT)).toBeNull();
  expect(withoutMetadata(gif)).toEqual(gif);
});
