/** Small copies of images, for grids and strips of them. */

// Twice what a tile measures on most screens: sharp on dense ones, too.
const LONGEST_PX = 320;
const QUALITY = 0.85;

type Size = { width: number; height: number };

/** A WebP or JPEG of at most 320 px a side; the file itself where that is no gain. */
export async function makeThumbnail(file: Blob): Promise<Blob> {
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file);
  } catch {
    return file;
  }
  try {
    const size = thumbnailSize(image);
    if (size.width === image.width) return file;
    const made = await scaled(image, size);
    return made.size < file.size ? made : file;
  } catch {
    // No canvas outside the page, or none that encodes.
    return file;
  } finally {
    image.close();
  }
}

/** The same shape, at most 320 px a side and never larger than it is. */
export function thumbnailSize({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

async function scaled(image: ImageBitmap, { width, height }: Size): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas to draw on");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  const webp = await canvas.convertToBlob({ type: "image/webp", quality: QUALITY });
  // Where a browser cannot write WebP it silently writes PNG.
  if (webp.type === "image/webp") return webp;
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
