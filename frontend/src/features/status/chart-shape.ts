/** Where the lines of a chart run, in a box of 100 by 100. Pure. */

export type Moment = {
  /** Milliseconds since 1970. */
  at: number;
  /** Nothing is known of the time since the moment before. */
  isAfterGap: boolean;
};

export type Frame = {
  /** Milliseconds since 1970: the left and the right edge. */
  from: number;
  to: number;
  /** The top edge; the bottom is 0. */
  max: number;
};

type Position = readonly [x: number, y: number];

/** Unbroken pieces of a line: null values and gaps end one. */
export function pieces(
  moments: readonly Moment[],
  values: readonly (number | null)[],
  { from, to, max }: Frame,
): Position[][] {
  const found: Position[][] = [];
  let isBroken = true;
  for (const [index, { at, isAfterGap }] of moments.entries()) {
    const value = values[index] ?? null;
    if (value === null) {
      isBroken = true;
      continue;
    }
    const x = (100 * (at - from)) / (to - from);
    const y = 100 - (100 * Math.min(value, max)) / max;
    if (isBroken || isAfterGap) found.push([]);
    found.at(-1)?.push([x, y]);
    isBroken = false;
  }
  return found;
}

/** A piece of one moment becomes a dot, where the line has round ends. */
export function linePath(piece: readonly Position[]): string {
  const [first] = piece;
  if (piece.length === 1 && first) return `M${text(first)}h0`;
  return `M${piece.map(text).join("L")}`;
}

/** The same, down to the bottom on both sides. */
export function areaPath(piece: readonly Position[]): string {
  const [first] = piece;
  const last = piece.at(-1);
  if (!first || !last) return "";
  return `M${first[0].toFixed(2)} 100L${piece.map(text).join("L")}L${last[0].toFixed(2)} 100Z`;
}

/** The next number that is 1, 2 or 5 times a power of ten: a top edge that reads well. */
export function niceMax(highest: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((one) => one * magnitude >= highest) ?? 10;
  return step * magnitude;
}

function text([x, y]: Position): string {
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}
