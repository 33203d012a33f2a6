"use client";

import { type ReactNode, useState } from "react";
import type { Picture } from "@/lib/pictures/picture";
import { fill } from "@/lib/words/format";
import { useWords } from "@/lib/words/use-words";
import type { CompareMode } from "./compare-modes";
import styles from "./compare-stage.module.css";
import { haveSameShape } from "./geometry";
import { Pane, Sheet } from "./pane";
import { PictureImage } from "./picture-image";
import type { Zoom } from "./use-zoom";
import { ZoomControls } from "./zoom-controls";

type Props = {
  a: Picture;
  b: Picture | null;
  mode: CompareMode;
  /** One for both, so that they are always seen at the same place and scale. */
  zoom: Zoom;
};

const HALF = 50;

export function CompareStage({ a, b, mode, zoom }: Props) {
  const words = useWords().viewer.compare;
  const [divider, setDivider] = useState(HALF);
  const [opacity, setOpacity] = useState(HALF);

  const sheetA = (
    <Sheet zoom={zoom}>
      <PictureImage key={a.id} picture={a} name={words.pictureA} />
    </Sheet>
  );
  if (!b) {
    return (
      <div className={styles.stage}>
        <Pane zoom={zoom}>{sheetA}</Pane>
      </div>
    );
  }
  const sheetB = (
    <Sheet zoom={zoom}>
      <PictureImage key={b.id} picture={b} name={words.pictureB} />
    </Sheet>
  );
  return (
    <div className={styles.column}>
      <div className={styles.stage}>
        <div className={styles.panes} data-mode={mode}>
          {mode === "beside" ? (
            <>
              <Named letter="A">
                <Pane zoom={zoom}>{sheetA}</Pane>
              </Named>
              <Named letter="B">
                <Pane zoom={zoom}>{sheetB}</Pane>
              </Named>
            </>
          ) : (
            <Pane zoom={zoom}>
              {sheetA}
              <div className={styles.above} style={aboveStyle(mode, divider, opacity)}>
                {sheetB}
              </div>
            </Pane>
          )}
          {mode === "slider" && (
            <Divider zoom={zoom} percent={divider} onChange={setDivider} />
          )}
        </div>
        <ZoomControls zoom={zoom} />
      </div>
      {mode === "overlay" && (
        <label className={styles.opacity}>
          {words.opacity}
          <input
            type="range"
            value={opacity}
            onChange={(event) => setOpacity(event.target.valueAsNumber)}
          />
        </label>
      )}
      {mode === "difference" && <p className={styles.note}>{words.differenceHint}</p>}
      {!haveSameShape(a, b) && <p className={styles.note}>{words.otherShape}</p>}
    </div>
  );
}

function aboveStyle(mode: CompareMode, divider: number, opacity: number) {
  switch (mode) {
    case "slider":
      return { clipPath: `inset(0 0 0 ${divider}%)` };
    case "overlay":
      return { opacity: opacity / 100 };
    case "difference":
      return { mixBlendMode: "difference" } as const;
    case "beside":
      return {};
  }
}

function Named({ letter, children }: { letter: string; children: ReactNode }) {
  return (
    <div className={styles.named}>
      {children}
      <span className={styles.letter} aria-hidden="true">
        {letter}
      </span>
    </div>
  );
}

/** A native range as wide as the stage; only its handle takes the pointer. */
function Divider({
  zoom,
  percent,
  onChange,
}: {
  zoom: Zoom;
  percent: number;
  onChange: (percent: number) => void;
}) {
  const { language, viewer } = useWords();
  const words = viewer.compare;
  const shown = (percent / 100).toLocaleString(language, { style: "percent" });
  return (
    <div className={styles.divider}>
      <input
        type="range"
        aria-label={words.divider}
        aria-valuetext={fill(words.dividerValue, { percent: shown })}
        value={percent}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <div
        className={styles.line}
        style={{ insetInlineStart: `${percent}%`, ...linePlace(zoom) }}
      >
        <span className={styles.letter} aria-hidden="true">
          A
        </span>
        <span className={styles.letter} aria-hidden="true">
          B
        </span>
      </div>
    </div>
  );
}

/** From the upper edge of what is seen of the pictures to the lower, in CSS pixels. */
function linePlace({ view, pane, picture }: Zoom) {
  if (!view) return {};
  const top = pane.height / 2 - view.centre.y * view.scale;
  const end = pane.height - top - picture.height * view.scale;
  return { top: Math.max(0, top), bottom: Math.max(0, end) };
}
