/** How a picture lies in the pane that shows it: fitting, zooming, panning. Pure. */

export type Size = { width: number; height: number };
export type Point = { x: number; y: number };

export type View = {
  /** CSS pixels per pixel of the picture: 1 is 100 %. */
  scale: number;
  /** What lies in the middle of the pane, in pixels of the picture. */
  centre: Point;
};

/** A picture and its pane: what bounds a view. */
export type Frame = { picture: Size; pane: Size };

const LARGEST_SCALE = 16;
const STEPS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, LARGEST_SCALE];
// Two scales nearer than this look the same.
const TOLERANCE = 0.001;

// A small picture fills the window only so far: beyond it would be nothing but a blur.
const LARGEST_FIT = 4;
// Nor is it ever smaller than on the page it came from, in CSS pixels.
const LEAST_DISPLAY_PX = 640;

// From here on pixels are meant to be seen, not smoothed.
const PIXELATED_FROM = 3;

/** The whole picture, as large as it is still good to look at. */
export function fitView({ picture, pane }: Frame): View {
  const most = Math.max(
    LARGEST_FIT,
    LEAST_DISPLAY_PX / Math.max(picture.width, picture.height),
  );
  return {
    scale: Math.min(most, fillScale({ picture, pane }), LARGEST_SCALE),
    centre: { x: picture.width / 2, y: picture.height / 2 },
  };
}

/**
 * The nearest view that shows as much of the picture as can be.
 *
 * A side that is shorter than the pane stays in its middle; a longer one never leaves a
 * gap. Nothing is smaller than in `fitView`, but for a small picture at its own size.
 */
export function bounded({ scale, centre }: View, frame: Frame): View {
  const { picture, pane } = frame;
  const inner = clamp(scale, smallestScale(frame), LARGEST_SCALE);
  return {
    scale: inner,
    centre: {
      x: boundedCentre(centre.x, picture.width, pane.width / inner),
      y: boundedCentre(centre.y, picture.height, pane.height / inner),
    },
  };
}

/** @param at what stays where it is, in CSS pixels from the middle of the pane. */
export function zoomedTo(view: View, scale: number, at: Point, frame: Frame): View {
  const wanted = clamp(scale, smallestScale(frame), LARGEST_SCALE);
  const shift = 1 / view.scale - 1 / wanted;
  const centre = {
    x: view.centre.x + at.x * shift,
    y: view.centre.y + at.y * shift,
  };
  return bounded({ scale: wanted, centre }, frame);
}

/** @param by how far the picture moves, in CSS pixels. */
export function panned(view: View, by: Point, frame: Frame): View {
  const centre = {
    x: view.centre.x - by.x / view.scale,
    y: view.centre.y - by.y / view.scale,
  };
  return bounded({ scale: view.scale, centre }, frame);
}

/** The next round scale in a direction; the fitting one counts as a step. */
export function nextScale(scale: number, direction: -1 | 1, frame: Frame): number {
  const fit = fitView(frame).scale;
  const least = smallestScale(frame);
  const others = STEPS.filter(
    (step) => step > least - TOLERANCE && Math.abs(step - fit) > TOLERANCE,
  );
  const steps = [fit, ...others].sort((a, b) => a - b);
  const next =
    direction === 1
      ? steps.find((step) => step > scale + TOLERANCE)
      : steps.findLast((step) => step < scale - TOLERANCE);
  return next ?? (direction === 1 ? LARGEST_SCALE : least);
}

/** Where a double click leads from the fitting view: closer, whatever the size. */
export function closeUpScale(frame: Frame): number {
  const fit = fitView(frame).scale;
  return fit < 1 - TOLERANCE ? 1 : Math.max(2 * fit, fillScale(frame));
}

export function isFitting(view: View, frame: Frame): boolean {
  return Math.abs(view.scale - fitView(frame).scale) <= TOLERANCE;
}

/** Whether its pixels are meant to be seen: only where somebody came that close. */
export function isPixelated({ scale }: View, frame: Frame): boolean {
  return scale >= PIXELATED_FROM && scale > fitView(frame).scale + TOLERANCE;
}

/** Whether there is more of the picture than is seen. */
export function isCropped({ scale }: View, { picture, pane }: Frame): boolean {
  return (
    picture.width * scale > pane.width + 1 || picture.height * scale > pane.height + 1
  );
}

export function isSmallest({ scale }: View, frame: Frame): boolean {
  return scale <= smallestScale(frame) + TOLERANCE;
}

export function isLargest(view: View): boolean {
  return view.scale >= LARGEST_SCALE - TOLERANCE;
}

/**
 * A common frame for two pictures to be compared: each lies whole and centred in it, so
 * that the same picture at two resolutions covers itself.
 */
export function commonSize(a: Size, b: Size): Size {
  return {
    width: Math.max(a.width, b.width),
    height: Math.max(a.height, b.height),
  };
}

/** Whether two pictures cover each other in `commonSize`; half a pixel is rounding. */
export function haveSameShape(a: Size, b: Size): boolean {
  const height = (a.width * b.height) / b.width;
  return Math.abs(height - a.height) <= Math.max(0.5, a.width / b.width / 2);
}

/** A small picture can be seen at its own size, too. */
function smallestScale(frame: Frame): number {
  return Math.min(1, fitView(frame).scale);
}

function fillScale({ picture, pane }: Frame): number {
  return Math.min(pane.width / picture.width, pane.height / picture.height);
}

function boundedCentre(centre: number, length: number, seen: number): number {
  if (seen >= length) return length / 2;
  return clamp(centre, seen / 2, length - seen / 2);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
