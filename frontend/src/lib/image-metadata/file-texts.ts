/** All that an image file says in words, whichever kind of file it is. */

import { exifTexts } from "./exif";
import { fileFormat } from "./file-format";
import { exifOf, readJpeg } from "./jpeg-segments";
import { pngTexts } from "./png-texts";
import type { Texts } from "./texts";
import { EXIF, webpChunks } from "./webp-chunks";

const NOTHING: Texts = new Map();

/** Nothing for a file that is broken or of another kind. */
export async function fileTexts(bytes: Uint8Array): Promise<Texts> {
  switch (fileFormat(bytes)) {
    case "png":
      return pngTexts(bytes);
    case "jpeg":
      return jpegTexts(bytes);
    case "webp":
      return webpTexts(bytes);
    case null:
      return NOTHING;
  }
}

function jpegTexts(bytes: Uint8Array): Texts {
  for (const segment of readJpeg(bytes).segments) {
    const tiff = exifOf(segment);
    if (tiff) return exifTexts(tiff);
  }
  return NOTHING;
}

function webpTexts(bytes: Uint8Array): Texts {
  for (const { type, content } of webpChunks(bytes)) {
    if (type === EXIF) return exifTexts(withoutJpegPrefix(content));
  }
  return NOTHING;
}

/** Some tools carry JPEG's `Exif\0\0` over to where it does not belong. */
function withoutJpegPrefix(content: Uint8Array): Uint8Array {
  return content[0] === 0x45 ? content.subarray(6) : content;
}
