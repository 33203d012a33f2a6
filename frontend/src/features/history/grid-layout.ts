/**
 * Where each tile of the grid stands, computed instead of measured. Pure.
 *
 * Tiles are square and headings of one height, so thousands need no element before they
 * are near the screen. All lengths are CSS pixels from the grid's top left corner.
 */

export const GAP_PX = 8;

// Two or three side by side on a phone, six on a desktop.
const LEAST_TILE_PX = { narrow: 104, wide: 176 };
const WIDE_FROM_PX = 640;

export type SectionBox = {
  topPx: number;
  heightPx: number;
  /** Place of its first tile among the tiles of all sections. */
  first: number;
  count: number;
};

export type GridLayout = {
  columns: number;
  tilePx: number;
  /** Height of a heading with the space around it. */
  headingPx: number;
  heightPx: number;
  sections: SectionBox[];
};

/** @param counts how many tiles each section has; none is empty. */
export function layOut(
  counts: readonly number[],
  widthPx: number,
  headingPx: number,
): GridLayout {
  const least = widthPx < WIDE_FROM_PX ? LEAST_TILE_PX.narrow : LEAST_TILE_PX.wide;
  const columns = Math.max(2, Math.floor((widthPx + GAP_PX) / (least + GAP_PX)));
  const tilePx = Math.max(1, (widthPx - (columns - 1) * GAP_PX) / columns);
  let topPx = 0;
  let first = 0;
  const sections = counts.map((count) => {
    const rows = Math.ceil(count / columns);
    const heightPx = headingPx + rows * (tilePx + GAP_PX);
    const box = { topPx, heightPx, first, count };
    topPx += heightPx;
    first += count;
    return box;
  });
  return { columns, tilePx, headingPx, heightPx: topPx, sections };
}

/** A tile's corner within its section. @param place among the section's tiles. */
export function tileCorner(layout: GridLayout, place: number) {
  const pitch = layout.tilePx + GAP_PX;
  return {
    left: (place % layout.columns) * pitch,
    top: layout.headingPx + Math.floor(place / layout.columns) * pitch,
  };
}

/** Places, within a section, of the tiles that touch the stretch; `end` is not one. */
export function tilesWithin(
  layout: GridLayout,
  section: SectionBox,
  fromPx: number,
  toPx: number,
): { start: number; end: number } {
  const pitch = layout.tilePx + GAP_PX;
  const tilesTop = section.topPx + layout.headingPx;
  const firstRow = Math.max(0, Math.floor((fromPx - tilesTop) / pitch));
  const endRow = Math.max(0, Math.ceil((toPx - tilesTop) / pitch));
  const start = Math.min(section.count, firstRow * layout.columns);
  return {
    start,
    end: Math.max(start, Math.min(section.count, endRow * layout.columns)),
  };
}

const MOVES = [
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
] as const;

export type Move = (typeof MOVES)[number];

export function isMove(key: string): key is Move {
  return MOVES.some((move) => move === key);
}

/** The tile that a key leads to, over the borders of sections; itself at the edges. */
export function neighbour(layout: GridLayout, index: number, move: Move): number {
  const last =
    (layout.sections.at(-1)?.first ?? 0) + (layout.sections.at(-1)?.count ?? 1) - 1;
  switch (move) {
    case "ArrowLeft":
      return Math.max(0, index - 1);
    case "ArrowRight":
      return Math.min(last, index + 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowUp":
      return inNextRow(layout, index, -1);
    case "ArrowDown":
      return inNextRow(layout, index, 1);
  }
}

/** Same column; the last tile of a row that is shorter. */
function inNextRow({ columns, sections }: GridLayout, index: number, step: 1 | -1) {
  const at = sections.findIndex(({ first, count }) => index < first + count);
  const here = sections[at];
  if (!here) return index;
  const column = (index - here.first) % columns;
  const row = Math.floor((index - here.first) / columns) + step;
  if (row >= 0 && row < rowsOf(here, columns)) return inRow(here, row, column, columns);
  const next = sections[at + step];
  if (!next) return index;
  const nextRow = step === 1 ? 0 : rowsOf(next, columns) - 1;
  return inRow(next, nextRow, column, columns);
}

function rowsOf({ count }: SectionBox, columns: number): number {
  return Math.ceil(count / columns);
}

function inRow(section: SectionBox, row: number, column: number, columns: number) {
  return section.first + Math.min(row * columns + column, section.count - 1);
}
