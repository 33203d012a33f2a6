/** The segments before a JPEG's picture (ITU-T T.81, annex B). Pure. */

import { concatenated, latin1, viewOf } from "./file-format";

export type JpegSegment = {
  /** The second byte of its marker. */
  marker: number;
  content: Uint8Array;
  whole: Uint8Array;
};

export type Jpeg = {
  segments: readonly JpegSegment[];
  /** From the first scan on: the picture itself. */
  rest: Uint8Array;
};

export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP15 = 0xef;
export const APP2 = 0xe2;
export const APP14 = 0xee;
export const COMMENT = 0xfe;

const START_OF_SCAN = 0xda;
const MARKER = 0xff;
const EXIF_PREFIX = "Exif\0\0";
// A length of 16 bits counts itself.
const MAX_CONTENT_BYTES = 0xffff - 2;

export function readJpeg(bytes: Uint8Array): Jpeg {
  const view = viewOf(bytes);
  const segments: JpegSegment[] = [];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === MARKER) {
    const marker = view.getUint8(at + 1);
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === START_OF_SCAN || end > bytes.length || end < at + 4) break;
    const content = bytes.subarray(at + 4, end);
    segments.push({ marker, content, whole: bytes.subarray(at, end) });
    at = end;
  }
  return { segments, rest: bytes.subarray(at) };
}

export function jpegOf({ segments, rest }: Jpeg) {
  const start = new Uint8Array([MARKER, 0xd8]);
  return concatenated([start, ...segments.map(({ whole }) => whole), rest]);
}

/** The EXIF block of a segment, if it is one. */
export function exifOf({ marker, content }: JpegSegment): Uint8Array | null {
  const isExif = marker === APP1 && latin1(content, 0, 6) === EXIF_PREFIX;
  return isExif ? content.subarray(EXIF_PREFIX.length) : null;
}

/** Null where the block is longer than a segment may be. */
export function exifSegment(tiff: Uint8Array): JpegSegment | null {
  const content = concatenated([new TextEncoder().encode(EXIF_PREFIX), tiff]);
  if (content.length > MAX_CONTENT_BYTES) return null;
  const head = new Uint8Array([MARKER, APP1, 0, 0]);
  viewOf(head).setUint16(2, content.length + 2);
  return { marker: APP1, content, whole: concatenated([head, content]) };
}
