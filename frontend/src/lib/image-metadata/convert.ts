/** A picture's file in another format, with or without its parameters. */

import { type FileFormat, fileFormat, MEDIA_TYPES } from "./file-format";
import { fileTexts } from "./file-texts";
import { withParameters } from "./insert";
import { withoutMetadata } from "./strip";
import { USER_COMMENT } from "./texts";

/** As the server encodes: no loss that a person sees. */
const QUALITY = 0.92;

/** This browser does not write the format; Safari does not write WebP. */
export class CannotEncode extends Error {
  constructor(readonly format: FileFormat) {
    super(`this browser cannot write ${format}`);
  }
}

/**
 * A file that is in the format already stays as it is, or loses its metadata alone:
 * its pixels are never encoded again.
 *
 * @throws CannotEncode
 * @throws DOMException where the file is no image that the browser can read.
 */
export async function convert(
  file: Blob,
  format: FileFormat,
  { keepsParameters }: { keepsParameters: boolean },
): Promise<Blob> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const type = MEDIA_TYPES[format];
  if (fileFormat(bytes) === format) {
    return new Blob([keepsParameters ? bytes : withoutMetadata(bytes)], { type });
  }
  const encoded = await encode(file, format);
  const texts = await fileTexts(bytes);
  const text = texts.get("parameters") ?? texts.get(USER_COMMENT);
  if (!keepsParameters || text === undefined) return encoded;
  const plain = new Uint8Array(await encoded.arrayBuffer());
  return new Blob([withParameters(plain, text) ?? plain], { type });
}

async function encode(file: Blob, format: FileFormat): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  if (!context) throw new CannotEncode(format);
  if (format === "jpeg") {
    // It has no transparency, which would become black.
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const type = MEDIA_TYPES[format];
  const encoded = await canvas.convertToBlob({ type, quality: QUALITY });
  // What it cannot write, it writes as PNG without a word.
  if (encoded.type !== type) throw new CannotEncode(format);
  return encoded;
}
