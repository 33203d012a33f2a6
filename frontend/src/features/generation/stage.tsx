"use client";

import type { CSSProperties, ReactNode } from "react";
import { fill } from "@/lib/words/format";
import { shortened } from "@/lib/words/shortened";
import { useWords } from "@/lib/words/use-words";
import {
  type GenerationView,
  hasPicture,
  isGenerating,
  type Plan,
  type Tile,
  tilesOf,
} from "./generation-view";
import styles from "./stage.module.css";

// A picture of 128 pixels fills the stage of a desktop only as a blur.
const LEAST_DISPLAY_PX = 640;

type Props = {
  /** What is or was painted last: fixes the shape, as long as it is shown. */
  plan: Plan;
  children: ReactNode;
  /** Stands under the stage, in line with it. */
  below: ReactNode;
};

/** Where pictures come to be, at their final shape from the first moment on. */
export function Stage({ plan, children, below }: Props) {
  return (
    <div className={styles.column} style={stageShape(plan)}>
      <div className={styles.mount}>
        <div className={styles.stage}>{children}</div>
      </div>
      <div className={styles.below}>{below}</div>
    </div>
  );
}

/** What is on the stage while nothing is shown. */
export function IdleOnStage({ children }: { children: ReactNode }) {
  return <div className={styles.idle}>{children}</div>;
}

type PaintedProps = {
  view: GenerationView;
  /** The tile that the actions are about. */
  chosen: number;
  onEnlarge: (index: number) => void;
};

/** A generation: shimmering places, previews, images. */
export function GenerationOnStage({ view, chosen, onEnlarge }: PaintedProps) {
  const { generation: words } = useWords();
  const tiles = tilesOf(view);
  if (view.status === "failed" && !hasPicture(tiles)) {
    return <p className={styles.idle}>{words.stage.none}</p>;
  }
  const isChoice = view.status === "completed" && tiles.length > 1;
  return (
    <ul
      className={styles.tiles}
      aria-busy={view.status === "denoising" || view.status === "decoding"}
    >
      {tiles.map((tile, index) => (
        <li
          // Tiles never move: their place is who they are.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={index}
          className={styles.tile}
          data-waiting={isGenerating(view) && !tile.preview}
          data-chosen={isChoice && index === chosen}
        >
          <TileImages tile={tile} prompt={view.plan.prompt} />
          {view.status === "completed" && (
            <button
              type="button"
              className={styles.enlarge}
              aria-label={
                tiles.length === 1
                  ? words.stage.enlarge
                  : fill(words.stage.enlargeImage, { number: index + 1 })
              }
              onClick={() => onEnlarge(index)}
            />
          )}
        </li>
      ))}
      {view.status === "cancelled" && (
        <li className={styles.label}>{words.stage.cancelled}</li>
      )}
    </ul>
  );
}

function TileImages({ tile, prompt }: { tile: Tile; prompt: string }) {
  const { stage } = useWords().generation;
  const short = shortened(prompt);
  return (
    <>
      {tile.preview && (
        <img
          src={tile.preview}
          alt={tile.url ? "" : fill(stage.preview, { prompt: short })}
          data-part="preview"
        />
      )}
      {tile.url && (
        <img
          src={tile.url}
          alt={fill(stage.image, { prompt: short })}
          data-part="image"
        />
      )}
    </>
  );
}

type PictureProps = { url: string | null; prompt: string; onEnlarge: () => void };

/** A picture of earlier. */
export function PictureOnStage({ url, prompt, onEnlarge }: PictureProps) {
  const { stage } = useWords().generation;
  return (
    <div className={styles.tile}>
      <TileImages tile={{ preview: null, url }} prompt={prompt} />
      <button
        type="button"
        className={styles.enlarge}
        aria-label={stage.enlarge}
        onClick={onEnlarge}
      />
    </div>
  );
}

/** Two pictures share the longer side, three or four stand two by two. */
function columnsOf({ numImages, width, height }: Plan): number {
  if (numImages === 1) return 1;
  return numImages === 2 && width > height ? 1 : 2;
}

function stageShape(plan: Plan): CSSProperties {
  const columns = columnsOf(plan);
  const rows = Math.ceil(plan.numImages / columns);
  const largest = Math.max(plan.width * columns, plan.height * rows, LEAST_DISPLAY_PX);
  return {
    "--columns": columns,
    "--ratio": (plan.width * columns) / (plan.height * rows),
    "--tile-ratio": plan.width / plan.height,
    "--largest": `${largest}px`,
  } as CSSProperties; // React's type knows no custom properties
}
