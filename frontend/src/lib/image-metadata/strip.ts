/** Image files without a word about them; their pixels and colours stay as they are. Pure. */

import { fileFormat } from "./file-format";
import {
  APP0,
  APP2,
  APP14,
  APP15,
  COMMENT,
  type JpegSegment,
  jpegOf,
  readJpeg,
} from "./jpeg-segments";
import { pngChunks, pngOf } from "./png-chunks";
import { webpChunks, webpOf } from "./webp-chunks";

/** What decides how a PNG looks. A list of what may stay: what is new may say anything. */
const PNG_CHUNKS = new Set([
  "IHDR",
  "PLTE",
  "IDAT",
  "IEND",
  "tRNS",
  "cHRM",
  "gAMA",
  "iCCP",
  "sBIT",
  "sRGB",
  "cICP",
  "mDCV",
  "cLLI",
  "bKGD",
  "pHYs",
  "acTL",
  "fcTL",
  "fdAT",
]);

const WEBP_CHUNKS = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ICCP", "ANIM", "ANMF"]);

/** Version and density, colour profile, colour transform. */
const JPEG_APPLICATIONS = [APP0, APP2, APP14];

/** The file itself, copied, where it is none of the three kinds. */
export function withoutMetadata(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  switch (fileFormat(bytes)) {
    case "png": {
      const kept = [...pngChunks(bytes)].filter(({ type }) => PNG_CHUNKS.has(type));
      return pngOf(kept, bytes);
    }
    case "webp": {
      const kept = [...webpChunks(bytes)].filter(({ type }) => WEBP_CHUNKS.has(type));
      return webpOf(kept) ?? bytes.slice();
    }
    case "jpeg": {
      const { segments, rest } = readJpeg(bytes);
      return jpegOf({ segments: segments.filter(paints), rest });
    }
    case null:
      return bytes.slice();
  }
}

function paints({ marker }: JpegSegment): boolean {
  if (marker === COMMENT) return false;
  const isApplication = marker >= APP0 && marker <= APP15;
  return !isApplication || JPEG_APPLICATIONS.includes(marker);
}
