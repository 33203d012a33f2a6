/** The chunks of a PNG (W3C PNG, third edition, section 5). Pure. */

import { concatenated, latin1, viewOf } from "./file-format";

export type PngChunk = {
  type: string;
  content: Uint8Array;
  /** With its length, type and checksum, as it stands in the file. */
  whole: Uint8Array;
};

const SIGNATURE_BYTES = 8;
// Four each: length, type, checksum.
const FRAME_BYTES = 12;

/** Up to the first that is not whole. Checksums are not looked at. */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = viewOf(bytes);
  let at = SIGNATURE_BYTES;
  while (at + FRAME_BYTES <= bytes.length) {
    const end = at + FRAME_BYTES + view.getUint32(at);
    if (end > bytes.length) return;
    yield {
      type: latin1(bytes, at + 4, at + 8),
      content: bytes.subarray(at + 8, end - 4),
      whole: bytes.subarray(at, end),
    };
    at = end;
  }
}

export function pngOf(chunks: Iterable<PngChunk>, like: Uint8Array) {
  const signature = like.subarray(0, SIGNATURE_BYTES);
  return concatenated([signature, ...Array.from(chunks, ({ whole }) => whole)]);
}

export function pngChunk(type: string, content: Uint8Array): PngChunk {
  const name = new TextEncoder().encode(type);
  const length = new Uint8Array(4);
  const checksum = new Uint8Array(4);
  viewOf(length).setUint32(0, content.length);
  viewOf(checksum).setUint32(0, crc32(concatenated([name, content])));
  return { type, content, whole: concatenated([length, name, content, checksum]) };
}

/** Annex D of the specification. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}
