/** Any picture that the browser can decode becomes one that the server takes. */

import type { SourceImage } from "./source";

const MAX_SIDE_PX = 2048;
const MAX_BYTES = 9 * 2 ** 20;

type Encoding = { type: "image/png" | "image/jpeg"; quality: number };

// Each is tried in turn until the file is small enough.
const JPEG: readonly Encoding[] = [0.95, 0.85, 0.7].map((quality) => ({
  type: "image/jpeg",
  quality,
}));
const PNG_FIRST: readonly Encoding[] = [{ type: "image/png", quality: 1 }, ...JPEG];

export type Prepared =
  | { kind: "prepared"; image: SourceImage }
  | { kind: "unreadable" }
  | { kind: "too_large" };

/**
 * Upright, at most 2048 pixels a side and 9 MiB, on white where it was transparent.
 *
 * Painting it anew also leaves behind what the file said of place and camera.
 */
export async function prepareImage(file: Blob): Promise<Prepared> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { kind: "unreadable" };
  }
  const canvas = document.createElement("canvas");
  Object.assign(canvas, fittedSize(bitmap, MAX_SIDE_PX));
  const context = canvas.getContext("2d");
  if (!context) return { kind: "unreadable" };
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();

  // A photograph as PNG would be several times larger for nothing.
  for (const encoding of file.type === "image/jpeg" ? JPEG : PNG_FIRST) {
    const encoded = await encode(canvas, encoding);
    if (!encoded || encoded.size > MAX_BYTES) continue;
    const { width, height } = canvas;
    return {
      kind: "prepared",
      image: { dataUrl: await readDataUrl(encoded), width, height },
    };
  }
  return { kind: "too_large" };
}

/** Scaled down so that no side is longer than `maxSide`; never up. Pure. */
export function fittedSize(
  { width, height }: { width: number; height: number },
  maxSide: number,
): { width: number; height: number } {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

function encode(
  canvas: HTMLCanvasElement,
  { type, quality }: Encoding,
): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

function readDataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
