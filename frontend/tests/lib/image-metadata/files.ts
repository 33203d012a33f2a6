/** Small files as other tools write them, byte by byte: nothing of ours takes part. */

import { deflateSync } from "node:zlib";

const encoder = new TextEncoder();

export function bytesOf(...parts: (string | number[] | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === "string" ? encoder.encode(part) : new Uint8Array(part),
  );
  return new Uint8Array(Buffer.concat(bytes));
}

function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255);
}

function uint32Little(value: number): number[] {
  return uint32(value).reverse();
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** With a checksum of 0, which nobody looks at. */
export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  return bytesOf(uint32(content.length), type, content, [0, 0, 0, 0]);
}

export function png(...chunks: Uint8Array[]): Uint8Array {
  const header = pngChunk("IHDR", bytesOf(uint32(1), uint32(1), [8, 2, 0, 0, 0]));
  const pixels = deflateSync(new Uint8Array([0, 255, 0, 0]));
  const end = pngChunk("IEND", bytesOf());
  return bytesOf(PNG_SIGNATURE, header, ...chunks, pngChunk("IDAT", pixels), end);
}

export function tEXt(keyword: string, text: string): Uint8Array {
  return pngChunk("tEXt", bytesOf(keyword, [0], text));
}

export function latin1Text(keyword: string, text: string): Uint8Array {
  return pngChunk("tEXt", bytesOf(keyword, [0], Buffer.from(text, "latin1")));
}

export function zTXt(keyword: string, text: string): Uint8Array {
  const compressed = deflateSync(encoder.encode(text));
  return pngChunk("zTXt", bytesOf(keyword, [0, 0], compressed));
}

export function iTXt(
  keyword: string,
  text: string,
  { isCompressed = false } = {},
): Uint8Array {
  const body = encoder.encode(text);
  return pngChunk(
    "iTXt",
    bytesOf(
      keyword,
      [0, isCompressed ? 1 : 0, 0],
      "en\0keyword\0",
      isCompressed ? deflateSync(body) : body,
    ),
  );
}

type ByteOrder = "big" | "little";

/** EXIF's `UNICODE` comment in UTF-16, in either order. */
export function unicodeComment(text: string, order: ByteOrder = "big"): Uint8Array {
  const utf16 = Buffer.from(text, "utf16le");
  return bytesOf("UNICODE\0", order === "big" ? utf16.swap16() : utf16);
}

/** An EXIF block with these tags, those of its second directory apart. */
export function exif(
  tags: { first?: [number, Uint8Array][]; comment?: Uint8Array },
  order: ByteOrder = "big",
): Uint8Array {
  const turn = (bytes: number[]) => (order === "big" ? bytes : bytes.reverse());
  const uint16 = (value: number) => turn([value >>> 8, value & 255]);
  const long = (value: number) => turn(uint32(value));
  const first = tags.first ?? [];
  const count = first.length + (tags.comment ? 1 : 0);
  const exifIfdAt = 8 + 2 + 12 * count + 4;
  const valuesAt = exifIfdAt + (tags.comment ? 2 + 12 + 4 : 0);
  let at = valuesAt;
  const entry = (tag: number, type: number, value: Uint8Array) => {
    const bytes = [...uint16(tag), ...uint16(type), ...long(value.length), ...long(at)];
    at += value.length;
    return bytes;
  };
  const entries = first.map(([tag, value]) => entry(tag, 2, value));
  const exifIfd = tags.comment
    ? [...uint16(1), ...entry(0x9286, 7, tags.comment), ...long(0)]
    : [];
  const pointer = tags.comment
    ? [...uint16(0x8769), ...uint16(4), ...long(1), ...long(exifIfdAt)]
    : [];
  return bytesOf(
    order === "big" ? "MM" : "II",
    uint16(42),
    long(8),
    uint16(count),
    entries.flat(),
    pointer,
    long(0),
    exifIfd,
    ...first.map(([, value]) => value),
    tags.comment ?? [],
  );
}

export function jpegSegment(marker: number, content: Uint8Array): Uint8Array {
  const length = content.length + 2;
  return bytesOf([0xff, marker, length >>> 8, length & 255], content);
}

export function exifSegment(tiff: Uint8Array): Uint8Array {
  return jpegSegment(0xe1, bytesOf("Exif\0\0", tiff));
}

export const JFIF = jpegSegment(0xe0, bytesOf("JFIF\0", [1, 1, 0, 0, 1, 0, 1, 0, 0]));

/** Without a picture behind the scan's marker. */
export function jpeg(...segments: Uint8Array[]): Uint8Array {
  return bytesOf([0xff, 0xd8], ...segments, [0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
}

export function webpChunk(type: string, content: Uint8Array): Uint8Array {
  const padding = content.length % 2 === 1 ? [0] : [];
  return bytesOf(type, uint32Little(content.length), content, padding);
}

/** A lossy frame's first ten bytes say 64 by 32 pixels. */
export const LOSSY = webpChunk(
  "VP8 ",
  bytesOf([0x30, 1, 0, 0x9d, 0x01, 0x2a, 64, 0, 32, 0, 7]),
);

export function webp(...chunks: Uint8Array[]): Uint8Array {
  const body = bytesOf("WEBP", ...chunks);
  return bytesOf("RIFF", uint32Little(body.length), body);
}
