/** The chunks of a WebP (RFC 9649, section 2). Pure. */

import { concatenated, latin1, viewOf } from "./file-format";

export type WebpChunk = { type: string; content: Uint8Array };

export const EXIF = "EXIF";
export const XMP = "XMP ";

const HEADER_BYTES = 12;
const EXTENDED = "VP8X";
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;
const ALPHA_FLAG = 0x10;

/** Up to the first that is not whole. */
export function* webpChunks(bytes: Uint8Array): Generator<WebpChunk> {
  const view = viewOf(bytes);
  let at = HEADER_BYTES;
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length;
    if (end > bytes.length) return;
    const content = bytes.subarray(at + 8, end);
    yield { type: latin1(bytes, at, at + 4), content };
    // Chunks begin at even places.
    at = end + (length % 2);
  }
}

/**
 * A file of these chunks whose header announces EXIF and XMP as it has them.
 *
 * Null where a header is needed and the picture's size is not found.
 */
export function webpOf(chunks: readonly WebpChunk[]) {
  const announced = withHeader(chunks);
  if (!announced) return null;
  const body = concatenated(announced.flatMap(chunkBytes));
  const head = new TextEncoder().encode("RIFF\0\0\0\0WEBP");
  viewOf(head).setUint32(4, body.length + 4, true);
  return concatenated([head, body]);
}

function withHeader(chunks: readonly WebpChunk[]): readonly WebpChunk[] | null {
  const flags =
    (chunks.some(({ type }) => type === EXIF) ? EXIF_FLAG : 0) |
    (chunks.some(({ type }) => type === XMP) ? XMP_FLAG : 0);
  const [first] = chunks;
  if (!first) return null;
  if (first.type === EXTENDED) {
    const content = first.content.slice();
    content[0] = ((content[0] ?? 0) & ~(EXIF_FLAG | XMP_FLAG)) | flags;
    return [{ type: EXTENDED, content }, ...chunks.slice(1)];
  }
  if (flags === 0) return chunks;
  const picture = pictureOf(first);
  if (!picture) return null;
  const content = new Uint8Array(10);
  content[0] = flags | (picture.hasAlpha ? ALPHA_FLAG : 0);
  setUint24(content, 4, picture.width - 1);
  setUint24(content, 7, picture.height - 1);
  return [{ type: EXTENDED, content }, ...chunks];
}

/** From the frame's own header: RFC 6386, section 9.1, and RFC 9649, section 3.4. */
function pictureOf({ type, content }: WebpChunk) {
  if (content.length < 10) return null;
  const view = viewOf(content);
  if (type === "VP8 ") {
    const width = view.getUint16(6, true) & 0x3fff;
    const height = view.getUint16(8, true) & 0x3fff;
    return { width, height, hasAlpha: false };
  }
  if (type !== "VP8L") return null;
  const bits = view.getUint32(1, true);
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
  };
}

function chunkBytes({ type, content }: WebpChunk): Uint8Array[] {
  const head = new TextEncoder().encode(`${type}\0\0\0\0`);
  viewOf(head).setUint32(4, content.length, true);
  return [head, content, new Uint8Array(content.length % 2)];
}

function setUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
}
