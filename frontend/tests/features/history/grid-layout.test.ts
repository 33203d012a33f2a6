import { describe, expect, test } from "vitest";
import {
  GAP_PX,
  layOut,
  type Move,
  neighbour,
  tileCorner,
  tilesWithin,
} from "@/features/history/grid-layout";

test.each([
  [288, 2],
  [358, 3],
  [736, 4],
  [1216, 6],
  [10, 2],
])("%i px have %i columns, which fill them", (width, columns) => {
  const layout = layOut([100], width, 40);
  expect(layout.columns).toBe(columns);
  if (width > 10) {
    const used = columns * layout.tilePx + (columns - 1) * GAP_PX;
    expect(used).toBeCloseTo(width);
  }
});

// Three columns of 100 px, rows 108 px apart; sections of 4, 2 and 7 tiles.
const LAYOUT = { ...layOut([4, 2, 7], 3 * 104 + 2 * GAP_PX, 40) };

test("sections follow each other without a gap or an overlap", () => {
  expect(LAYOUT.columns).toBe(3);
  const ends = LAYOUT.sections.map(({ topPx, heightPx }) => topPx + heightPx);
  expect(LAYOUT.sections.map(({ topPx }) => topPx)).toEqual([0, ends[0], ends[1]]);
  expect(LAYOUT.heightPx).toBe(ends[2]);
  expect(LAYOUT.sections.map(({ first }) => first)).toEqual([0, 4, 6]);
});

test("a tile stands below its heading, in its row and column", () => {
  const pitch = LAYOUT.tilePx + GAP_PX;
  expect(tileCorner(LAYOUT, 0)).toEqual({ left: 0, top: 40 });
  expect(tileCorner(LAYOUT, 4)).toEqual({ left: pitch, top: 40 + pitch });
});

test("only tiles near the screen are there", () => {
  const layout = layOut([2_000], 1216, 40);
  const [section] = layout.sections;
  if (!section) throw new Error("no section");
  const pitch = layout.tilePx + GAP_PX;
  expect(tilesWithin(layout, section, 0, 40 + pitch)).toEqual({ start: 0, end: 6 });
  const far = tilesWithin(layout, section, 40 + 100 * pitch, 40 + 103 * pitch);
  expect(far).toEqual({ start: 600, end: 618 });
  const below = tilesWithin(layout, section, layout.heightPx + 500, 99_999);
  expect(below.end - below.start).toBe(0);
  const above = tilesWithin(layout, section, -500, -100);
  expect(above.end - above.start).toBe(0);
});

describe("arrows over sections of 4, 2 and 7 in three columns", () => {
  test.each<[number, Move, number]>([
    [0, "ArrowLeft", 0],
    [0, "ArrowRight", 1],
    [3, "ArrowRight", 4],
    [12, "ArrowRight", 12],
    [0, "ArrowDown", 3],
    [2, "ArrowDown", 3],
    [3, "ArrowDown", 4],
    [5, "ArrowDown", 7],
    [8, "ArrowUp", 5],
    [4, "ArrowUp", 3],
    [1, "ArrowUp", 1],
    [12, "ArrowDown", 12],
    [5, "Home", 0],
    [5, "End", 12],
  ])("from %i by %s to %i", (index, move, to) => {
    expect(neighbour(LAYOUT, index, move)).toBe(to);
  });
});
