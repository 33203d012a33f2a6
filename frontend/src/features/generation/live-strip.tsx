"use client";

import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { fill } from "@/lib/words/format";
import { shortened } from "@/lib/words/shortened";
import { useWords } from "@/lib/words/use-words";
import { progressOf, tilesOf } from "./generation-view";
import {
  dismissGeneration,
  type LiveGeneration,
  stopGeneration,
} from "./live-generations";
import styles from "./live-strip.module.css";

type Props = {
  generations: readonly LiveGeneration[];
  shownKey: string | null;
  onShow: (key: string) => void;
};

/**
 * All that is waiting or being painted, each with its own progress and cancel, and what
 * has failed, until somebody has looked or puts it away.
 */
export function LiveStrip({ generations, shownKey, onShow }: Props) {
  const { live } = useWords().generation;
  if (generations.length === 0) return null;
  return (
    <ul className={styles.strip} aria-label={live.label}>
      {generations.map((one) => (
        <li key={one.key} className={styles.item}>
          <LiveTile
            generation={one}
            isShown={one.key === shownKey}
            onShow={() => onShow(one.key)}
          />
        </li>
      ))}
    </ul>
  );
}

type TileProps = { generation: LiveGeneration; isShown: boolean; onShow: () => void };

function LiveTile({ generation: { key, view }, isShown, onShow }: TileProps) {
  const { live } = useWords().generation;
  const progress = progressOf(view);
  const hasFailed = view.status === "failed";
  const preview = tilesOf(view).find((tile) => tile.preview)?.preview;
  const prompt = shortened(view.plan.prompt);
  return (
    <>
      <button
        type="button"
        className={styles.show}
        aria-label={fill(live.show, { prompt })}
        aria-current={isShown}
        onClick={onShow}
      >
        {preview && <img src={preview} alt="" />}
        <span className={styles.words} data-failed={hasFailed}>
          {hasFailed && live.failed}
          {!hasFailed && progress === null && live.waiting}
          {progress !== null &&
            fill(live.percent, { percent: Math.round(100 * progress) })}
        </span>
        <span className={styles.bar} style={{ scale: `${progress ?? 0} 1` }} />
      </button>
      <div className={styles.cancel}>
        <IconButton
          label={fill(hasFailed ? live.dismiss : live.cancel, { prompt })}
          onClick={() =>
            hasFailed ? dismissGeneration(key) : void stopGeneration(key)
          }
        >
          <Icon name="close" />
        </IconButton>
      </div>
    </>
  );
}
