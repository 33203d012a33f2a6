/** Which kind of image file some bytes are, by their first bytes alone. Pure. */

export const FILE_FORMATS = ["png", "webp", "jpeg"] as const;

export type FileFormat = (typeof FILE_FORMATS)[number];

export const MEDIA_TYPES = {
  png: "image/png",
  webp: "image/webp",
  jpeg: "image/jpeg",
} as const satisfies Record<FileFormat, string>;

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";

/** Null for what is none of the three. */
export function fileFormat(bytes: Uint8Array): FileFormat | null {
  if (latin1(bytes, 0, 8) === PNG_SIGNATURE) return "png";
  if (latin1(bytes, 0, 3) === "\xff\xd8\xff") return "jpeg";
  const isWebp = latin1(bytes, 0, 4) === "RIFF" && latin1(bytes, 8, 12) === "WEBP";
  return isWebp ? "webp" : null;
}

/** One character a byte; shorter where the bytes end. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
