/** A mask on a canvas: opaque where it is marked, transparent elsewhere. */

import { boxOf } from "./areas";
import type { Operation, Point, Stroke } from "./mask-history";

// A channel from here on counts as marked.
const HALF = 128;

/** @param base what was there before the first operation. */
export function drawMask(
  context: CanvasRenderingContext2D,
  base: CanvasImageSource | null,
  operations: readonly Operation[],
): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  if (base) context.drawImage(base, 0, 0, width, height);
  for (const operation of operations) draw(context, operation);
}

function draw(context: CanvasRenderingContext2D, operation: Operation): void {
  const { width, height } = context.canvas;
  switch (operation.kind) {
    case "stroke":
      drawStroke(context, operation, operation.points);
      break;
    case "area": {
      const box = boxOf(operation.area, context.canvas);
      context.globalCompositeOperation = compositeOf(operation.tool);
      context.fillRect(box.x, box.y, box.width, box.height);
      break;
    }
    case "fill":
      context.fillRect(0, 0, width, height);
      break;
    case "clear":
      context.clearRect(0, 0, width, height);
      break;
    case "invert":
      context.globalCompositeOperation = "xor";
      context.fillRect(0, 0, width, height);
      break;
  }
  context.globalCompositeOperation = "source-over";
}

/** Also a part of a stroke, while it is being drawn. */
export function drawStroke(
  context: CanvasRenderingContext2D,
  { tool, width }: Pick<Stroke, "tool" | "width">,
  points: readonly Point[],
): void {
  const [first] = points;
  if (!first) return;
  context.globalCompositeOperation = compositeOf(tool);
  context.strokeStyle = context.fillStyle;
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.beginPath();
  context.moveTo(first.x, first.y);
  // To itself, too: a single touch is a dot.
  for (const { x, y } of points) context.lineTo(x, y);
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

function compositeOf(tool: Stroke["tool"]): GlobalCompositeOperation {
  return tool === "brush" ? "source-over" : "destination-out";
}

/** How much is marked, 0 to 1; above 0 as soon as one pixel is. */
export function markedShare(mask: HTMLCanvasElement): number {
  // Of a copy: reading makes a canvas slow to draw upon.
  const context = newContext(mask.width, mask.height);
  context.drawImage(mask, 0, 0);
  const { data } = context.getImageData(0, 0, mask.width, mask.height);
  let marked = 0;
  for (let at = 3; at < data.length; at += 4) {
    if ((data[at] ?? 0) >= HALF) marked += 1;
  }
  return marked / (mask.width * mask.height);
}

/** `data:` URL of a PNG: white where it is marked, black elsewhere, no grey. */
export function maskFile(mask: HTMLCanvasElement): string {
  const context = newContext(mask.width, mask.height);
  context.drawImage(mask, 0, 0);
  const pixels = context.getImageData(0, 0, mask.width, mask.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    const value = (data[at + 3] ?? 0) >= HALF ? 255 : 0;
    data.fill(value, at, at + 3);
    data[at + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return context.canvas.toDataURL("image/png");
}

/**
 * What `maskFile` gave, as it can be drawn upon.
 *
 * @param colour any CSS colour, for what is marked.
 */
export async function readMask(
  url: string,
  size: { width: number; height: number },
  colour: string,
): Promise<HTMLCanvasElement> {
  const file = new Image();
  file.src = url;
  await file.decode();
  const context = newContext(size.width, size.height);
  context.drawImage(file, 0, 0, size.width, size.height);
  const pixels = context.getImageData(0, 0, size.width, size.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    data[at + 3] = (data[at] ?? 0) >= HALF ? 255 : 0;
  }
  context.putImageData(pixels, 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, size.width, size.height);
  return context.canvas;
}

/** @throws Error where the browser has no memory left for it. */
function newContext(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("No memory for a canvas");
  return context;
}
