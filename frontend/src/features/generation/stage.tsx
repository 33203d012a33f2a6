import type { CSSProperties, ReactNode } from "react";
import {
  type GenerationView,
  hasPicture,
  type Plan,
  type Tile,
  tilesOf,
} from "./generation-view";
import styles from "./stage.module.css";

// A picture of 128 pixels fills the stage of a desktop only as a blur.
const LEAST_DISPLAY_PX = 512;

type Props = {
  view: GenerationView;
  /** What would be painted now: an idle stage already has its shape. */
  nextPlan: Plan;
  /** Shown on an idle stage. */
  idle: ReactNode;
  /** Stands under the stage, in line with it. */
  children: ReactNode;
};

/** Where pictures come to be, at their final shape from the first moment on. */
export function Stage({ view, nextPlan, idle, children }: Props) {
  const plan = view.status === "idle" ? nextPlan : view.plan;
  return (
    <div className={styles.column} style={stageShape(plan)}>
      <div className={styles.stage}>
        <StageContent view={view} idle={idle} />
      </div>
      <div className={styles.below}>{children}</div>
    </div>
  );
}

function StageContent({ view, idle }: { view: GenerationView; idle: ReactNode }) {
  if (view.status === "idle") return <div className={styles.idle}>{idle}</div>;
  const tiles = tilesOf(view);
  if (view.status === "failed" && !hasPicture(tiles)) {
    return <p className={styles.idle}>No picture this time.</p>;
  }
  return <Tiles tiles={tiles} view={view} prompt={view.plan.prompt} />;
}

function Tiles({
  tiles,
  view,
  prompt,
}: {
  tiles: Tile[];
  view: GenerationView;
  prompt: string;
}) {
  const isWaiting = view.status === "submitting" || view.status === "queued";
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
          data-waiting={isWaiting}
        >
          {tile.preview && (
            <img
              src={tile.preview}
              alt={tile.url ? "" : `Preview: ${altText(prompt)}`}
              data-part="preview"
            />
          )}
          {tile.url && (
            <img
              src={tile.url}
              alt={`${altText(prompt)}, generated`}
              data-part="image"
            />
          )}
        </li>
      ))}
      {view.status === "cancelled" && (
        <li className={styles.label}>Cancelled before it was finished</li>
      )}
    </ul>
  );
}

/** Long prompts would be read out in full at each visit of the picture. */
function altText(prompt: string): string {
  return prompt.length > 120 ? `${prompt.slice(0, 117)}…` : prompt;
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
