"use client";

import { type KeyboardEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Icon } from "@/components/icon";
import type { ModelDocument } from "@/lib/api/generated";
import type { Picture } from "@/lib/pictures/picture";
import { useWords } from "@/lib/words/use-words";
import styles from "./compare.module.css";
import { type CompareMode, CompareModes } from "./compare-modes";
import { CompareStage } from "./compare-stage";
import { DifferenceTable } from "./difference-table";
import { commonSize } from "./geometry";
import type { RecipePart } from "./parameters";
import { PictureChooser } from "./picture-chooser";
import { useZoom } from "./use-zoom";
import { keyForViewer, viewCommand } from "./viewer-keys";

type Props = {
  a: Picture;
  /** Null lets the person choose it first. */
  b: Picture | null;
  /** From which B can be chosen; both may be among them. */
  choices: readonly Picture[];
  onClose: () => void;
  onRestore: (picture: Picture, part: RecipePart) => void;
  /** For the names of those that painted; any other is called by its id. */
  models?: readonly ModelDocument[];
  /** False where a person has turned off keys that are a character. */
  hasCharacterKeys?: boolean;
};

/** Two pictures on, beside or through each other, and what differs in their making. */
export function Compare({
  a,
  b,
  choices,
  models = [],
  onClose,
  onRestore,
  ...keys
}: Props) {
  const { viewer } = useWords();
  const words = viewer.compare;
  const [pair, setPair] = useState({ a, b });
  const [mode, setMode] = useState<CompareMode>("slider");
  const [isChoosing, setIsChoosing] = useState(b === null);
  const { zoom, pressKey } = useComparedZoom(pair, keys.hasCharacterKeys ?? true);

  return (
    <Dialog
      title={words.title}
      closeLabel={viewer.close}
      size="screen"
      onClose={onClose}
      onKeyDown={pressKey}
    >
      <div className={styles.compare}>
        <div className={styles.tools}>
          {pair.b && <CompareModes mode={mode} onChange={setMode} />}
          {pair.b && (
            <Button
              look="quiet"
              onClick={() => pair.b && setPair({ a: pair.b, b: pair.a })}
            >
              <Icon name="swap" />
              {words.swap}
            </Button>
          )}
          {pair.b && (
            <Button
              look="quiet"
              aria-expanded={isChoosing}
              onClick={() => setIsChoosing(!isChoosing)}
            >
              <Icon name="image" />
              {words.choose}
            </Button>
          )}
        </div>
        {isChoosing && (
          <PictureChooser
            pictures={choices.filter(({ id }) => id !== pair.a.id)}
            chosenId={pair.b?.id ?? null}
            onChoose={(chosen) => setPair({ a: pair.a, b: chosen })}
          />
        )}
        <CompareStage a={pair.a} b={pair.b} mode={mode} zoom={zoom} />
        <section className={styles.panel} aria-label={words.differences}>
          {pair.b && <DifferenceTable a={pair.a} b={pair.b} models={models} />}
          <div className={styles.restore}>
            <Button onClick={() => onRestore(pair.a, "all")}>{words.restoreA}</Button>
            {pair.b && (
              <Button onClick={() => pair.b && onRestore(pair.b, "all")}>
                {words.restoreB}
              </Button>
            )}
          </div>
        </section>
      </div>
    </Dialog>
  );
}

/** One view for both; swapping them leaves it as it is. */
function useComparedZoom(
  { a, b }: { a: Picture; b: Picture | null },
  hasCharacterKeys: boolean,
) {
  const seen = [a.id, b?.id].sort().join(" ");
  const zoom = useZoom(seen, b ? commonSize(a, b) : a);

  function pressKey(event: KeyboardEvent) {
    const key = keyForViewer(event, hasCharacterKeys);
    const command = key && viewCommand(key, zoom.isCropped);
    if (!command) return;
    zoom.obey(command);
    event.preventDefault();
  }

  return { zoom, pressKey };
}
