"use client";

import { type KeyboardEvent, type MouseEvent, useRef } from "react";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import { commandOf } from "./grid-keys";
import {
  GAP_PX,
  type GridLayout,
  layOut,
  neighbour,
  type SectionBox,
  tileCorner,
  tilesWithin,
} from "./grid-layout";
import styles from "./picture-grid.module.css";
import { PictureTile } from "./picture-tile";
import { type Section, sectionTitle } from "./sections";
import { tileLabel, timeLeft } from "./tile-words";
import { useStretchInView } from "./use-stretch-in-view";

// As tall as the style says.
const HEADING_REM = 2.5;

export type GridActions = {
  activate: (id: string) => void;
  moveFocus: (id: string) => void;
  open: (picture: Picture) => void;
  toggle: (id: string) => void;
  /** From where the selection began, or else from the tile with the focus. */
  selectTo: (id: string) => void;
  selectAll: () => void;
  favour: (picture: Picture) => void;
  /** Its settings, to paint with them again. */
  restore: (picture: Picture) => void;
  discard: (picture: Picture) => void;
};

type Props = {
  label: string;
  sections: readonly Section[];
  /** Milliseconds since the epoch. */
  now: number;
  /** The one that Tab leads to. */
  activeId: string | null;
  /** Null while nothing is being selected. */
  selected: ReadonlySet<string> | null;
  actions: GridActions;
};

/** Thousands of pictures, of which only those near the screen are in the page. */
export function PictureGrid(props: Props) {
  const { sections, activeId, label } = props;
  const grid = useRef<HTMLDivElement>(null);
  const stretch = useStretchInView(grid);
  const counts = sections.map(({ pictures }) => pictures.length);
  const hasTitles = sections.some(({ start }) => start.span !== "all");
  const headingPx = hasTitles && stretch ? HEADING_REM * stretch.remPx : 0;
  const layout = layOut(counts, stretch?.widthPx ?? 0, headingPx);

  return (
    <section
      ref={grid}
      className={styles.grid}
      style={{ height: Math.max(0, layout.heightPx - GAP_PX) }}
      aria-label={label}
    >
      {stretch &&
        sections.map((section, index) => {
          const box = layout.sections[index];
          if (!box) return null;
          const seen = tilesWithin(layout, box, stretch.fromPx, stretch.toPx);
          const places = range(seen.start, seen.end);
          // The focus must not be lost when its tile is scrolled away.
          const active = section.pictures.findIndex(({ id }) => id === activeId);
          if (active >= 0 && !places.includes(active)) places.push(active);
          if (places.length === 0) return null;
          return (
            <GridSection
              key={section.key}
              {...props}
              section={section}
              box={box}
              layout={layout}
              places={places.sort((a, b) => a - b)}
            />
          );
        })}
    </section>
  );
}

type SectionProps = Props & {
  section: Section;
  box: SectionBox;
  layout: GridLayout;
  /** Of the tiles that are in the page. */
  places: readonly number[];
};

function GridSection(props: SectionProps) {
  const { section, box, layout, places, sections, now, activeId, selected, actions } =
    props;
  const { history: words, language } = useWords();
  const title = sectionTitle(section.start, now, language);

  function press(event: MouseEvent, picture: Picture) {
    if (event.shiftKey) actions.selectTo(picture.id);
    else if (selected || event.ctrlKey || event.metaKey) actions.toggle(picture.id);
    else actions.open(picture);
  }

  function pressKey(event: KeyboardEvent, picture: Picture, index: number) {
    const command = commandOf(event);
    if (!command) return;
    event.preventDefault();
    switch (command.kind) {
      case "move": {
        const next = pictureAt(sections, neighbour(layout, index, command.move));
        if (!next) return;
        if (command.isSelecting) actions.selectTo(next.id);
        return actions.moveFocus(next.id);
      }
      case "open":
        return actions.open(picture);
      case "toggle":
        return actions.toggle(picture.id);
      case "select_all":
        return actions.selectAll();
      case "favour":
        return actions.favour(picture);
      case "restore":
        return actions.restore(picture);
      case "discard":
        return actions.discard(picture);
    }
  }

  return (
    <div className={styles.section} style={{ top: box.topPx, height: box.heightPx }}>
      {title && <h2 className={styles.heading}>{title}</h2>}
      <ul className={styles.tiles}>
        {places.map((place) => {
          const picture = section.pictures[place];
          if (!picture) return null;
          const { id } = picture;
          return (
            <PictureTile
              key={id}
              picture={picture}
              label={tileLabel(picture, now, words, language)}
              badge={timeLeft(picture, now, words, language)}
              corner={tileCorner(layout, place)}
              sidePx={layout.tilePx}
              position={place + 1}
              total={box.count}
              isActive={id === activeId}
              isSelected={selected ? selected.has(id) : null}
              onPress={(event) => press(event, picture)}
              onKeyDown={(event) => pressKey(event, picture, box.first + place)}
              onFocus={() => actions.activate(id)}
            />
          );
        })}
      </ul>
    </div>
  );
}

function pictureAt(sections: readonly Section[], index: number): Picture | undefined {
  let first = 0;
  for (const { pictures } of sections) {
    if (index < first + pictures.length) return pictures[index - first];
    first += pictures.length;
  }
  return undefined;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
