"use client";

import { Icon, type IconName } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { useWords } from "@/lib/words/use-words";
import type { Zoom } from "./use-zoom";
import { PAN_PX } from "./viewer-keys";
import styles from "./zoom-controls.module.css";

/** Everything that fingers, wheel and keys do, by buttons. */
export function ZoomControls({ zoom }: { zoom: Zoom }) {
  const {
    language,
    viewer: { zoom: words },
  } = useWords();
  const scale = zoom.view?.scale ?? 1;
  return (
    <div className={styles.controls}>
      {zoom.isCropped && <PanButtons zoom={zoom} />}
      <fieldset className={styles.bar} aria-label={words.name}>
        <IconButton
          label={words.farther}
          aria-keyshortcuts="-"
          aria-disabled={zoom.isSmallest}
          onClick={() => zoom.obey({ kind: "zoom", direction: -1 })}
        >
          <Icon name="minus" />
        </IconButton>
        <span className={styles.percent}>
          {scale.toLocaleString(language, { style: "percent" })}
        </span>
        <IconButton
          label={words.closer}
          aria-keyshortcuts="+"
          aria-disabled={zoom.isLargest}
          onClick={() => zoom.obey({ kind: "zoom", direction: 1 })}
        >
          <Icon name="plus" />
        </IconButton>
        <IconButton
          label={words.actual}
          aria-keyshortcuts="1"
          onClick={() => zoom.obey({ kind: "actual_size" })}
        >
          <span className={styles.ratio}>1:1</span>
        </IconButton>
        <IconButton
          label={words.fit}
          aria-keyshortcuts="0"
          onClick={() => zoom.obey({ kind: "fit" })}
        >
          <Icon name="fit" />
        </IconButton>
      </fieldset>
    </div>
  );
}

const DIRECTIONS = [
  { name: "left", icon: "arrowLeft", by: { x: PAN_PX, y: 0 } },
  { name: "up", icon: "arrowUp", by: { x: 0, y: PAN_PX } },
  { name: "down", icon: "arrowDown", by: { x: 0, y: -PAN_PX } },
  { name: "right", icon: "arrowRight", by: { x: -PAN_PX, y: 0 } },
] as const satisfies readonly { icon: IconName; [more: string]: unknown }[];

function PanButtons({ zoom }: { zoom: Zoom }) {
  const {
    viewer: { zoom: words },
  } = useWords();
  return (
    <fieldset className={styles.bar} aria-label={words.move}>
      {DIRECTIONS.map(({ name, icon, by }) => (
        <IconButton
          key={name}
          label={words[name]}
          onClick={() => zoom.obey({ kind: "pan", by })}
        >
          <Icon name={icon} />
        </IconButton>
      ))}
    </fieldset>
  );
}
