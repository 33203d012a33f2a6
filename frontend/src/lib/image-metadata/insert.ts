/** Puts the `parameters` text into image files that have none yet. Pure. */

import { exifWithComment } from "./exif";
import { fileFormat } from "./file-format";
import { APP0, exifSegment, jpegOf, readJpeg } from "./jpeg-segments";
import { type PngChunk, pngChunks, pngOf } from "./png-chunks";
import { textChunk } from "./png-texts";
import { EXIF, webpChunks, webpOf } from "./webp-chunks";

/**
 * PNG as text of its own, WebP and JPEG as EXIF's comment.
 *
 * @returns null where it does not fit: a JPEG has room for 32,000 characters.
 */
export function withParameters(
  bytes: Uint8Array,
  text: string,
): Uint8Array<ArrayBuffer> | null {
  switch (fileFormat(bytes)) {
    case "png":
      return intoPng(bytes, text);
    case "webp":
      return webpOf([
        ...webpChunks(bytes),
        { type: EXIF, content: exifWithComment(text) },
      ]);
    case "jpeg":
      return intoJpeg(bytes, text);
    case null:
      return null;
  }
}

function intoPng(bytes: Uint8Array, text: string) {
  const [header, ...others]: PngChunk[] = [...pngChunks(bytes)];
  if (!header) return null;
  return pngOf([header, textChunk("parameters", text), ...others], bytes);
}

function intoJpeg(bytes: Uint8Array, text: string) {
  const exif = exifSegment(exifWithComment(text));
  if (!exif) return null;
  const { segments, rest } = readJpeg(bytes);
  // JFIF's own segment must be the first.
  const at = segments[0]?.marker === APP0 ? 1 : 0;
  return jpegOf({ segments: segments.toSpliced(at, 0, exif), rest });
}
